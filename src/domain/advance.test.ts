import { describe, expect, test } from 'vitest'
import {
  ACCEPTED,
  DELIVERED_60,
  HORIZON_MS,
  LEASE_MS,
  MessageRun,
  READ_60,
  REJECTED,
  RETRY,
  SECOND,
  SMS,
  START,
  sendsBy,
  sent,
  step,
  TWO,
  UNCERTAIN,
  WITHDRAWN,
  waiting,
} from '../../test/support/message-run.ts'
import { cancelResult, type SendOutcome } from './message.ts'

describe('opening a step', () => {
  test('a wake-up opens the first step, publishes it as queued and asks for one send under a lease', () => {
    const run = new MessageRun({ sequence: TWO })
    const { entries, effects } = run.due()
    expect(run.message.progress).toEqual({ state: 'live', phase: 'sending', step: 0, wakeAt: START + LEASE_MS })
    expect(effects).toEqual([
      { type: 'publish', step: 0, status: 'queued', at: START },
      { type: 'send', step: 0, try: 1, connection: 'one', fence: START + LEASE_MS },
    ])
    expect(entries).toMatchObject([{ code: 'step-opened', facts: { channel: 'WhatsApp', connection: 'one' } }])
  })

  test('a scheduled message sleeps until its moment, and a wake-up before it does nothing', () => {
    const run = new MessageRun({ sequence: TWO, scheduledAt: START + 500 })
    expect(run.wakeAt).toBe(START + 500)
    expect(run.after(499).due()).toEqual({ message: run.message, entries: [], effects: [] })
    run.after(1).due()
    expect(run.standing).toBe('sending on 0')
  })

  test.each(['no-address', 'opted-out', 'not-configured', 'content-not-carried'] as const)(
    'a step with %s is skipped at once, with the reason',
    (reason) => {
      const run = sent(TWO, (_, index) =>
        index === 0 ? { kind: 'skip', reason } : { kind: 'send', connection: 'one', takesIdempotencyKey: false },
      )
      expect(run.standing).toBe('sending on 1')
      expect(run.attempt(0)).toMatchObject({ status: 'rejected', skipped: reason, times: { rejected: [START, null] } })
      expect(run.entry('step-skipped').facts).toMatchObject({ channel: 'WhatsApp', reason })
      expect(run.effects).toMatchObject([
        { type: 'publish', step: 0, status: 'rejected', error: { message: reason } },
        { type: 'publish', step: 1, status: 'queued' },
        { type: 'send', step: 1 },
      ])
    },
  )

  test('a message none of whose steps can be tried is exhausted without a send', () => {
    const run = sent(TWO, () => ({ kind: 'skip', reason: 'no-address', detail: 'no phone number' }))
    expect(run.standing).toBe('exhausted')
    expect(run.sends).toEqual([])
    expect(run.attempt(1).error).toEqual({ message: 'no phone number' })
  })

  test('a step on a busy connection stays due, untold and for as long as it takes', () => {
    const run = sent(TWO, () => ({ kind: 'later', at: START + 90 * SECOND }))
    expect(run.message.progress).toEqual({ state: 'live', phase: 'due', step: 0, wakeAt: START + 90 * SECOND })
    expect([run.entries, run.effects, run.message.attempts]).toEqual([[], [], []])
    run.route = sendsBy('one')
    run.wake()
    expect(run.standing).toBe('sending on 0')
  })
})

describe('when time is over', () => {
  test('a step whose status is below the wanted one falls back, and the next goes out in the same decision', () => {
    const run = waiting()
    run.receipt(0, 'delivered')
    run.after(60 * SECOND - 1).due()
    expect(run.standing).toBe('waiting on 0')
    run.after(1).due()
    expect(run.standing).toBe('sending on 1')
    expect(run.entry('fell-back').facts).toEqual({
      reason: 'not-in-time',
      channel: 'WhatsApp',
      to: 'SMS',
      status: 'delivered',
      wanted: 'read',
      fallbackAfterMs: 60 * SECOND,
      waitedMs: 60 * SECOND,
      uncertain: undefined,
    })
  })

  test('the last step of the sequence ends as exhausted', () => {
    const run = waiting([READ_60])
    run.wake()
    expect(run.standing).toBe('exhausted')
  })

  test('a step without a timer never falls back by silence: at the horizon its outcome is unknown', () => {
    const run = waiting([step('WhatsApp', 'delivered'), SMS])
    expect(run.wakeAt).toBe(START + HORIZON_MS)
    run.wake()
    expect(run.standing).toBe('unknown')
    expect(run.entry('unknown').facts).toEqual({ waited: 'horizon' })
    expect(run.sends).toHaveLength(1)
  })

  test.each<[string, (run: MessageRun) => void]>([
    ['before its first step', () => {}],
    [
      'while its connection is busy',
      (run) => {
        run.route = () => ({ kind: 'later', at: START + 999 * SECOND })
        run.due()
      },
    ],
    [
      'waiting for another try',
      (run) => {
        run.due()
        run.settle({ kind: 'retry', afterMs: 20 * SECOND, detail: 'busy' })
      },
    ],
    [
      'waiting for a receipt',
      (run) => {
        run.due()
        run.settle(ACCEPTED)
      },
    ],
    [
      'falling back too late',
      (run) => {
        run.due()
        run.settle(ACCEPTED)
        run.after(31 * SECOND).receipt(0, 'failed')
      },
    ],
    [
      'after a send that outlived it',
      (run) => {
        run.due()
        run.after(29 * SECOND).settle(ACCEPTED)
      },
    ],
  ])('a message that expires %s is over, and nothing more goes out', (when, prepare) => {
    const scheduled = when === 'before its first step' ? { scheduledAt: START + 50 * SECOND } : {}
    const run = new MessageRun({ sequence: TWO, expiresAt: START + 30 * SECOND, ...scheduled })
    prepare(run)
    const sends = run.sends.length
    expect(run.wakeAt).toBeLessThanOrEqual(START + 30 * SECOND)
    run.at = START + 30 * SECOND
    run.due()
    expect(run.standing).toBe('expired')
    expect(run.sends).toHaveLength(sends)
  })

  test('a message may outlive its expiry only for as long as a call holds it', () => {
    const run = new MessageRun({ sequence: TWO, expiresAt: START + 10 * SECOND })
    run.due()
    expect(run.wakeAt).toBe(START + LEASE_MS)
    run.wake()
    expect(run.wakeAt).toBe(START + 10 * SECOND)
    run.due()
    expect(run.standing).toBe('expired')
  })
})

