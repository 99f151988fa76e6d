import { expect, test } from 'vitest'
import type { Clock } from '../engine/ports/clock.ts'
import { systemClock } from './clock.ts'
import { MovableClock } from './movable-clock.ts'

test('a standing clock stands until it is moved', async () => {
  const clock = new MovableClock(1000)
  expect(clock.now()).toBe(1000)
  await clock.advance(500)
  expect(clock.now()).toBe(1500)
})

test('sleepers wake in the order of their moments, each at its own time', async () => {
  const clock = new MovableClock(0)
  const woken: string[] = []
  const sleep = async (name: string, at: number) => {
    await clock.sleepUntil(at)
    woken.push(`${name} at ${clock.now()}`)
  }
  const all = [sleep('late', 300), sleep('early', 100), sleep('never', 900)]
  await clock.advance(500)
  expect(woken).toEqual(['early at 100', 'late at 300'])
  await clock.advance(400)
  await Promise.all(all)
})

test('what a sleeper starts at its moment is part of the same story', async () => {
  const clock = new MovableClock(0)
  const moments: number[] = []
  const chain = (async () => {
    for (const at of [60_000, 120_000, 180_000]) {
      await clock.sleepUntil(at)
      moments.push(clock.now())
    }
  })()
  await clock.advance(125_000)
  expect(moments).toEqual([60_000, 120_000])
  expect(clock.now()).toBe(125_000)
  await clock.advance(60_000)
  await chain
})

test('a sleep for a moment that has passed ends at once, and an aborted one too', async () => {
  const clock = new MovableClock(1000)
  await clock.sleepUntil(999)
  const stop = new AbortController()
  const sleep = clock.sleepUntil(9999, stop.signal)
  stop.abort()
  await sleep
  await clock.sleepUntil(9999, stop.signal)
  expect(clock.now()).toBe(1000)
})

test('on a running clock a sleeper also wakes by itself, and sooner when time is moved', async () => {
  const clock = new MovableClock(systemClock)
  const start = clock.now()
  await clock.sleepUntil(start + 5)
  expect(clock.now()).toBeGreaterThanOrEqual(start + 5)
  const hour = clock.sleepUntil(clock.now() + 3_600_000)
  await clock.advance(3_600_000)
  await hour
  expect(clock.now()).toBeGreaterThanOrEqual(start + 3_600_000)
})

test('a sleeper who has to sleep on keeps its moment when time is moved a little', async () => {
  const asked: number[] = []
  const base: Clock = {
    now: () => 0,
    sleepUntil: (at, signal) => {
      asked.push(at)
      return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
    },
  }
  const clock = new MovableClock(base)
  const stop = new AbortController()
  const sleep = clock.sleepUntil(10_000, stop.signal)
  await clock.advance(4000)
  expect(asked).toEqual([10_000, 6000])
  stop.abort()
  await sleep
})
