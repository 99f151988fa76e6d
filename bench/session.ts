import type { Clock } from '../src/engine/ports/clock.ts'
import type { ContenderName } from './testbed.ts'

/** How large everything is. */
export type Sizes = {
  /** Messages of each throughput measurement. */
  messages: number
  rounds: number
  /** Messages that wait in the database while memory and lateness are measured. */
  pending: { few: number; many: number }
  lateness: { messages: number; overMs: number }
  memory: { rounds: number; sends: number }
}
export const FULL: Sizes = {
  messages: 20_000,
  rounds: 5,
  pending: { few: 10_000, many: 1_000_000 },
  lateness: { messages: 200, overMs: 10_000 },
  memory: { rounds: 3, sends: 2000 },
}
/** Everything once and tiny: it shows that the benchmark works, and measures nothing. */
export const SMALL: Sizes = {
  messages: 300,
  rounds: 1,
  pending: { few: 100, many: 2000 },
  lateness: { messages: 20, overMs: 500 },
  memory: { rounds: 1, sends: 50 },
}

/** What all measurements of one run share. */
export type Session = {
  sizes: Sizes
  clock: Clock
  /** Aborted when somebody has seen enough. */
  signal: AbortSignal
  /** Tells what is going on now. */
  progress(text: string): void
}

/** One line of the result: the same thing measured for each contender, once a round. */
export type Measurement = {
  key: string
  title: string
  unit: Unit
  values: Record<ContenderName, readonly number[]>
}
export type Unit = 'messages/s' | 'ms' | 'MB' | '×'

/** Gives up waiting as soon as the run is aborted. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const settled = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    settled.abort()
  }
}
