import { expect, test } from 'vitest'
import { systemClock } from './clock.ts'
import { SyncedClock } from './synced-clock.ts'

test('goes by the time it reads, however wrong this machine’s own clock is', async () => {
  const ahead = 3_600_000
  const clock = new SyncedClock(systemClock, async () => systemClock.now() + ahead)
  await clock.sync()
  expect(Math.abs(clock.now() - (systemClock.now() + ahead))).toBeLessThan(1000)
  const at = clock.now() + 5
  await clock.sleepUntil(at)
  expect(clock.now()).toBeGreaterThanOrEqual(at)
})

test('a sleep can be called off', async () => {
  const clock = new SyncedClock(systemClock, async () => systemClock.now())
  await clock.sync()
  const stop = new AbortController()
  const sleep = clock.sleepUntil(clock.now() + 3_600_000, stop.signal)
  stop.abort()
  await sleep
})
