import { describe, expect, test } from 'vitest'
import {
  ACCEPTED,
  LEASE_MS,
  READ_60,
  REJECTED,
  RETRY,
  SECOND,
  SMS,
  START,
  sendsBy,
  sent,
  TWO,
  UNCERTAIN,
  WITHDRAWN,
} from '../../test/support/message-run.ts'
import type { Context } from './advance.ts'
import type { SendOutcome } from './message.ts'
import type { Status } from './status-ladder.ts'

describe('a send of which nobody knows whether it went', () => {
  const keyed = sendsBy('one', true)

  test('without a key it is not repeated: the step waits for a receipt until its time is over', () => {
    const run = sent()
    run.settle(UNCERTAIN)
    expect(run.attempt(0)).toMatchObject({ uncertain: true, leftAt: START })
    expect(run.entry('send-uncertain').facts).toMatchObject({ plan: 'wait for a receipt' })
    expect(run.wakeAt).toBe(START + 60 * SECOND)
    run.wake()
    expect(run.sends.map((send) => send.step)).toEqual([0, 1])
    expect(run.entry('fell-back').facts).toMatchObject({
      reason: 'not-in-time',
      uncertain: true,
      waitedMs: 60 * SECOND,
    })
  })

  test.each([
    ['where the provider takes a key', TWO, keyed],
    ['by the choice of the sender', [{ ...READ_60, onUncertain: 'resend' as const }, SMS], sendsBy('one')],
  ])('%s it is repeated with the same key, gently, while there is time', (_, sequence, route) => {
    const run = sent(sequence, route)
    const waits: number[] = []
    for (let round = 0; round < 5; round++) {
      run.settle(UNCERTAIN)
      waits.push((run.wakeAt - run.at) / SECOND)
      run.wake()
    }
    expect(waits).toEqual([1, 2, 4, 8, 16])
    expect(new Set(run.sends.map((send) => send.try))).toEqual(new Set([1]))
    run.settle(UNCERTAIN)
    expect(run.standing).toBe('waiting on 0')
    expect(run.wakeAt).toBe(START + 60 * SECOND)
  })

  test('a lease that runs out leaves the send uncertain, and nobody counts on its answer any more', () => {
    const run = sent()
    expect(run.after(LEASE_MS - 1).due().entries).toEqual([])
    run.after(1).due()
    expect(run.standing).toBe('waiting on 0')
    expect(run.attempt(0)).toMatchObject({ uncertain: true, inFlight: undefined, leftAt: START + LEASE_MS })
    expect(run.entry('send-uncertain').facts).toMatchObject({ detail: 'the send was interrupted' })
  })

  test.each<[SendOutcome, string, Status]>([
    [ACCEPTED, 'waiting on 0', 'accepted'],
    [REJECTED, 'due on 1', 'rejected'],
    [RETRY, 'due on 0', 'queued'],
    [UNCERTAIN, 'waiting on 0', 'queued'],
    [WITHDRAWN, 'due on 0', 'queued'],
  ])('the answer %o to the only call settles it even after the lease ran out', (outcome, standing, status) => {
    const run = sent()
    run.wake()
    run.after(5).settle(outcome)
    expect(run.standing).toBe(standing)
    expect(run.attempt(0).status).toBe(status)
    expect(run.attempt(0).uncertain).toBe(outcome === UNCERTAIN ? true : undefined)
  })

  test('an answer that a repeat did not go leaves the earlier call uncertain: the key stays', () => {
    const run = sent(TWO, keyed)
    run.settle(UNCERTAIN)
    run.wake()
    run.settle(RETRY)
    expect(run.attempt(0)).toMatchObject({ uncertain: true, try: 1 })
    run.wake()
    expect(run.lastSend).toMatchObject({ step: 0, try: 1 })
  })

  test('a repeat with no time left is no dead end, because the earlier call may have gone', () => {
    const run = sent(TWO, keyed)
    run.settle(UNCERTAIN)
    run.wake()
    run.settle({ kind: 'retry', afterMs: 60 * SECOND, detail: 'busy' })
    expect(run.standing).toBe('waiting on 0')
    expect(run.attempt(0)).toMatchObject({ status: 'queued', uncertain: true })
  })

  test('a repeat that was withdrawn is made again with the same key', () => {
    const run = sent(TWO, keyed)
    run.settle(UNCERTAIN)
    run.wake()
    run.settle(WITHDRAWN)
    run.wake()
    expect(run.lastSend).toMatchObject({ try: 1 })
    expect(run.attempt(0)).toMatchObject({ uncertain: true, repeats: 2 })
  })

  test('a repeat that was withdrawn in the millisecond of its opening gets a fence of its own', () => {
    const run = sent(TWO, keyed)
    run.settle(UNCERTAIN)
    run.wake()
    run.settle(WITHDRAWN)
    run.wake()
    const [, second, third] = run.sends
    expect(third?.try).toBe(second?.try)
    expect(third?.fence).not.toBe(second?.fence)
  })

  test.each([UNCERTAIN, WITHDRAWN])('the late answer %o to a repeat leaves the plan as it is', (outcome) => {
    const run = sent(TWO, keyed)
    run.wake()
    run.wake()
    const plan = run.wake().message.progress
    expect(plan).toMatchObject({ phase: 'waiting' })
    run.after(5).settle(outcome)
    expect(run.message.progress).toEqual(plan)
    expect(run.attempt(0).uncertain).toBe(true)
  })

  test('an uncertain answer after the lease ran out is noted and does not put the repeat off', () => {
    const run = sent(TWO, keyed)
    const plan = run.wake().message.progress
    expect(plan).toMatchObject({ phase: 'due' })
    const { entries } = run.after(5).settle(UNCERTAIN)
    expect(run.message.progress).toEqual(plan)
    expect(entries).toMatchObject([{ code: 'send-uncertain', facts: { late: true } }])
  })

  test('an uncertain answer says nothing of an attempt that was reported as failed', () => {
    const run = sent()
    run.receipt(0, 'failed')
    run.settle(UNCERTAIN)
    expect(run.attempt(0)).toMatchObject({ status: 'failed', uncertain: undefined })
  })

  test.each([REJECTED, RETRY, UNCERTAIN, WITHDRAWN])(
    'the late answer %o to a call that was repeated since says nothing of the repeat',
    (outcome) => {
      const run = sent(TWO, keyed)
      const first = run.lastSend
      run.wake()
      run.wake()
      const before = run.message
      expect(run.settle(outcome, first)).toEqual({ message: before, entries: [], effects: [] })
    },
  )

  test('the late acceptance of a call that was repeated since is good news once', () => {
    const run = sent(TWO, keyed)
    const first = run.lastSend
    run.wake()
    run.wake()
    run.settle(ACCEPTED, first)
    expect(run.standing).toBe('waiting on 0')
    expect(run.attempt(0)).toMatchObject({ status: 'accepted', uncertain: undefined })
    expect(run.settle(ACCEPTED, first).entries).toEqual([])
  })

  test.each<[string, Context['route']]>([
    ['another connection', sendsBy('two', true)],
    ['a connection that takes no key', sendsBy('one', false)],
    ['none, as the person opted out', () => ({ kind: 'skip', reason: 'opted-out' })],
    ['one that is busy for too long', () => ({ kind: 'later', at: START + 60 * SECOND })],
  ])('a repeat that would go by %s is not made: a receipt is waited for', (_, route) => {
    const run = sent(TWO, keyed)
    run.settle(UNCERTAIN)
    run.route = route
    run.wake()
    expect(run.sends).toHaveLength(1)
    expect(run.standing).toBe('waiting on 0')
    expect(run.attempt(0)).toMatchObject({ status: 'queued', uncertain: true })
    expect(run.wakeAt).toBe(START + 60 * SECOND)
  })

  test('a connection that is busy at that moment is asked again when it is free', () => {
    const run = sent(TWO, keyed)
    run.route = () => ({ kind: 'later', at: START + 9 * SECOND })
    run.settle(UNCERTAIN)
    expect(run.wakeAt).toBe(START + 9 * SECOND)
    run.route = keyed
    run.wake()
    expect(run.lastSend).toMatchObject({ step: 0, try: 1 })
    expect(run.sends).toHaveLength(2)
  })
})

describe('a send that was called off before the call', () => {
  test('goes back to due at once, whoever withdrew it, under a new key', () => {
    const run = sent()
    run.settle(WITHDRAWN)
    expect(run.wakeAt).toBe(START)
    run.due()
    expect(run.lastSend).toMatchObject({ step: 0, try: 2 })
    expect(run.attempt(0).withdrawn).toBeUndefined()
  })

  test('with a fence that is not the latest changes nothing', () => {
    const run = sent()
    const before = run.message
    run.settle(WITHDRAWN, { ...run.lastSend, fence: run.lastSend.fence - 1 })
    expect(run.message).toBe(before)
  })

  test('after a receipt proved that an earlier call went is only noted', () => {
    const run = sent(TWO, sendsBy('one', true))
    run.settle(UNCERTAIN)
    run.wake()
    run.receipt(0, 'delivered')
    run.settle(WITHDRAWN)
    expect(run.standing).toBe('waiting on 0')
    expect(run.attempt(0).withdrawn).toBeUndefined()
    expect(run.attempt(0)).toMatchObject({ status: 'delivered', leftAt: START })
  })
})
