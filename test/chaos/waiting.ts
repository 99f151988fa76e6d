import { systemClock } from '../../src/system/clock.ts'

const STEP_MS = 50

/** Sleeps; throws when `signal` was aborted meanwhile. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await systemClock.sleepUntil(systemClock.now() + ms, signal)
  signal.throwIfAborted()
}

/** Looks again and again until `condition` holds; throws when it never does. */
export async function until(
  what: string,
  withinMs: number,
  signal: AbortSignal,
  condition: () => Promise<boolean>,
): Promise<void> {
  const givesUpAt = systemClock.now() + withinMs
  while (!(await condition())) {
    if (systemClock.now() >= givesUpAt) throw new Error(`waited ${withinMs / 1000} s in vain until ${what}`)
    await pause(STEP_MS, signal)
  }
}

/** Does the work for each item, at most so many at a time. */
export async function forEach<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]()
  const worker = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
