import { expect, test } from 'vitest'
import { formatElapsed, nextLine, outcomeText, titleLine } from './timeline-lines.ts'

test.each([
  [-5, '0.0 s'],
  [4_249, '4.2 s'],
  [59_949, '59.9 s'],
  [60_000, '1 min 00 s'],
  [3_599_000, '59 min 59 s'],
  [3_600_000, '1 h 00 min'],
  [172_800_000, '2 d 0 h'],
])('%i ms reads %s', (ms, text) => {
  expect(formatElapsed(ms)).toBe(text)
})

test('what comes next is counted on the service’s clock, in whole seconds, and is due once its time is over', () => {
  const planned = {
    at: '2026-05-05T09:01:00Z',
    what: 'fall-back',
    step: 1,
    channel: 'Viber',
    text: 'SMS is next.',
  } as const
  const at = Date.parse(planned.at)
  expect(nextLine(planned, at - 41_200)).toBe('in 42 s: SMS is next.')
  expect(nextLine(planned, at - 90_000)).toBe('in 1 min 30 s: SMS is next.')
  expect(nextLine(planned, at + 5)).toBe('now: SMS is next.')
})

test('words of others cannot steer the terminal', () => {
  const steps = [{ step: 1, channel: 'SMS\u001b[2J', successStatus: 'Sent', status: null, times: {} }]
  expect(titleLine({ umid: 'u\r\n', steps })).toBe('u    SMS [2J')
})

test.each([
  ['succeeded', 'Succeeded: read on SMS, 2.0 s after it was accepted.'],
  ['exhausted', 'Exhausted: no channel brought it through, 2.0 s after it was accepted.'],
  ['unknown', 'Unknown: the last word on it never came, 2.0 s after it was accepted.'],
  ['cancelled', 'Cancelled, 2.0 s after it was accepted.'],
  ['expired', 'Expired, 2.0 s after it was accepted.'],
] as const)('the outcome %s is one sentence', (state, text) => {
  const outcome = {
    state,
    at: '2026-05-05T09:00:02Z',
    step: 1,
    channel: 'SMS',
    status: 'read',
    doubleExposure: false,
  } as const
  expect(outcomeText(outcome, Date.parse('2026-05-05T09:00:00Z'))).toBe(text)
})
