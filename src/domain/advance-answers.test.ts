import { describe, expect, test } from 'vitest'
import {
  ACCEPTED,
  MessageRun,
  READ_60,
  REJECTED,
  RETRY,
  RETRY_FOR_MS,
  SECOND,
  SMS,
  START,
  sendsBy,
  sent,
  step,
  TWO,
  UNCERTAIN,
  WITHDRAWN,
} from '../../test/support/message-run.ts'
import type { SendOutcome } from './message.ts'
import type { Status } from './status-ladder.ts'

describe('answers to a send', () => {
  test.each<[SendOutcome, string, Status, string[]]>([
    [ACCEPTED, 'waiting on 0', 'accepted', ['send-accepted']],
    [REJECTED, 'due on 1', 'rejected', ['send-rejected', 'fell-back']],
    [RETRY, 'due on 0', 'queued', ['send-retry']],
    [UNCERTAIN, 'waiting on 0', 'queued', ['send-uncertain']],
    [WITHDRAWN, 'due on 0', 'queued', ['send-withdrawn']],
  ])('%o leads to: %s', (outcome, standing, status, codes) => {
    const run = sent()
    const { entries, effects } = run.after(5).settle(outcome)
    expect(run.standing).toBe(standing)
    expect(run.attempt(0).status).toBe(status)
    expect(run.attempt(0).inFlight).toBeUndefined()
    expect(entries.map((entry) => entry.code)).toEqual(codes)
    expect(effects.map((effect) => effect.type)).toEqual(status === 'queued' ? [] : ['publish'])
  })

  test.each([ACCEPTED, REJECTED, RETRY, UNCERTAIN, WITHDRAWN])('%o told twice is told once', (outcome) => {
    const run = sent()
    run.settle(outcome)
    const before = run.message
    expect(run.after(1).settle(outcome)).toEqual({ message: before, entries: [], effects: [] })
  })

  test('acceptance is success where the step asks for no more, and calls off the rest', () => {
    const run = sent([step('WhatsApp', 'accepted'), SMS])
    run.settle(ACCEPTED)
    expect(run.message.progress).toEqual({
      state: 'succeeded',
      at: START,
      step: 0,
      status: 'accepted',
      reachedAt: START,
    })
  })

  test('the time of a step runs from the moment it left, not from the moment it was opened', () => {
    const run = sent()
    run.after(7 * SECOND).settle(ACCEPTED)
    expect(run.wakeAt).toBe(START + 67 * SECOND)
  })

  test('a rejection on the last step exhausts the message', () => {
    const run = sent([SMS])
    run.settle({ kind: 'rejected', reason: 'recipient', detail: 'no such number', code: '21' })
    expect(run.standing).toBe('exhausted')
    expect(run.attempt(0).error).toEqual({ code: '21', message: 'no such number' })
    expect(run.entry('fell-back').facts).toMatchObject({ reason: 'rejected', to: null, status: 'rejected' })
  })

  test.each<[string, SendOutcome, object]>([
    ['accepted', ACCEPTED, { status: 'accepted', inFlight: undefined }],
    ['rejected', REJECTED, { status: 'rejected', inFlight: undefined }],
    ['retry', RETRY, { status: 'queued', inFlight: undefined }],
    ['uncertain', UNCERTAIN, { status: 'queued', uncertain: true, inFlight: undefined }],
    ['withdrawn', WITHDRAWN, { status: 'queued', withdrawn: true, inFlight: undefined }],
  ])('an answer "%s" after the message has ended is kept on its attempt and moves nothing else', (_, outcome, kept) => {
    const run = sent()
    run.cancel()
    const { progress } = run.message
    const { entries } = run.after(5).settle(outcome)
    expect(run.message.progress).toBe(progress)
    expect(run.attempt(0)).toMatchObject(kept)
    expect(entries).toMatchObject([{ step: 0, facts: { late: true } }])
  })

  test('an answer for an earlier try, or for a step that was never opened, is no news', () => {
    const run = sent()
    const first = run.lastSend
    run.settle(RETRY)
    run.wake()
    expect(run.settle(ACCEPTED, first).effects).toEqual([])
    expect(run.standing).toBe('sending on 0')
    expect(run.settle(ACCEPTED, { ...first, step: 1 }).entries).toEqual([])
  })
})

