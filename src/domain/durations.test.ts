import { expect, test } from 'vitest'
import { parseDuration } from './durations.ts'

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5h', 5_400_000],
  ['5m', 300_000],
  ['10d', 864_000_000],
  ['0s', 0],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '10', '10 s', '-1s', 's', '1w', '1h30m', '.5h', '10S'])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})
