import { describe, expect, test } from 'vitest'
import { acceptMessage, idempotencyKey, isDoubleExposure } from '../../src/domain/message.ts'
import { checkSequence } from '../../src/domain/sequence.ts'
import { SUCCESS_STATUSES } from '../../src/domain/status-ladder.ts'
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
} from '../support/message-run.ts'

/** The moment before the call the dispatcher looks once more: is the message's wake-up still this send's fence? */
function stillWanted(run: MessageRun, fence: number): boolean {
  const { progress } = run.message
  return progress.state === 'live' && progress.wakeAt === fence
}

describe('races of a receipt with the clock', () => {
  test('hazard: the read receipt races the timer, and was committed before the wake-up decides', () => {
    const run = waiting()
    run.after(60 * SECOND).receipt(0, 'read')
    expect(run.due().effects).toEqual([])
    expect(run.standing).toBe('succeeded')
    expect(run.sends.map((send) => send.step)).toEqual([0])
  })

  test('hazard: the read receipt races the timer, and comes between the intent to fall back and the call', () => {
    const run = waiting()
    run.wake()
    const { fence } = run.lastSend
    expect(stillWanted(run, fence)).toBe(true)
    run.receipt(0, 'read')
    expect(stillWanted(run, fence)).toBe(false)
    run.settle(WITHDRAWN)
    expect(run.standing).toBe('succeeded')
    expect(run.attempt(1)).toMatchObject({ status: 'queued', withdrawn: true })
  })

  test('hazard: the read receipt races the timer, and comes after the call was made', () => {
    const run = waiting()
    run.wake()
    run.settle(ACCEPTED)
    run.receipt(0, 'read')
    expect(run.message.progress).toMatchObject({ state: 'succeeded', step: 0 })
    expect(run.entry('receipt').facts).toMatchObject({ late: true })
  })

  test('hazard: a receipt for the very send that is about to be repeated takes its fence away', () => {
    const run = sent(TWO, sendsBy('one', true))
    run.settle(UNCERTAIN)
    run.wake()
    const { fence } = run.lastSend
    run.receipt(0, 'accepted')
    expect(stillWanted(run, fence)).toBe(false)
  })

  test('hazard: the clock of a step runs while the message is held back, and not from when it left', () => {
    const run = sent(TWO, () => ({ kind: 'later', at: START + 3600 * SECOND }))
    run.route = sendsBy('one')
    run.wake()
    run.after(5 * SECOND).settle(ACCEPTED)
    expect(run.wakeAt).toBe(START + (3600 + 5 + 60) * SECOND)
  })

  test('hazard: a start in the past is an error or is never reached; here it means now', () => {
    const message = acceptMessage({ id: 'm', sequence: TWO, at: START, scheduledAt: START - 1 })
    expect(message.progress).toMatchObject({ state: 'live', phase: 'due', wakeAt: START })
    const late = new MessageRun({ sequence: TWO, scheduledAt: START + 9, expiresAt: START - 1 })
    late.due()
    expect(late.standing).toBe('expired')
  })
})

