import type { Clock } from '../engine/ports/clock.ts'

/**
 * A clock that can be moved forward. It runs like its base clock, or stands still when it has none; `advance` walks
 * through every moment that somebody sleeps for, in order, so that a two-minute story plays as it would in two minutes.
 */
export class MovableClock implements Clock {
  readonly #base: Clock | undefined
  #offset = 0
  readonly #sleepers = new Set<Sleeper>()

  /** With a number, time stands still there until it is moved. */
  constructor(base: Clock | number) {
    if (typeof base === 'number') this.#offset = base
    else this.#base = base
  }

  now(): number {
    return (this.#base?.now() ?? 0) + this.#offset
  }

  async sleepUntil(at: number, signal?: AbortSignal): Promise<void> {
    while (this.now() < at && !signal?.aborted) {
      const woken = new AbortController()
      const sleeper: Sleeper = { at, wake: () => woken.abort() }
      this.#sleepers.add(sleeper)
      const both = signal === undefined ? woken.signal : AbortSignal.any([signal, woken.signal])
      if (this.#base === undefined) await aborted(both)
      else await this.#base.sleepUntil(at - this.#offset, both)
      this.#sleepers.delete(sleeper)
    }
  }

  /**
   * Moves time forward by `ms`, stopping at each moment that somebody waits for. After each stop `settle` is awaited, so
   * that what woke up can do its work, and go to sleep again, before time moves on.
   */
  async advance(ms: number, settle: () => Promise<void> = nextTurn): Promise<void> {
    const target = this.now() + ms
    await settle()
    for (let at = this.#earliest(); at !== undefined && at <= target; at = this.#earliest()) {
      this.#moveTo(at)
      await settle()
    }
    this.#moveTo(target)
    await settle()
  }

  #earliest(): number | undefined {
    let earliest: number | undefined
    for (const { at } of this.#sleepers) if (earliest === undefined || at < earliest) earliest = at
    return earliest
  }

  #moveTo(at: number): void {
    this.#offset += Math.max(0, at - this.now())
    for (const sleeper of [...this.#sleepers]) {
      if (sleeper.at > this.now() && this.#base === undefined) continue
      // With a running base also those who sleep on must set their alarm anew.
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
  }
}

type Sleeper = { at: number; wake: () => void }

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Lets everything that is ready run once. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