describe('sending again', () => {
  test('a send that did not go is made again under a new key, after twice the wait each time', () => {
    const run = sent()
    const waits: number[] = []
    for (let round = 0; round < 5; round++) {
      run.settle(RETRY)
      waits.push(run.wakeAt - run.at)
      run.wake()
    }
    expect(waits).toEqual([1, 2, 4, 8, 16].map((seconds) => seconds * SECOND))
    expect(run.sends.map((send) => send.try)).toEqual([1, 2, 3, 4, 5, 6])
    expect(run.entry('send-repeated').facts).toMatchObject({ try: 6 })
  })

  test('waits never grow beyond five minutes', () => {
    const run = sent([step('WhatsApp', 'read', 86_400)])
    for (let round = 0; round < 12; round++) {
      run.settle(RETRY)
      run.wake()
    }
    run.settle(RETRY)
    expect(run.wakeAt - run.at).toBe(300 * SECOND)
  })

  test('a provider that asks for more time gets it', () => {
    const run = sent()
    run.settle({ kind: 'retry', afterMs: 20 * SECOND, detail: 'slow down' })
    expect(run.wakeAt).toBe(START + 20 * SECOND)
  })

  test.each([
    [READ_60, 60 * SECOND],
    [step('WhatsApp', 'accepted'), RETRY_FOR_MS],
  ])('a send that cannot be made in time is given up: %o', (first, lastsMs) => {
    const inTime = sent([first, SMS])
    inTime.settle({ kind: 'retry', afterMs: lastsMs - 1, detail: 'busy' })
    expect(inTime.standing).toBe('due on 0')
    const run = sent([first, SMS])
    const { entries } = run.settle({ kind: 'retry', afterMs: lastsMs, detail: 'busy' })
    expect(run.standing).toBe('due on 1')
    expect(run.attempt(0)).toMatchObject({ status: 'expired', error: { message: 'could not be sent in time: busy' } })
    expect(entries).toMatchObject([
      { code: 'send-retry', facts: { plan: 'no time left' } },
      { code: 'fell-back', facts: { reason: 'could-not-send', to: 'SMS' } },
    ])
  })

  test('a send that cannot be made before the message expires is given up while the next step still has time', () => {
    const run = new MessageRun({ sequence: TWO, expiresAt: START + 30 * SECOND })
    run.due()
    run.settle({ kind: 'retry', afterMs: 30 * SECOND, detail: 'busy' })
    expect(run.standing).toBe('due on 1')
    run.wake()
    expect(run.lastSend).toMatchObject({ step: 1 })
  })

  test('a retry may move to another connection, also to none', () => {
    const run = sent()
    run.settle(RETRY)
    run.route = sendsBy('two')
    run.wake()
    expect(run.lastSend).toMatchObject({ step: 0, try: 2, connection: 'two' })
    run.settle(RETRY)
    run.route = (_, index) =>
      index === 0
        ? { kind: 'skip', reason: 'opted-out' }
        : { kind: 'send', connection: 'two', takesIdempotencyKey: true }
    run.wake()
    expect(run.attempt(0)).toMatchObject({ status: 'rejected', skipped: 'opted-out', try: 2 })
    expect(run.standing).toBe('sending on 1')
  })

  test('a retry that finds the connection busy beyond the time of its step is given up', () => {
    const run = sent()
    run.settle(RETRY)
    run.route = () => ({ kind: 'later', at: START + 60 * SECOND - 1 })
    run.wake()
    expect(run.standing).toBe('due on 0')
    run.route = () => ({ kind: 'later', at: START + 60 * SECOND })
    run.wake()
    expect(run.standing).toBe('due on 1')
    expect(run.attempt(0).status).toBe('expired')
  })
})