describe('cancelling', () => {
  const phases: [string, (run: MessageRun) => void, ReturnType<typeof cancelResult>][] = [
    ['before the first step', () => {}, { result: 'cancelled' }],
    ['while a call is under way', (run) => run.due(), { result: 'undecided', step: 0 }],
    [
      'while another try is planned',
      (run) => {
        run.due()
        run.settle(RETRY)
      },
      { result: 'cancelled' },
    ],
    [
      'after a step left',
      (run) => {
        run.due()
        run.settle(ACCEPTED)
      },
      { result: 'too-late', step: 0, at: START },
    ],
    [
      'after a step may have left',
      (run) => {
        run.due()
        run.settle(UNCERTAIN)
      },
      { result: 'too-late', step: 0, at: START },
    ],
    [
      'after a step came to a dead end',
      (run) => {
        run.due()
        run.settle(ACCEPTED)
        run.receipt(0, 'failed')
      },
      { result: 'cancelled' },
    ],
    [
      'after a receipt that came before the answer',
      (run) => {
        run.due()
        run.receipt(0, 'sent')
      },
      { result: 'too-late', step: 0, at: START },
    ],
    [
      'while the second step is called',
      (run) => {
        run.due()
        run.settle(ACCEPTED)
        run.wake()
      },
      { result: 'undecided', step: 1 },
    ],
  ]
  test.each(phases)('%s ends the message for good and tells what it achieved', (_, prepare, result) => {
    const run = new MessageRun({ sequence: TWO })
    prepare(run)
    const sends = run.sends.length
    run.cancel()
    expect(run.standing).toBe('cancelled')
    expect(cancelResult(run.message, run.at)).toEqual(result)
    expect(run.after(HORIZON_MS).due()).toEqual({ message: run.message, entries: [], effects: [] })
    expect(run.sends).toHaveLength(sends)
  })

  test.each<[SendOutcome, ReturnType<typeof cancelResult>]>([
    [WITHDRAWN, { result: 'cancelled' }],
    [REJECTED, { result: 'cancelled' }],
    [RETRY, { result: 'cancelled' }],
    [ACCEPTED, { result: 'too-late', step: 0, at: START }],
    [UNCERTAIN, { result: 'too-late', step: 0, at: START }],
  ])('while a call is under way is decided by its answer: %o', (outcome, result) => {
    const run = sent()
    run.cancel()
    run.settle(outcome)
    expect(cancelResult(run.message, run.at)).toEqual(result)
  })

  test('a second time, or after the end, changes nothing and tells the outcome', () => {
    const twice = new MessageRun({ sequence: TWO })
    twice.cancel()
    expect(twice.cancel().entries).toEqual([])
    const run = waiting([DELIVERED_60])
    run.receipt(0, 'delivered')
    expect(run.cancel().entries).toEqual([])
    expect(cancelResult(run.message, run.at)).toEqual({ result: 'ended', outcome: 'succeeded' })
    expect(cancelResult(waiting().message, START)).toEqual({ result: 'undecided', step: 0 })
  })

  test('of a call whose lease has run out nobody will tell any more: it may have been made', () => {
    const run = sent()
    run.cancel()
    expect(cancelResult(run.message, START + LEASE_MS - 1)).toEqual({ result: 'undecided', step: 0 })
    expect(cancelResult(run.message, START + LEASE_MS)).toEqual({ result: 'too-late', step: 0, at: START })
  })
})
