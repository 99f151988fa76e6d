/** Counts what is under way, so that one can wait until the engine has nothing left to do but wait for the time. */
export class Activity {
  #running = 0
  #begun = 0
  readonly #waiting: (() => void)[] = []

  /** How much has been begun so far: the same number twice means that nothing happened in between. */
  get begun(): number {
    return this.#begun
  }

  get isIdle(): boolean {
    return this.#running === 0
  }

  /** Counts until the returned function is called. */
  begin(): () => void {
    this.#running++
    this.#begun++
    let open = true
    return () => {
      if (!open) return
      open = false
      this.#running--
      if (this.#running === 0) for (const resolve of this.#waiting.splice(0)) resolve()
    }
  }

  async track<T>(work: Promise<T>): Promise<T> {
    const end = this.begin()
    try {
      return await work
    } finally {
      end()
    }
  }

  /** Resolves when nothing is under way, also not right after. */
  async idle(): Promise<void> {
    do {
      if (!this.isIdle) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      await new Promise((resolve) => setImmediate(resolve))
    } while (!this.isIdle)
  }
}
