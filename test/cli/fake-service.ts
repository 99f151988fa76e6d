import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Heard = { method: string; path: string; headers: IncomingMessage['headers']; body: string }
export type Answer = (heard: Heard, response: ServerResponse) => void

/** Stands in for the service where a test wants to decide what it answers. Answers are taken by method and path. */
export class FakeService {
  readonly heard: Heard[] = []
  readonly #answers = new Map<string, Answer>()
  readonly #server = createServer((request, response) => void this.#hear(request, response))
  url = ''

  static async start(): Promise<FakeService> {
    const service = new FakeService()
    await new Promise<void>((resolve) => service.#server.listen(0, '127.0.0.1', resolve))
    service.url = `http://127.0.0.1:${(service.#server.address() as AddressInfo).port}`
    return service
  }

  on(method: string, path: string, answer: Answer | object): void {
    const json: Answer = (_, response) => sendJson(response, 200, answer)
    this.#answers.set(
      `${method} /api/v1/subaccounts/default${path}`,
      typeof answer === 'function' ? (answer as Answer) : json,
    )
  }

  /** As if the network had gone. */
  cutConnections(): void {
    this.#server.closeAllConnections()
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const { method = '', url: path = '', headers } = request
    const heard = { method, path, headers, body: Buffer.concat(pieces).toString() }
    this.heard.push(heard)
    const missing: Answer = () =>
      sendJson(response, 404, { code: 1300, message: 'umid: no such message', errorId: 'e-1', timestamp: 'now' })
    const answer = this.#answers.get(`${method} ${path}`) ?? missing
    answer(heard, response)
  }
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

export function startEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

/** An event as the service writes it. */
export function event(name: string, data: object, id?: number): string {
  return `event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}

export const entry = (version: number, code: string, text: string, seconds: number) => ({
  version,
  at: new Date(Date.parse('2026-05-05T09:00:00Z') + seconds * 1000).toISOString(),
  code,
  step: 1,
  channel: 'WhatsApp',
  text,
  facts: {},
})

export const timeline = {
  umid: 'u1',
  subAccountId: 'default',
  state: 'live',
  heldBack: false,
  outcome: null,
  acceptedAt: '2026-05-05T09:00:00.000Z',
  now: '2026-05-05T09:00:10.000Z',
  steps: [
    { step: 1, channel: 'WhatsApp', successStatus: 'Read', fallbackAfter: 60, status: 'delivered', times: {} },
    { step: 2, channel: 'SMS', successStatus: 'Delivered', status: null, times: {} },
  ],
  timeline: [entry(1, 'step-opened', 'The message goes to WhatsApp.', 0)],
  next: {
    at: '2026-05-05T09:01:00.000Z',
    what: 'fall-back',
    step: 1,
    channel: 'WhatsApp',
    text: 'Unless read, SMS is next.',
  },
}

export const succeeded = {
  state: 'succeeded',
  at: '2026-05-05T09:00:04.000Z',
  step: 1,
  channel: 'WhatsApp',
  status: 'read',
  doubleExposure: false,
}
