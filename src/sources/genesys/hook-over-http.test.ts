import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { customerEnd, EVENT_FORMS, emitEvents, undeliveredMessages } from '../../../test/fakes/genesys-events.ts'
import type { SourceEvent } from '../../domain/source-event.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { genesys } from './genesys.ts'

const TOKEN = 'a-token-of-sixteen'
const STATUSES = { events: 200, reply: 200, refused: 401, unreadable: 400 }

let close: (() => Promise<void>) | undefined
afterEach(async () => {
  await close?.()
  close = undefined
})

/** The source behind an HTTP server, and the events that it was told. */
async function listen(): Promise<{ url: string; told: SourceEvent[] }> {
  const world = {
    sourceId: 'chat',
    webhookUrl: 'http://127.0.0.1:1/',
    clock: new MovableClock(0),
    newNonce: () => 'nonce',
  }
  const account = { region: 'eu-west-1', clientId: 'client', clientSecret: 'secret', webhookToken: TOKEN }
  const source = genesys.create(account, world)
  const told: SourceEvent[] = []
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers, body: Buffer.concat(chunks) }
    const result = (await source.handle?.(request)) ?? { kind: 'refused', detail: 'it takes no requests' }
    if (result.kind === 'events') told.push(...result.events)
    response.writeHead(STATUSES[result.kind]).end()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await source.close?.()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sources/chat`, told }
}

it('events that come by every way, twice and in any order are still the same few', async () => {
  const { url, told } = await listen()
  const wholes = EVENT_FORMS.filter((form) => form !== 'primitives' && form !== 'quoted')
  const all = [
    ...EVENT_FORMS.map((form) => ({ event: customerEnd(), form })),
    ...wholes.map((form) => ({ event: undeliveredMessages(), form })),
  ]
  const statuses = await emitEvents(url, [...all, ...all.toReversed()], { authorization: `Bearer ${TOKEN}` })
  expect(statuses).toEqual(Array(all.length * 2).fill(200))
  expect(told).toHaveLength(all.length * 2)
  expect([...new Set(told.map(({ key }) => key))]).toEqual([
    'customer.end:2f7bf00a-0fc2-4d6a-9b56-92238191433e:c03d300e-fa79-4353-9695-b97a71322785',
    'undelivered:2f7bf00a-0fc2-4d6a-9b56-92238191433e:m-3',
  ])
})

it('events without the token are turned away', async () => {
  const { url, told } = await listen()
  const one = [{ event: customerEnd(), form: 'json' as const }]
  expect(await emitEvents(url, one, {})).toEqual([401])
  expect(await emitEvents(url, one, { 'x-untilread-token': TOKEN })).toEqual([200])
  expect(told).toHaveLength(1)
})
