import type { Clock } from '../engine/ports/clock.ts'

const MINUTE_MS = 60_000
const MAX_ADDRESSES = 20_000 // a few MB at most, whoever asks
const MAX_KNOWN = 50_000
const CONSUMERS_PER_REQUEST = 1 / 4

/**
 * Slows down who guesses consumers. Each client address has two buckets, refilled all the time: one for requests and a
 * smaller one for consumers that it has not asked for before, so that a page may ask for its own visitor again and again.
 * The oldest addresses are forgotten when there are very many; that only ever lets somebody ask once more.
 */
export class BadgeLimits {
  readonly #clock: Clock
  readonly #perMinute: number
  readonly #consumersPerMinute: number
  readonly #buckets = new Map<string, { requests: number; consumers: number; at: number }>()
  readonly #known = new Map<string, true>()

  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock
    this.#perMinute = perMinute
    this.#consumersPerMinute = Math.max(1, Math.ceil(perMinute * CONSUMERS_PER_REQUEST))
  }

  /**
   * Counts a request of `address` for a consumer (`fingerprint`: a short text of his own). Answers after how many seconds it
   * may be tried again, or undefined when it may go on. A refused request costs nothing.
   */
  take(address: string, fingerprint: string): number | undefined {
    const now = this.#clock.now()
    const bucket = this.#refilled(address, now)
    const key = `${address} ${fingerprint}`
    const isNew = !this.#known.has(key)
    const requestsIn = shortage(bucket.requests, this.#perMinute)
    const consumersIn = isNew ? shortage(bucket.consumers, this.#consumersPerMinute) : 0
    remember(this.#buckets, address, bucket, MAX_ADDRESSES)
    const waitMs = Math.max(requestsIn, consumersIn)
    if (waitMs > 0) return Math.ceil(waitMs / 1000)
    bucket.requests--
    if (isNew) bucket.consumers--
    remember(this.#known, key, true, MAX_KNOWN)
    return undefined
  }

  #refilled(address: string, now: number): { requests: number; consumers: number; at: number } {
    const bucket = this.#buckets.get(address)
    if (bucket === undefined) return { requests: this.#perMinute, consumers: this.#consumersPerMinute, at: now }
    // A clock that was set back refills nothing.
    const minutes = Math.max(0, now - bucket.at) / MINUTE_MS
    bucket.requests = Math.min(this.#perMinute, bucket.requests + minutes * this.#perMinute)
    bucket.consumers = Math.min(this.#consumersPerMinute, bucket.consumers + minutes * this.#consumersPerMinute)
    bucket.at = now
    return bucket
  }
}

/** How long until a bucket holds one again. */
function shortage(left: number, perMinute: number): number {
  return left >= 1 ? 0 : ((1 - left) / perMinute) * MINUTE_MS
}

/** Puts an entry last, and lets the first go when there are too many. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.size > most ? map.keys().next() : undefined
  if (oldest?.done === false) map.delete(oldest.value)
}

/** Counts what is open at one time, for each address and in all. */
export class OpenPlaces {
  readonly #perAddress: number
  readonly #inAll: number
  readonly #open = new Map<string, number>()
  #total = 0

  constructor(perAddress: number, inAll: number) {
    this.#perAddress = perAddress
    this.#inAll = inAll
  }

  /** Returns the function that gives the place back, or undefined when all are taken. */
  take(address: string): (() => void) | undefined {
    const open = this.#open.get(address) ?? 0
    if (open >= this.#perAddress || this.#total >= this.#inAll) return undefined
    this.#open.set(address, open + 1)
    this.#total++
    return () => {
      const left = (this.#open.get(address) ?? 1) - 1
      if (left === 0) this.#open.delete(address)
      else this.#open.set(address, left)
      this.#total--
    }
  }
}