describe('receipts as they really come', () => {
  test('hazard: receipts out of order pull the status down', () => {
    const run = waiting()
    for (const status of ['delivered', 'sent', 'accepted'] as const) run.receipt(0, status, { providerAt: START })
    expect(run.attempt(0)).toMatchObject({ status: 'delivered', reached: 'delivered' })
    expect(Object.keys(run.attempt(0).times).sort()).toEqual(['accepted', 'delivered', 'sent'])
  })

  test('hazard: a failure that is told after the delivery sends the next step', () => {
    const run = waiting()
    run.receipt(0, 'delivered')
    run.receipt(0, 'failed')
    expect(run.standing).toBe('waiting on 0')
  })

  test('hazard: a delivery that is told after the failure is thrown away', () => {
    const run = waiting([DELIVERED_60, SMS])
    run.receipt(0, 'failed')
    run.receipt(0, 'delivered')
    expect(run.message.progress).toMatchObject({ state: 'succeeded', step: 0 })
  })

  test('hazard: a callback that comes twice counts twice', () => {
    const run = waiting()
    const first = run.receipt(0, 'delivered', { providerAt: START + 1 })
    const second = run.after(900).receipt(0, 'delivered', { providerAt: START + 1 })
    expect(first.effects).toHaveLength(1)
    expect([second.entries, second.effects]).toEqual([[], []])
  })

  test('hazard: a late delivery after the fallback is lost, and the outcome names the wrong channel', () => {
    const run = waiting([DELIVERED_60, SMS, step('Email', 'delivered')])
    run.wake()
    run.settle(ACCEPTED)
    run.after(30 * SECOND).receipt(1, 'delivered', { providerAt: START + 80 * SECOND })
    run.receipt(0, 'delivered', { providerAt: START + 61 * SECOND })
    expect(run.message.progress).toMatchObject({ state: 'succeeded', step: 0, reachedAt: START + 61 * SECOND })
    expect(isDoubleExposure(run.message)).toBe(true)
    expect(run.sends.map((send) => send.step)).toEqual([0, 1])
  })

  test("hazard: a provider's wrong clock moves our timers or the order of events", () => {
    const run = waiting([DELIVERED_60, SMS])
    const before = run.wakeAt
    run.receipt(0, 'sent', { providerAt: START + 9_000 * SECOND })
    expect(run.wakeAt).toBe(before)
    run.after(5).receipt(0, 'delivered', { providerAt: START - 9_000 * SECOND })
    expect(run.message.progress).toMatchObject({ reachedAt: START })
    const ahead = waiting([DELIVERED_60, SMS])
    ahead.after(5).receipt(0, 'delivered', { providerAt: START + 9_000 * SECOND })
    expect(ahead.message.progress).toMatchObject({ reachedAt: START + 5 })
  })

  test('hazard: delivered to the operator is taken for delivered to the handset', () => {
    const run = waiting([DELIVERED_60, SMS])
    run.receipt(0, 'sent', { native: 'delivered_to_operator' })
    expect(run.standing).toBe('waiting on 0')
    expect(run.entry('receipt').facts).toMatchObject({ native: 'delivered_to_operator' })
    run.wake()
    expect(run.lastSend.step).toBe(1)
  })

  test('hazard: a receipt of the connection that the step has left is credited to the present one', () => {
    const run = sent([DELIVERED_60, SMS])
    run.settle(RETRY)
    run.route = sendsBy('two')
    run.wake()
    run.settle(ACCEPTED)
    run.receipt(0, 'failed', { connection: 'one' })
    expect(run.standing).toBe('waiting on 0')
    expect(run.entry('receipt').facts).toMatchObject({ effect: 'failed-elsewhere' })
    run.receipt(0, 'failed', { connection: 'two' })
    expect(run.standing).toBe('due on 1')
  })

  test('hazard: a receipt of an earlier step moves the present one', () => {
    const run = waiting()
    run.wake()
    run.settle(ACCEPTED)
    const before = run.attempt(1)
    run.receipt(0, 'failed')
    expect(run.attempt(1)).toBe(before)
    expect(run.standing).toBe('waiting on 1')
  })
})

