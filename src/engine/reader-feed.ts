import type { ReaderNotice } from './ports/message-store.ts'

/** Tells who is interested, in this process, that somebody may have more or less to read. */
export class ReaderFeed {
  readonly #listeners = new Map<string, Set<() => void>>()

  emit(notice: ReaderNotice): void {
    for (const listener of this.#listeners.get(nameOf(notice)) ?? []) listener()
  }

  /** Returns the function that ends the subscription. */
  on(reader: ReaderNotice, listener: () => void): () => void {
    const name = nameOf(reader)
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name)
    }
  }
}

function nameOf({ subAccountId, source, person }: ReaderNotice): string {
  return JSON.stringify([subAccountId, source, person])
}
