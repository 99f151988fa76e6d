import { unlessAborted } from './aborts.ts'

/** The places for requests that are not answered yet; who finds none waits, first come, first served. */
export class Window {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  /** False when the signal was aborted first. Who has a place leaves it. */
  async enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    if (this.#free > 0) {
      this.#free--
      return true
    }
    let hasPlace = false
    const { promise, resolve } = Promise.withResolvers<true>()
    const take = () => {
      hasPlace = true
      resolve(true)
    }
    this.#waiting.push(take)
    await unlessAborted(promise, signal)
    if (hasPlace && signal.aborted) this.leave()
    if (!hasPlace) this.#waiting.splice(this.#waiting.indexOf(take), 1)
    return hasPlace && !signal.aborted
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
