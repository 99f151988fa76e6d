import type { Clock } from '../src/engine/ports/clock.ts'
import { SendCount } from './contender.ts'

/** What a bare database needs to send what is due, with as little around it as can be. */
export type RawQueue = {
  /** Takes up to `limit` due messages and writes that each is being sent. */
  claim(now: number, limit: number): Promise<string[]> | string[]
  /** Writes that these were accepted. */
  settle(umids: readonly string[], now: number): Promise<void> | void
  nextWakeAt(): Promise<number | undefined> | number | undefined
}

const PER_CLAIM = 500 // as many as the engine queues for one connection

/** Sends what is due and sleeps until the next is: the wake loop of the raw contenders. */
export class RawLoop {
  readonly #queue: RawQueue
  readonly #clock: Clock
  readonly #onSend: (umid: string) => void
  readonly #sends = new SendCount()
  readonly #ended: Promise<void>
  #stopping = false
  #poked = false
  #sleep: AbortController | undefined

  constructor(queue: RawQueue, clock: Clock, onSend: (umid: string) => void) {
    this.#queue = queue
    this.#clock = clock
    this.#onSend = onSend
    this.#ended = this.#run().catch((error: unknown) => {
      this.#sends.fail(new Error('the raw database could not send what is due', { cause: error }))
    })
  }

  sent(count: number): Promise<void> {
    return this.#sends.reaches(count)
  }

  /** There may be something to send. */
  poke(): void {
    this.#poked = true
    this.#sleep?.abort()
  }

  stop(): Promise<void> {
    this.#stopping = true
    this.poke()
    return this.#ended
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#poked = false
      const umids = await this.#queue.claim(this.#clock.now(), PER_CLAIM)
      for (const umid of umids) this.#onSend(umid)
      if (umids.length > 0) {
        await this.#queue.settle(umids, this.#clock.now())
        this.#sends.add(umids.length)
      } else await this.#sleepUntil((await this.#queue.nextWakeAt()) ?? Number.POSITIVE_INFINITY)
      // SQLite answers at once; signals and timers want their turn too.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async #sleepUntil(at: number): Promise<void> {
    if (this.#poked) return
    this.#sleep = new AbortController()
    await this.#clock.sleepUntil(at, this.#sleep.signal)
    this.#sleep = undefined
  }
}
