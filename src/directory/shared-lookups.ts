import type { Clock } from '../engine/ports/clock.ts'
import { DirectoryTrouble } from '../engine/ports/directory.ts'

export type SharedLookupsOptions = {
  clock: Clock
  /** How long an answer is good for. */
  keepForMs: number
  mostAtOnce: number
  /** Answers that are kept; the one that was not asked for the longest goes first. */
  mostKept?: number
}

type Answer<Value> = { value: Value | undefined; at: number }
type Running<Value> = { answer: Promise<Value | undefined>; waiting: number; stop: AbortController }

const MOST_KEPT = 10_000 // a few MB

/**
 * Look-ups that take time: answers are kept for a while, found or not; failures are not. Who asks for the same key at the
 * same time shares one look-up, which is called off only when nobody waits for it any more.
 */
export class SharedLookups<Value> {
  readonly #options: Required<SharedLookupsOptions>
  readonly #kept = new Map<string, Answer<Value>>()
  readonly #running = new Map<string, Running<Value>>()
  /** Who waits for one of the places. */
  readonly #queue: (() => void)[] = []
  #atOnce = 0

  constructor(options: SharedLookupsOptions) {
    this.#options = { mostKept: MOST_KEPT, ...options }
  }

  /** `lookUp` gets a signal of its own. Throws `DirectoryTrouble` when `signal` is aborted before there is an answer. */
  async find(
    key: string,
    signal: AbortSignal,
    lookUp: (signal: AbortSignal) => Promise<Value | undefined>,
  ): Promise<Value | undefined> {
    if (signal.aborted) throw calledOff()
    const kept = this.#keptFor(key)
    if (kept !== undefined) return kept.value
    const running = this.#running.get(key) ?? this.#start(key, lookUp)
    running.waiting += 1
    const left = Promise.withResolvers<never>()
    const leave = () => left.reject(calledOff())
    signal.addEventListener('abort', leave, { once: true })
    try {
      return await Promise.race([running.answer, left.promise])
    } finally {
      signal.removeEventListener('abort', leave)
      running.waiting -= 1
      if (running.waiting === 0) {
        if (this.#running.get(key) === running) this.#running.delete(key)
        running.stop.abort()
      }
    }
  }

  #keptFor(key: string): Answer<Value> | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    this.#kept.delete(key)
    const age = this.#options.clock.now() - kept.at
    // A clock that was set back must not keep an answer for longer.
    if (age < 0 || age >= this.#options.keepForMs) return undefined
    this.#kept.set(key, kept) // behind all others: it goes last
    return kept
  }

  #start(key: string, lookUp: (signal: AbortSignal) => Promise<Value | undefined>): Running<Value> {
    const stop = new AbortController()
    const running = { answer: this.#lookUp(key, lookUp, stop.signal), waiting: 0, stop }
    this.#running.set(key, running)
    // When all have left, nobody hears how it ended.
    running.answer.catch(() => {})
    return running
  }

  async #lookUp(
    key: string,
    lookUp: (signal: AbortSignal) => Promise<Value | undefined>,
    signal: AbortSignal,
  ): Promise<Value | undefined> {
    await this.#takePlace()
    try {
      if (signal.aborted) throw calledOff()
      const at = this.#options.clock.now()
      const value = await lookUp(signal)
      this.#keep(key, { value, at })
      return value
    } finally {
      this.#leavePlace()
    }
  }

  async #takePlace(): Promise<void> {
    if (this.#atOnce >= this.#options.mostAtOnce) return new Promise((resolve) => this.#queue.push(resolve))
    this.#atOnce += 1
  }

  #leavePlace(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#atOnce -= 1
    else next() // the place is handed over, so that nobody slips in between
  }

  #keep(key: string, answer: Answer<Value>): void {
    const { keepForMs, mostKept } = this.#options
    if (keepForMs <= 0) return
    this.#kept.delete(key)
    this.#kept.set(key, answer)
    const oldest = this.#kept.size > mostKept ? this.#kept.keys().next() : undefined
    if (oldest?.done === false) this.#kept.delete(oldest.value)
  }
}

function calledOff(): DirectoryTrouble {
  return new DirectoryTrouble('the look-up was called off')
}
