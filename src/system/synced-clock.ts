import type { Clock } from '../engine/ports/clock.ts'

/**
 * The database's clock, read now and then and kept going by this machine's steady one, so that all nodes agree on what is
 * due and a machine whose clock is wrong, or set, does not matter.
 */
export class SyncedClock implements Clock {
  readonly #base: Clock
  readonly #readTime: () => Promise<number>
  #offsetMs = 0
  #syncedAt = Number.NEGATIVE_INFINITY

  constructor(base: Clock, readTime: () => Promise<number>) {
    this.#base = base
    this.#readTime = readTime
  }

  now(): number {
    return Math.round(performance.timeOrigin + performance.now() + this.#offsetMs)
  }

  async sleepUntil(at: number, signal?: AbortSignal): Promise<void> {
    while (this.now() < at && !signal?.aborted) await this.#base.sleepUntil(this.#base.now() + at - this.now(), signal)
  }

  /** Reads the database's clock; the answer is taken to be from the middle of the wait for it. */
  async sync(): Promise<void> {
    const before = performance.now()
    const time = await this.#readTime()
    const after = performance.now()
    this.#offsetMs = time - (performance.timeOrigin + (before + after) / 2)
    this.#syncedAt = after
  }

  /** Keeps the clock in step until `signal` is aborted. A failed reading is left for the next. */
  async keepInStep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#base.sleepUntil(this.#base.now() + SYNC_EVERY_MS, signal)
      if (performance.now() - this.#syncedAt >= SYNC_EVERY_MS) await this.sync().catch(() => {})
    }
  }
}

const SYNC_EVERY_MS = 60_000 // quartz drifts some milliseconds in that time
