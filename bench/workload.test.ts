import { expect, test } from 'vitest'
import { MovableClock } from '../src/system/movable-clock.ts'
import { SendCount } from './contender.ts'
import { unlessAborted } from './session.ts'
import { median, medianRatio, percentile } from './statistics.ts'
import { inBulk, oneByOne, providerRefOf, shuffled } from './workload.ts'

const items = Array.from({ length: 1000 }, (_, index) => index)
const never = new AbortController().signal

test('shuffled items are the same ones in another order, and in that order each time', () => {
  const order = shuffled(items)
  expect(order).not.toEqual(items)
  expect(order.toSorted((a, b) => a - b)).toEqual(items)
  expect(shuffled(items)).toEqual(order)
})

test('callers work one by one on each item once, as many at a time as there are callers', async () => {
  const seen: number[] = []
  let running = 0
  let most = 0
  await oneByOne(items, 64, never, async (some) => {
    expect(some).toHaveLength(1)
    most = Math.max(most, ++running)
    await Promise.resolve()
    running--
    seen.push(...some)
  })
  expect(most).toBe(64)
  expect(seen.toSorted((a, b) => a - b)).toEqual(items)
})

test('bulk requests follow one another and leave nothing out', async () => {
  const sizes: number[] = []
  await inBulk(items, 300, never, async (some) => void sizes.push(some.length))
  expect(sizes).toEqual([300, 300, 300, 100])
})

test('an aborted run takes up no further item', async () => {
  const stop = new AbortController()
  let done = 0
  const work = oneByOne(items, 2, stop.signal, async () => {
    if (++done === 10) stop.abort()
  })
  await expect(work).rejects.toThrow('aborted')
  expect(done).toBeLessThan(13)
})

test('waiting ends when the run is aborted', async () => {
  const stop = new AbortController()
  const waiting = unlessAborted(new MovableClock(0).sleepUntil(1), stop.signal)
  stop.abort()
  await expect(waiting).rejects.toThrow('aborted')
})

test('who waits for a number of sends hears of a failure instead', async () => {
  const sends = new SendCount()
  const waiting = sends.reaches(2)
  sends.add()
  sends.fail(new Error('the database is away'))
  await expect(waiting).rejects.toThrow('the database is away')
})

test('provider references tell apart what was sent at the same time', () => {
  const umid = '019b8d1c-2d40-7a6e-8f1b-0123456789ab'
  expect(providerRefOf(umid)).toBe('0123456789ab019b8d1c-2d40-7a6e-8f1b')
})

test('percentiles and medians are values by rank', () => {
  const values = items.map((item) => item + 1)
  expect(percentile(shuffled(values), 0.99)).toBe(990)
  expect(percentile([7], 0.5)).toBe(7)
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 1, 3, 9])).toBe(3.5)
})

test('a disturbance that hits both values of a round does not touch the ratio', () => {
  expect(medianRatio([50, 5, 50], [100, 10, 100])).toBe(0.5)
})
