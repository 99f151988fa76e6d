import { describe, expect, test } from 'vitest'
import {
  ACCEPTED,
  DELIVERED_60,
  READ_60,
  REJECTED,
  RETRY,
  SECOND,
  SMS,
  START,
  sent,
  step,
  UNCERTAIN,
  waiting,
} from '../../test/support/message-run.ts'
import type { Report } from './advance.ts'
import type { SendOutcome } from './message.ts'
import { DEAD_ENDS } from './status-ladder.ts'

describe('receipts', () => {
  test('a rung below the wanted one is published and the wait goes on', () => {
    const run = waiting()
    const before = run.wakeAt
    expect(run.after(5).receipt(0, 'delivered').effects).toEqual([
      { type: 'publish', step: 0, status: 'delivered', at: START + 5 },
    ])
    expect([run.standing, run.wakeAt]).toEqual(['waiting on 0', before])
  })

  test.each<[Report['status'], string]>([
    ['accepted', 'live'],
    ['sent', 'live'],
    ['delivered', 'succeeded'],
    ['read', 'succeeded'],
  ])('where Delivered is wanted, %s leaves the message %s', (status, state) => {
    const run = waiting([DELIVERED_60, SMS])
    run.receipt(0, status)
    expect(run.message.progress.state).toBe(state)
  })

  test.each(DEAD_ENDS)('%s falls back at once, timer or not', (status) => {
    for (const first of [READ_60, step('WhatsApp', 'read')]) {
      const run = waiting([first, SMS])
      run.after(3).receipt(0, status, { error: { code: '131026', message: 'gone' } })
      expect(run.message.progress).toMatchObject({ phase: 'due', step: 1, wakeAt: START + 3 })
      expect(run.entry('fell-back').facts).toMatchObject({ reason: status, to: 'SMS', waitedMs: 3 })
      expect(run.effects.at(-1)).toMatchObject({ status, error: { code: '131026', message: 'gone' } })
    }
  })

  test('one before its send was settled starts the wait, and the answer that comes after it changes nothing', () => {
    const run = sent()
    run.receipt(0, 'delivered')
    expect(run.standing).toBe('waiting on 0')
    const { effects } = run.after(5).settle(ACCEPTED)
    expect(effects).toEqual([])
    expect(run.attempt(0).status).toBe('delivered')
    expect(run.wakeAt).toBe(START + 60 * SECOND)
    expect(run.entry('send-accepted').facts).toMatchObject({ late: true, providerRef: 'ref' })
  })

  test.each([REJECTED, RETRY, UNCERTAIN])(
    'one before its send was settled knows better than the answer %o',
    (outcome) => {
      const run = sent()
      run.receipt(0, 'sent')
      run.settle(outcome)
      expect(run.standing).toBe('waiting on 0')
      expect(run.attempt(0)).toMatchObject({ status: 'sent', uncertain: undefined, leftAt: START })
    },
  )

  test('a late success on an earlier step calls off what lies ahead', () => {
    const run = waiting()
    run.wake()
    run.receipt(0, 'read')
    expect(run.message.progress).toMatchObject({ state: 'succeeded', step: 0, status: 'read' })
    expect(run.entries.at(-1)).toMatchObject({ code: 'succeeded', step: 0 })
    expect(run.entry('receipt').facts).toMatchObject({ late: true, effect: 'raised' })
  })

  test('the handset has the last word: delivered after a dead end revives the attempt', () => {
    const run = waiting([DELIVERED_60, SMS])
    run.receipt(0, 'failed', { error: { message: 'lost' } })
    run.receipt(0, 'delivered')
    expect(run.standing).toBe('succeeded')
    expect(run.attempt(0)).toMatchObject({ status: 'delivered', error: undefined })
    expect(run.entry('receipt').facts).toMatchObject({ effect: 'revived' })
  })

  test.each<[Report['status'], SendOutcome | undefined]>([
    ['sent', undefined],
    ['accepted', undefined],
    ['accepted', ACCEPTED],
  ])('%s after a dead end neither revives nor counts as success', (status, answer) => {
    const run = sent([step('WhatsApp', 'accepted'), SMS])
    run.receipt(0, 'failed')
    if (answer === undefined) run.receipt(0, status)
    else run.settle(answer)
    expect(run.standing).toBe('due on 1')
    expect(run.attempt(0)).toMatchObject({ status: 'failed', reached: status })
  })

  test('a failure after delivery is flagged and moves nothing', () => {
    const run = waiting()
    run.receipt(0, 'delivered')
    expect(run.receipt(0, 'failed').effects).toEqual([])
    expect(run.standing).toBe('waiting on 0')
    expect(run.entry('receipt').facts).toMatchObject({ effect: 'failed-after-delivered' })
  })

  test('a failure that is told again after the revival is a repeat', () => {
    const run = waiting()
    run.receipt(0, 'failed', { providerAt: START })
    run.receipt(0, 'delivered')
    run.receipt(0, 'failed', { providerAt: START + 1 })
    expect(run.entry('receipt').facts).toMatchObject({ effect: 'repeated' })
    expect(run.attempt(0)).toMatchObject({ status: 'delivered', times: { failed: [START, START] } })
  })

  test.each([ACCEPTED, REJECTED])('the answer %o that comes after a dead end is kept and not published', (answer) => {
    const run = sent()
    run.receipt(0, 'failed', { error: { message: 'lost' } })
    expect(run.settle(answer).effects).toEqual([])
    expect(run.attempt(0)).toMatchObject({ status: 'failed', error: { message: 'lost' } })
    expect(run.standing).toBe('due on 1')
  })

  test('a second dead end adds nothing but its entry', () => {
    const run = waiting()
    run.receipt(0, 'failed')
    expect(run.receipt(0, 'expired').effects).toEqual([])
    expect(run.attempt(0).status).toBe('failed')
    expect(run.entry('receipt').facts).toMatchObject({ effect: 'repeated', late: true })
  })

  test('a lower rung after a higher one, and a known one with another time, are noted and move nothing', () => {
    const run = waiting()
    run.receipt(0, 'delivered', { providerAt: START })
    expect(run.receipt(0, 'sent').effects).toEqual([])
    expect(run.entry('receipt').facts).toMatchObject({ effect: 'out-of-order' })
    expect(run.receipt(0, 'delivered', { providerAt: START + 1 }).effects).toEqual([])
    expect(run.entry('receipt').facts).toMatchObject({ effect: 'repeated' })
    expect(run.attempt(0).times.delivered).toEqual([START, START])
  })

  test('the same event told again is not even noted', () => {
    const run = waiting()
    run.receipt(0, 'delivered', { providerAt: START })
    const before = run.message
    expect(run.after(5).receipt(0, 'delivered', { providerAt: START })).toEqual({
      message: before,
      entries: [],
      effects: [],
    })
  })

  test('one for a step that was never opened is noted and touches nothing', () => {
    const run = waiting()
    const before = run.message
    expect(run.receipt(1, 'read', { native: 'seen' }).entries).toEqual([
      { at: START, code: 'receipt-unmatched', step: 1, facts: { status: 'read', native: 'seen' } },
    ])
    expect(run.message).toBe(before)
  })

  test('one for the last step after the end is kept and published, and the outcome stays', () => {
    const run = waiting([step('SMS', 'delivered', 60)])
    run.wake()
    expect(run.standing).toBe('exhausted')
    const { progress } = run.message
    expect(run.receipt(0, 'delivered').effects).toMatchObject([{ type: 'publish', status: 'delivered' }])
    expect(run.message.progress).toBe(progress)
    expect(run.attempt(0).status).toBe('delivered')
  })

  test('of two successes the earlier by the time of the event names the outcome', () => {
    const run = waiting([DELIVERED_60, SMS])
    run.wake()
    run.settle(ACCEPTED)
    run.after(20 * SECOND).receipt(1, 'delivered', { providerAt: START + 70 * SECOND })
    run.after(1).receipt(0, 'delivered', { providerAt: START + 65 * SECOND })
    expect(run.message.progress).toMatchObject({ state: 'succeeded', step: 0, reachedAt: START + 65 * SECOND })
    expect(run.entry('late-success')).toMatchObject({ step: 0, facts: { status: 'delivered', insteadOfStep: 2 } })
  })

  test('a rung heard late moves the moment of success, so that a third party cannot take it over', () => {
    const run = waiting([DELIVERED_60, SMS])
    run.wake()
    run.settle(ACCEPTED)
    run.after(40 * SECOND).receipt(0, 'read', { providerAt: START + 90 * SECOND })
    run.receipt(0, 'delivered', { providerAt: START + 50 * SECOND })
    run.receipt(1, 'delivered', { providerAt: START + 80 * SECOND })
    expect(run.message.progress).toMatchObject({ step: 0, reachedAt: START + 50 * SECOND })
    expect(run.codes()).not.toContain('late-success')
  })
})
