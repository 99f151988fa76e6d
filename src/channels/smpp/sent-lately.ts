/** What it takes to cancel a send: the ids of its parts as the SMSC wrote them, and the sender that it went out from. */
export type SentParts = { ids: readonly string[]; source: string }

const MOST = 10_000

/**
 * Remembers of the latest sends what a recall is not told. After a restart the id alone is left, and with it the last part
 * and the usual sender: a recall then works for most messages, and is never claimed where the SMSC refuses it.
 */
export class SentLately {
  readonly #sent = new Map<string, SentParts>()

  add(providerRef: string, parts: SentParts): void {
    this.#sent.set(providerRef, parts)
    if (this.#sent.size <= MOST) return
    const [oldest] = this.#sent.keys()
    if (oldest !== undefined) this.#sent.delete(oldest)
  }

  get(providerRef: string): SentParts | undefined {
    return this.#sent.get(providerRef)
  }
}
