/** What arrived on a handset, as its process tells it. Times are ISO 8601. */
export type Copy = {
  umid: string
  step: number
  channel: string
  receivedAt: string
  receipts: readonly { status: 'sent' | 'delivered' | 'read' | 'failed'; state: string }[]
}

/** The handsets' side, as a person at the test bench uses it. */
export class Handsets {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async configure(address: string, channels: Readonly<Record<string, object>>): Promise<void> {
    if (Object.keys(channels).length > 0)
      await this.#call(address, { method: 'PUT', body: JSON.stringify({ channels }) })
  }

  async copies(address: string): Promise<readonly Copy[]> {
    const { messages } = (await this.#call(address, {})) as { messages: Copy[] }
    return messages
  }

  async #call(address: string, request: RequestInit): Promise<unknown> {
    const answer = await fetch(`${this.#url}/handsets/${encodeURIComponent(address)}`, request)
    if (!answer.ok) throw new Error(`the handsets answered ${answer.status}: ${await answer.text()}`)
    return answer.json()
  }
}
