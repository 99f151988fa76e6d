import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SeededRandom } from './seeded-random.ts'
import { pause } from './waiting.ts'

/**
 * The line between the service and the handsets' provider, as slow as the real world's. While it holds back an answer, the
 * handset has the message and the service does not know it: the worst moment to be killed, and here it is long enough to hit.
 */
export class SlowLine {
  readonly #target: URL
  readonly #random: SeededRandom
  readonly #closing = new AbortController()
  readonly #server = createServer((request, response) => {
    this.#pass(request, response).catch(() => response.destroy()) // as the provider cut it, or the service died
  })
  #onHold: (() => void)[] = []

  constructor(target: string, random: SeededRandom) {
    this.#target = new URL(target)
    this.#random = random
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}${this.#target.pathname}`
  }

  /** Resolves when a handset has just got a message and the answer that says so is being held back. */
  holds(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onHold.push(resolve)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  async stop(): Promise<void> {
    this.#closing.abort()
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { signal } = this.#closing
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    await pause(this.#random.between(...ON_THE_WAY_MS), signal)
    if (response.destroyed) return // whoever called is dead, and the request with him
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const answer = await fetch(new URL(request.url ?? '/', this.#target), {
      method: 'POST',
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
      body: Buffer.concat(chunks),
    })
    const body = await answer.text()
    if (answer.ok && this.#random.chance(HELD)) {
      for (const resolve of this.#onHold.splice(0)) resolve()
      await pause(this.#random.between(...HOLD_MS), signal)
    }
    const retryAfter = answer.headers.get('retry-after')
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(retryAfter !== null && { 'retry-after': retryAfter }),
    })
    response.end(body)
  }
}

const ON_THE_WAY_MS = [0, 30] as const
const HELD = 0.5
const HOLD_MS = [50, 300] as const // well below what the service waits for an answer
