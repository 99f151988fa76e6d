/** Tells who is interested, in this process, that a message has a new version. Carries no content: listeners read the store. */
export type Ping = { umid: string; subAccountId: string; version: number }

export class Feed {
  readonly #listeners = new Set<(ping: Ping) => void>()

  emit(ping: Ping): void {
    for (const listener of this.#listeners) listener(ping)
  }

  /** Returns the function that ends the subscription. */
  on(listener: (ping: Ping) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
