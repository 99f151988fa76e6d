import type { Clock } from '../engine/ports/clock.ts'

/**
 * Remembers what was looked up for a short while. What changes elsewhere is noticed within `lifeMs`; callers that ask at
 * once share one look-up. What was not found is asked for again each time.
 */
export class ShortCache<Value> {
  readonly #clock: Clock
  readonly #lifeMs: number
  readonly #load: (key: string) => Promise<Value | undefined>
  readonly #entries = new Map<string, { at: number; value: Promise<Value | undefined> }>()

  constructor(clock: Clock, lifeMs: number, load: (key: string) => Promise<Value | undefined>) {
    this.#clock = clock
    this.#lifeMs = lifeMs
    this.#load = load
  }

  async get(key: string): Promise<Value | undefined> {
    const known = this.#entries.get(key)
    const age = known === undefined ? Infinity : this.#clock.now() - known.at
    // A clock that was set back must not keep an entry for longer.
    if (known !== undefined && age >= 0 && age < this.#lifeMs) return known.value
    const entry = { at: this.#clock.now(), value: this.#load(key) }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    const oldest = this.#entries.size > MAX_ENTRIES ? this.#entries.keys().next() : undefined
    if (oldest?.done === false) this.#entries.delete(oldest.value)
    try {
      const value = await entry.value
      if (value === undefined) this.#drop(key, entry)
      return value
    } catch (error) {
      this.#drop(key, entry)
      throw error
    }
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  #drop(key: string, entry: object): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
  }
}

const MAX_ENTRIES = 10_000 // a few MB at most, whatever callers ask for
