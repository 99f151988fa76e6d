import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adapter, outgoing, SANDBOX_SECRET, START } from '../../../test/support/sandbox-harness.ts'
import { CHANNEL_CATALOGUE } from '../../domain/channel-catalogue.ts'
import { CONTENT_TYPES } from '../../domain/content.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { sign, verify } from '../../signing/standard-webhooks.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { sandbox } from './sandbox.ts'

const config = { url: 'http://127.0.0.1:1', secret: SANDBOX_SECRET }

describe('the abilities of the sandbox', () => {
  test.each(CHANNEL_CATALOGUE)('on $name are those of the channel', ({ name, reports, address }) => {
    expect(sandbox.serves).toContain(name)
    expect(sandbox.abilities(name, config)).toMatchObject({ reports, address, takesIdempotencyKey: false })
  })

  test('carry text only on SMS and Email, and everything on chat channels', () => {
    expect(sandbox.abilities('SMS', config).carries).toEqual(['text'])
    expect(sandbox.abilities('Email', config).carries).toEqual(['text'])
    expect(sandbox.abilities('WhatsApp', config).carries).toEqual(CONTENT_TYPES)
  })
})

describe('a send to the sandbox', () => {
  let clock: MovableClock
  let requests: { request: IncomingMessage; body: string }[]
  let answer: { status: number; body: string }
  let url: string
  let stop: () => Promise<void>
  beforeEach(async () => {
    clock = new MovableClock(START)
    requests = []
    answer = { status: 200, body: '{"id":"p1"}' }
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      requests.push({ request, body })
      response.writeHead(answer.status).end(answer.body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox`
    stop = async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
  })
  afterEach(() => stop())

  async function send(overrides: Partial<Outgoing> = {}, base = url) {
    const channel = adapter(base, 'http://127.0.0.1:1/callbacks/phones', clock)
    const outcome = await channel.send(outgoing(overrides), new AbortController().signal)
    await channel.close?.()
    return outcome
  }
  const sent = () => JSON.parse(requests.at(-1)?.body ?? 'null')

  test('is signed over the bytes that go out, with the idempotency key as its id', async () => {
    expect(await send()).toEqual({ kind: 'accepted', providerRef: 'p1' })
    const [{ request, body } = { request: undefined, body: '' }] = requests
    const headers = Object.fromEntries(
      Object.entries(request?.headers ?? {}).map(([name, value]) => [name, `${value}`]),
    )
    expect(verify(headers, body, [SANDBOX_SECRET], START)).toEqual({ kind: 'genuine', id: 'm1.1.1', at: START })
    expect(request).toMatchObject({ method: 'POST', url: '/sandbox/provider/messages' })
  })

  test('says all that a provider has to know, and no more', async () => {
    const content = { type: 'image', content: { url: 'https://example.com/a.png', fallbackText: 'see a.png' } } as const
    await send({ content, clientMessageId: 'order 7' })
    expect(sent()).toEqual({
      attemptRef: 'm1.1',
      channel: 'WhatsApp',
      address: '+6590000001',
      type: 'image',
      content: content.content,
      callbackUrl: 'http://127.0.0.1:1/callbacks/phones',
    })
  })

  test('names the sender where a channel lets one: on SMS and in e-mail', async () => {
    const content = {
      type: 'text',
      text: 'Hello',
      content: { text: 'Hello', sms: { source: 'SENDERID' }, email: { from: 'shop@example.com' } },
    } as const
    await send({ channel: 'SMS', content })
    expect(sent().from).toBe('SENDERID')
    await send({ channel: 'Email', address: 'ana@example.com', content })
    expect(sent().from).toBe('shop@example.com')
    await send({ channel: 'Viber', content })
    expect(sent().from).toBeUndefined()
  })

  test('finds its way with a slash at the end of the URL, too', async () => {
    await send({}, `${url}/`)
    expect(requests.at(-1)?.request.url).toBe('/sandbox/provider/messages')
  })

  test('that is answered without an id may have gone', async () => {
    answer = { status: 200, body: '<html>' }
    expect(await send()).toMatchObject({ kind: 'uncertain' })
  })

  test('that is refused without a reason is refused all the same', async () => {
    answer = { status: 422, body: 'no' }
    expect(await send()).toEqual({ kind: 'rejected', reason: 'recipient', detail: expect.stringMatching(/reason/) })
  })
})

describe('a callback of the sandbox', () => {
  const clock = new MovableClock(START)
  const receive = (body: unknown, signedAt = START, secret = SANDBOX_SECRET) => {
    const bytes = JSON.stringify(body)
    const headers = sign(secret, 'c1', signedAt / 1000, bytes)
    const request = { method: 'POST', url: '/', headers, body: Buffer.from(bytes) }
    return adapter(config.url, 'http://127.0.0.1:1/', clock).receive?.(request)
  }

  test('goes by our own reference, and by the id where there is none', async () => {
    expect(await receive({ attemptRef: 'm1.1', id: 'p1', status: 'read', timestamp: '2026-03-01T11:59:00Z' })).toEqual({
      kind: 'receipts',
      receipts: [{ attemptRef: 'm1.1', report: { status: 'read', native: 'read', providerAt: START - 60_000 } }],
      ignored: 0,
    })
    expect(await receive({ id: 'p1', status: 'sent' })).toMatchObject({ receipts: [{ providerRef: 'p1' }] })
  })

  test.each([
    ['delivered', 'delivered_to_operator', 'sent'],
    ['delivered', 'delivered_to_recipient', 'delivered'],
    ['delivered', undefined, 'delivered'],
    ['sent', undefined, 'sent'],
    ['read', undefined, 'read'],
    ['failed', undefined, 'failed'],
  ])('%s with detail %s is %s', async (status, detail, ours) => {
    expect(await receive({ id: 'p1', status, detail })).toMatchObject({ receipts: [{ report: { status: ours } }] })
  })

  test.each(['constructor', 'queued', 'DELIVERED', 7, null])('status %j is ignored', async (status) => {
    expect(await receive({ id: 'p1', status })).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })

  test('with a time that is none has no time', async () => {
    const result = await receive({ id: 'p1', status: 'read', timestamp: 'yesterday' })
    expect(result).toMatchObject({ receipts: [{ report: { status: 'read' } }] })
    expect(JSON.stringify(result)).not.toContain('providerAt')
  })

  test('that was recorded and is played again later is refused', async () => {
    expect(await receive({ id: 'p1', status: 'read' }, START - 3_600_000)).toMatchObject({ kind: 'refused' })
  })
})
