import { expect, test } from 'vitest'
import { MovableClock } from '../system/movable-clock.ts'
import { SharedLookups } from './shared-lookups.ts'

const never = new AbortController().signal

test('no more answers are kept than allowed; the one not asked for the longest goes first', async () => {
  const lookups = new SharedLookups<string>({
    clock: new MovableClock(0),
    keepForMs: 1_000,
    mostAtOnce: 9,
    mostKept: 2,
  })
  const asked: string[] = []
  const find = (key: string) =>
    lookups.find(key, never, async () => {
      asked.push(key)
      return key
    })
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) expect(await find(key)).toBe(key)
  expect(asked).toEqual(['a', 'b', 'c', 'b'])
})

test('an answer is not kept for longer when the clock is set back', async () => {
  let now = 10_000
  const clock = { now: () => now, sleepUntil: async () => {} }
  const lookups = new SharedLookups<number>({ clock, keepForMs: 1_000, mostAtOnce: 1 })
  let count = 0
  const find = () => lookups.find('a', never, async () => ++count)
  expect(await find()).toBe(1)
  now = 5_000
  expect(await find()).toBe(2)
})

test('never are more under way than allowed, whoever fails or leaves', async () => {
  const lookups = new SharedLookups<string>({ clock: new MovableClock(0), keepForMs: 0, mostAtOnce: 3 })
  let running = 0
  let most = 0
  const one = async (n: number) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
    if (n % 3 === 0) throw new Error('failed')
    return `${n}`
  }
  const find = async (n: number) => {
    const leaving = new AbortController()
    const found = lookups.find(`${n}`, leaving.signal, () => one(n))
    if (n % 4 === 0) leaving.abort()
    return found
  }
  const all = Array.from({ length: 50 }, (_, n) => find(n).catch((error: Error) => error.message))
  // Newcomers, at the very moment at which places become free.
  const more = all.map((each, n) => each.then(() => find(100 + n)).catch((error: Error) => error.message))
  const answers = await Promise.all([...all, ...more])
  expect(most).toBe(3)
  expect(answers[1]).toBe('1')
  expect(answers[3]).toBe('failed')
  expect(answers[4]).toBe('the look-up was called off')
})

test('a look-up is called off when the last one who waited has left, and not before', async () => {
  const lookups = new SharedLookups<string>({ clock: new MovableClock(0), keepForMs: 1_000, mostAtOnce: 1 })
  const [first, second] = [new AbortController(), new AbortController()]
  const started = Promise.withResolvers<AbortSignal>()
  const lookUp = (signal: AbortSignal) => {
    started.resolve(signal)
    return new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
  }
  const both = [first, second].map(({ signal }) => lookups.find('a', signal, lookUp).catch(String))
  const signal = await started.promise
  first.abort()
  expect(await both[0]).toContain('called off')
  expect(signal.aborted).toBe(false)
  second.abort()
  expect(await both[1]).toContain('called off')
  expect(signal.aborted).toBe(true)
})