describe('sends whose end nobody knows', () => {
  test('hazard: a time-out after the provider accepted is sent a second time', () => {
    const run = sent()
    run.settle(UNCERTAIN)
    while (run.message.progress.state === 'live') run.wake()
    expect(run.sends.filter((send) => send.step === 0)).toHaveLength(1)
    const repeated = sent(TWO, sendsBy('one', true))
    repeated.settle(UNCERTAIN)
    repeated.wake()
    const keys = repeated.sends.map((send) => idempotencyKey('m', send.step, send.try))
    expect(keys).toEqual(['m.1.1', 'm.1.1'])
  })

  test('hazard: after a time-out and a clear no to the repeat, a new key makes a second message', () => {
    const run = sent(TWO, sendsBy('one', true))
    run.settle(UNCERTAIN)
    run.wake()
    run.settle(RETRY)
    run.wake()
    expect(new Set(run.sends.map((send) => send.try))).toEqual(new Set([1]))
  })

  test('hazard: only a clear refusal falls back at once; a cut connection does not', () => {
    const refused = sent()
    refused.settle(REJECTED)
    expect(refused.standing).toBe('due on 1')
    const cut = sent()
    cut.settle(UNCERTAIN)
    expect(cut.standing).toBe('waiting on 0')
  })

  test('hazard: a crash between intent and outcome loses the message or sends it again', () => {
    const run = sent()
    run.wake()
    expect(run.attempt(0)).toMatchObject({ uncertain: true, status: 'queued' })
    expect(run.sends).toHaveLength(1)
    expect(run.standing).toBe('waiting on 0')
    run.wake()
    expect(run.lastSend.step).toBe(1)
  })

  test('hazard: the same work is run twice by two nodes', () => {
    const run = new MessageRun({ sequence: TWO })
    expect(run.due().effects.filter((effect) => effect.type === 'send')).toHaveLength(1)
    expect(run.due().effects).toEqual([])
    const { fence } = run.lastSend
    expect(fence).toBe(START + LEASE_MS)
    run.wake()
    // Whoever lost the lease finds another wake-up than its fence, and does not call.
    expect(stillWanted(run, fence)).toBe(false)
  })

  test('hazard: a worker that lost its lease undoes what the next one did', () => {
    const run = sent(TWO, sendsBy('one', true))
    const lost = run.lastSend
    run.wake()
    run.wake()
    const taken = run.message
    for (const outcome of [REJECTED, RETRY, UNCERTAIN, WITHDRAWN]) run.settle(outcome, lost)
    expect(run.message).toBe(taken)
  })
})

describe('providers and people who say nothing', () => {
  test('hazard: a provider that accepts and never reports keeps the message open for ever', () => {
    const run = waiting([SMS])
    expect(run.wakeAt).toBe(START + HORIZON_MS)
    run.wake()
    expect(run.standing).toBe('unknown')
  })

  test('hazard: a person who switched read receipts off is waited for without end', () => {
    const run = waiting()
    run.receipt(0, 'delivered')
    run.wake()
    expect(run.lastSend.step).toBe(1)
    const timeless = waiting([step('WhatsApp', 'read'), SMS])
    timeless.receipt(0, 'delivered')
    timeless.wake()
    expect(timeless.standing).toBe('unknown')
  })

  test('hazard: a message that counts as sent hides that its fallback never went out', () => {
    const run = waiting([READ_60, DELIVERED_60, SMS])
    run.receipt(0, 'sent')
    run.wake()
    run.settle(REJECTED)
    run.wake()
    expect(run.sends.map((send) => send.step)).toEqual([0, 1, 2])
    expect(run.message.attempts.map((attempt) => attempt.status)).toEqual(['sent', 'rejected', 'queued'])
  })
})

describe('the world changes while a message waits', () => {
  test('hazard: a changed default sequence changes messages that are under way', () => {
    const ability = (name: string) => ({ name, reports: SUCCESS_STATUSES, connected: true })
    const defaults = [{ channel: 'WhatsApp', fallbackAfter: 60, successStatus: 'Read' }, { channel: 'SMS' }]
    const checked = checkSequence(defaults, ability)
    if (!checked.ok) throw new Error('the sequence is good')
    const run = waiting(checked.sequence)
    defaults[0] = { channel: 'Viber', fallbackAfter: 10, successStatus: 'Sent' }
    defaults.length = 1
    expect(run.wakeAt).toBe(START + 60 * SECOND)
    run.wake()
    expect(run.entry('step-opened').facts).toMatchObject({ channel: 'SMS' })
  })

  test('hazard: consent or an address that went away while waiting is used all the same', () => {
    const run = waiting()
    run.route = () => ({ kind: 'skip', reason: 'opted-out' })
    run.wake()
    expect(run.sends).toHaveLength(1)
    expect(run.attempt(1)).toMatchObject({ status: 'rejected', skipped: 'opted-out' })
    const retrying = sent()
    retrying.settle(RETRY)
    retrying.route = () => ({ kind: 'skip', reason: 'no-address' })
    retrying.wake()
    expect(retrying.sends).toHaveLength(1)
    expect(retrying.standing).toBe('exhausted')
  })
})
