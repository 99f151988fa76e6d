import { expect, test } from 'vitest'
import { DELIVERED_60, MessageRun, SMS, START, sent, TWO, waiting } from '../../test/support/message-run.ts'
import { acceptMessage, idempotencyKey, isDoubleExposure, wakeAtOf } from './message.ts'

test.each([
  ['at once', {}, START],
  ['when it is scheduled', { scheduledAt: START + 60_000 }, START + 60_000],
  ['at once when it was scheduled for a moment in the past', { scheduledAt: START - 60_000 }, START],
  [
    'at its expiry when it is scheduled for later than that',
    { scheduledAt: START + 9, expiresAt: START + 5 },
    START + 5,
  ],
])('a message wakes up %s', (_, times, wakeAt) => {
  const message = acceptMessage({ id: 'm', sequence: TWO, at: START, ...times })
  expect(wakeAtOf(message)).toBe(wakeAt)
  expect(message).toMatchObject({ id: 'm', sequence: TWO, attempts: [], progress: { phase: 'due', step: 0 } })
})

test('a message that has ended never wakes up', () => {
  const run = new MessageRun({ sequence: TWO })
  run.cancel()
  expect(wakeAtOf(run.message)).toBeNull()
})

test('the key of a send differs by message, step and try, and counts steps as people do', () => {
  expect(idempotencyKey('m', 0, 1)).toBe('m.1.1')
  const keys = [idempotencyKey('n', 0, 1), idempotencyKey('m', 1, 1), idempotencyKey('m', 0, 2), 'm.1.1']
  expect(new Set(keys).size).toBe(4)
})

test('a person is doubly exposed once two steps have reached the device', () => {
  const run = waiting([DELIVERED_60, SMS])
  run.wake()
  run.receipt(1, 'delivered')
  expect(isDoubleExposure(run.message)).toBe(false)
  run.receipt(0, 'read')
  expect(isDoubleExposure(run.message)).toBe(true)
  expect(isDoubleExposure(sent().message)).toBe(false)
})
