import type { Clock } from '../../engine/ports/clock.ts'

/**
 * What is to happen, and what is under way. All waiting of the sandbox is an entry here, so one alarm on the clock serves
 * any number of messages, and `idle` can tell waiting for a later moment from work that is due or running.
 */
export class Schedule {
  readonly #clock: Clock
  /** Latest first: the next one is taken off the end. */
  readonly #entries: Entry[] = []
  readonly #underWay = new Set<Promise<void>>()
  #waitingForIdle: (() => void)[] = []
  #alarm: AbortController | undefined
  #alarmAt = 0
  #stopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs `run` at that moment, after what was put down for it earlier. The answer takes it off again. */
  at(at: number, run: () => void): () => void {
    if (this.#stopped) return () => {}
    const entry = { at, run }
    const index = this.#firstNotAfter(at)
    this.#entries.splice(index, 0, entry)
    if (this.#alarm === undefined) void this.#watch()
    else if (index === this.#entries.length - 1) this.#alarm.abort()
    return () => this.#remove(entry)
  }

  /** Counts work until it is done, however it ends. */
  track(work: Promise<unknown>): void {
    const done = work.then(
      () => {},
      () => {},
    )
    this.#underWay.add(done)
    void done.then(() => {
      this.#underWay.delete(done)
      this.#tellIdle()
    })
  }

  /** Resolves when nothing runs and nothing is due; what waits for a later moment does not count. */
  async idle(): Promise<void> {
    if (this.#isIdle()) return
    await new Promise<void>((resolve) => this.#waitingForIdle.push(resolve))
  }

  /** Forgets what was to happen, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#entries.length = 0
    this.#alarm?.abort()
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    this.#tellIdle()
  }

  async #watch(): Promise<void> {
    for (let next = this.#entries.at(-1); next !== undefined; next = this.#entries.at(-1)) {
      this.#alarm = new AbortController()
      this.#alarmAt = next.at
      const sleep = this.#clock.sleepUntil(next.at, this.#alarm.signal)
      this.#tellIdle()
      await sleep
      this.#runDue()
    }
    this.#alarm = undefined
  }

  #runDue(): void {
    for (let entry = this.#entries.at(-1); entry !== undefined; entry = this.#entries.at(-1)) {
      if (entry.at > this.#clock.now()) break
      this.#entries.pop()
      entry.run()
    }
    this.#tellIdle()
  }

  #isIdle(): boolean {
    const next = this.#entries.at(-1)
    if (this.#underWay.size > 0) return false
    // The alarm has to stand, too: a clock that is moved before that would pass over the entry's moment.
    return next === undefined || (this.#alarmAt <= next.at && this.#alarmAt > this.#clock.now())
  }

  #tellIdle(): void {
    if (!this.#isIdle()) return
    const waiting = this.#waitingForIdle
    this.#waitingForIdle = []
    for (const resolve of waiting) resolve()
  }

  #remove(entry: Entry): void {
    for (let index = this.#firstNotAfter(entry.at); this.#entries[index]?.at === entry.at; index++) {
      if (this.#entries[index] !== entry) continue
      this.#entries.splice(index, 1)
      return
    }
  }

  /** Binary search, because a load test has tens of thousands of messages waiting. */
  #firstNotAfter(at: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.at ?? at) > at) low = middle + 1
      else high = middle
    }
    return low
  }
}

type Entry = { at: number; run: () => void }
