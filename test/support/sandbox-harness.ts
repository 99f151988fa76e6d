import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { sandbox } from '../../src/channels/sandbox/sandbox.ts'
import { sandboxServer } from '../../src/channels/sandbox/server.ts'
import type { CallbackResult, Outgoing, Receipt } from '../../src/engine/ports/channel.ts'
import { newId } from '../../src/system/ids.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { channelWorld } from './channel-world.ts'

export const SANDBOX_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
export const START = Date.parse('2026-03-01T12:00:00Z')

/** A service with nothing in it but the adapter: it reads each callback, and answers with what `answers` has next, or 200. */
export async function startService(clock: MovableClock, port = 0) {
  const receipts: (Receipt & { arrivedAt: number })[] = []
  const results: CallbackResult[] = []
  const webhookIds: (string | string[] | undefined)[] = []
  const answers: number[] = []
  let running = 0
  let mostAtOnce = 0
  let gate: Promise<void> = Promise.resolve()
  let arrivals = 0
  let waiting: { count: number; resolve: () => void }[] = []
  const server = createServer(async (request, response) => {
    running++
    mostAtOnce = Math.max(mostAtOnce, running)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const status = answers.shift() ?? 200
    webhookIds.push(request.headers['webhook-id'])
    const raw = { method: 'POST', url: request.url ?? '', headers, body }
    const result = await adapter('http://127.0.0.1:1', service.callbackUrl, clock).receive?.(raw)
    if (result !== undefined) results.push(result)
    if (status === 200 && result?.kind === 'receipts') {
      receipts.push(...result.receipts.map((receipt) => ({ ...receipt, arrivedAt: clock.now() })))
    }
    arrivals++
    for (const { count, resolve } of waiting) if (arrivals >= count) resolve()
    await gate
    running--
    response.writeHead(status).end('{}')
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const used = (server.address() as AddressInfo).port
  const service = {
    port: used,
    callbackUrl: `http://127.0.0.1:${used}/callbacks/phones`,
    receipts,
    results,
    webhookIds,
    answers,
    /** How many callbacks were here at the same time, at most. */
    mostAtOnce: () => mostAtOnce,
    /** Lets callbacks wait for their answer until the function that it returns is called. */
    hold() {
      const held = Promise.withResolvers<void>()
      gate = held.promise
      arrivals = 0
      waiting = []
      return held.resolve
    },
    /** Resolves when so many callbacks have come since `hold`. */
    async called(count = 1) {
      if (arrivals < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }))
    },
    statuses: () => receipts.map(({ report }) => report.status),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return service
}
export type Service = Awaited<ReturnType<typeof startService>>

export function adapter(url: string, callbackUrl: string, clock: MovableClock, secret = SANDBOX_SECRET) {
  return sandbox.create({ url, secret }, channelWorld({ connectionId: 'phones', callbackUrl, clock }))
}

/** Phones with an HTTP server of their own, a service, and the adapter between them. */
export async function startSandbox(options: { movable?: boolean } = {}) {
  const clock = new MovableClock(START)
  const advance = (ms: number) => clock.advance(ms, () => phones.idle())
  const phones = sandboxServer({ clock, secret: SANDBOX_SECRET, newId, ...(options.movable !== false && { advance }) })
  const app = Fastify()
  await app.register(phones.plugin, { prefix: '/sandbox' })
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/sandbox`
  const service = await startService(clock)
  const channel = adapter(url, service.callbackUrl, clock)

  async function call(method: string, path: string, body?: unknown) {
    const response = await fetch(url + path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  return {
    clock,
    app,
    url,
    phones,
    service,
    channel,
    advance,
    call,
    send: (overrides: Partial<Outgoing> = {}) => channel.send(outgoing(overrides), new AbortController().signal),
    async stop() {
      await channel.close?.()
      await app.close()
      await service.stop()
    },
  }
}
export type Sandbox = Awaited<ReturnType<typeof startSandbox>>

export const PHONE = '+6590000001'

export function outgoing(overrides: Partial<Outgoing> = {}): Outgoing {
  const { umid = 'm1', step = 1 } = overrides
  return {
    umid,
    step,
    attemptRef: `${umid}.${step}`,
    idempotencyKey: `${umid}.${step}.1`,
    subAccountId: 'default',
    channel: 'WhatsApp',
    address: PHONE,
    user: { msisdn: PHONE },
    content: { type: 'text', text: 'Hello', content: { text: 'Hello' } },
    ...overrides,
  }
}
