import type { Activity } from './activity.ts'
import type { Clock } from './ports/clock.ts'

/**
 * Works, then sleeps until there is work again: at the moment that the last round named, or as soon as it is poked. It
 * never polls at a fixed rate; the longest sleep is only a net for a poke that got lost between nodes.
 */
export class AlarmLoop {
  readonly #clock: Clock
  readonly #activity: Activity
  readonly #round: () => Promise<number | undefined>
  readonly #onError: (error: unknown) => void
  #earliestPoke: number | undefined
  #sleep: AbortController | undefined
  #sleepsUntil = 0
  #stopping = false
  #ended: Promise<void> = Promise.resolve()

  /** `round` does what is due and answers when the next is: in the past for at once, undefined for not known. */
  constructor(options: {
    clock: Clock
    activity: Activity
    round: () => Promise<number | undefined>
    onError: (error: unknown) => void
  }) {
    this.#clock = options.clock
    this.#activity = options.activity
    this.#round = options.round
    this.#onError = options.onError
  }

  start(): void {
    this.#stopping = false
    this.#ended = this.#run()
  }

  /** There is, or will be, something to do at `at`. */
  poke(at: number): void {
    if (this.#sleep === undefined) this.#earliestPoke = Math.min(at, this.#earliestPoke ?? at)
    else if (at < this.#sleepsUntil) this.#sleep.abort(POKED)
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#sleep?.abort()
    await this.#ended
  }

  async #run(): Promise<void> {
    let awake = this.#activity.begin()
    while (!this.#stopping) {
      const next = await this.#safeRound()
      const wakeAt = Math.min(next, this.#earliestPoke ?? next)
      this.#earliestPoke = undefined
      if (wakeAt <= this.#clock.now() || this.#stopping) {
        // However much is due, others get their turn in between.
        await new Promise((resolve) => setImmediate(resolve))
        continue
      }
      this.#sleep = new AbortController()
      this.#sleepsUntil = wakeAt
      // Awake again in the very moment that the sleep ends, so that nobody takes the loop for idle in between.
      this.#sleep.signal.addEventListener('abort', () => {
        awake = this.#activity.begin()
      })
      const sleep = this.#sleep
      awake()
      await this.#clock.sleepUntil(wakeAt, sleep.signal)
      if (!sleep.signal.aborted) awake = this.#activity.begin()
      this.#sleep = undefined
    }
    awake()
  }

  async #safeRound(): Promise<number> {
    try {
      return (await this.#round()) ?? this.#clock.now() + LONGEST_SLEEP_MS
    } catch (error) {
      this.#onError(error)
      return this.#clock.now() + AFTER_ERROR_MS
    }
  }
}

const POKED = new Error('poked') // made once: the platform would make one for each poke, with a stack
const LONGEST_SLEEP_MS = 30_000
const AFTER_ERROR_MS = 1000 // the database is away: it comes back in seconds, or somebody is called
