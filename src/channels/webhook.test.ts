import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../test/contract/channel-harness.ts'
import { type HttpProvider, startHttpProvider } from '../../test/fakes/http-provider.ts'
import { channelWorld } from '../../test/support/channel-world.ts'
import type { CallbackResult, Channel, Outgoing, Receipt } from '../engine/ports/channel.ts'
import { sign, TOLERANCE_MS } from '../signing/standard-webhooks.ts'
import { MovableClock } from '../system/movable-clock.ts'
import { webhook } from './webhook.ts'

const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`
const SECRET = secretOf('a')
const OLD = secretOf('b')
const NOW = Date.parse('2026-03-01T12:00:00Z')
const CALLBACK_URL = 'http://127.0.0.1:1/callbacks/own'

type Config = Parameters<typeof webhook.create>[0]
const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: Partial<Config> = {}, callbackUrl = CALLBACK_URL) {
  const clock = new MovableClock(NOW)
  const provider = await startHttpProvider({ secret: SECRET, now: () => clock.now() })
  closers.push(provider.close)
  const world = channelWorld({ connectionId: 'own', callbackUrl, clock })
  const channel = webhook.create({ url: provider.url, secret: SECRET, ...config }, world)
  closers.push(() => channel.close?.())
  return { provider, channel, clock }
}

const send = (channel: Channel, over: Partial<Outgoing> = {}) =>
  channel.send(outgoingOf({}, over), new AbortController().signal)

async function answered(status: number, body: string, headers: Record<string, string> = {}) {
  const { provider, channel } = await start()
  provider.behave({ do: 'answer', status, body, headers })
  return send(channel)
}

describe('what is posted', () => {
  it('is the whole of the send, signed, with the idempotency key as its id', async () => {
    const { provider, channel } = await start()
    const content = { text: 'Hi', url: 'https://pictures.example/1.png', own: { field: 1 } }
    const outgoing = outgoingOf(
      {},
      { clientMessageId: 'c-1', validForMs: 61_900, content: { type: 'image', text: 'Hi', content } },
    )
    expect(await channel.send(outgoing, new AbortController().signal)).toEqual({
      kind: 'accepted',
      providerRef: 'provider-1',
    })
    const [request] = provider.requests
    expect(request?.signature).toEqual({ kind: 'genuine', id: outgoing.idempotencyKey, at: NOW })
    expect(request).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
    expect(request?.json).toEqual({
      umid: outgoing.umid,
      step: 1,
      attemptRef: outgoing.attemptRef,
      subAccountId: 'default',
      channel: 'SMS',
      address: '+6591234567',
      user: { msisdn: '+6591234567' },
      type: 'image',
      text: 'Hi',
      content,
      clientMessageId: 'c-1',
      validForSeconds: 61,
      callbackUrl: CALLBACK_URL,
    })
  })

  it('is genuine to who still has the old secret, while there are two', async () => {
    const { provider, channel } = await start({ secret: [OLD, SECRET] })
    expect((await send(channel)).kind).toBe('accepted')
    expect(provider.requests[0]?.headers['webhook-signature']?.split(' ')).toHaveLength(2)
  })

  it('with a secret that the other side does not know is rejected', async () => {
    const { channel } = await start({ secret: OLD })
    expect(await send(channel)).toMatchObject({
      kind: 'rejected',
      reason: 'credentials',
      detail: 'its signature does not match',
      code: '401',
    })
  })
})

describe('what is answered', () => {
  it.each([
    [200, '', { kind: 'accepted' }],
    [204, '', { kind: 'accepted' }],
    [202, '{"status":"accepted","id":"x-1"}', { kind: 'accepted', providerRef: 'x-1' }],
    [200, '{"id":17}', { kind: 'accepted', providerRef: '17' }],
    [200, '{"status":"accepted"}', { kind: 'accepted' }],
    [200, '{"status":"accepted","id":""}', { kind: 'accepted' }],
    [200, '{"status":"accepted","id":{"deep":1}}', { kind: 'accepted' }],
    [200, '{"status":"rejected"}', { kind: 'rejected', reason: 'content', detail: 'rejected without a reason' }],
    [
      200,
      '{"status":"rejected","reason":"mood","detail":""}',
      { reason: 'content', detail: 'rejected without a reason' },
    ],
    [
      400,
      '{"status":"rejected","reason":"recipient","detail":"d","code":7}',
      { reason: 'recipient', detail: 'd', code: '7' },
    ],
    [
      422,
      '{"status":"rejected","reason":"recipient"}',
      { reason: 'recipient', detail: 'answered 422 Unprocessable Entity' },
    ],
    [400, '<h1>no</h1>', { kind: 'rejected', reason: 'content', detail: 'answered 400 Bad Request' }],
    [403, '', { kind: 'rejected', reason: 'credentials' }],
    [429, '{"status":"rejected","reason":"recipient"}', { kind: 'retry' }],
    [500, '{"status":"rejected","reason":"recipient"}', { kind: 'uncertain' }],
    [503, '', { kind: 'uncertain' }],
  ])('%i %s', async (status, body, outcome) => {
    expect(await answered(status, body)).toMatchObject(outcome)
  })

  it.each(['<html>', '[]', '"accepted"', 'null', '{"status":"queued"}', '{"status":true}'])(
    '200 %s may mean that it was taken, so it is uncertain',
    async (body) => {
      expect((await answered(200, body)).kind).toBe('uncertain')
    },
  )

  it('503 and 429 say when to come back', async () => {
    expect(await answered(503, '', { 'retry-after': '30' })).toMatchObject({ kind: 'retry', afterMs: 30_000 })
    expect(await answered(429, '', { 'retry-after': '9' })).toMatchObject({ kind: 'retry', afterMs: 9000 })
  })

  it('an acceptance that breaks off, or never ends, is uncertain', async () => {
    const { provider, channel } = await start()
    for (const when of ['after-head', 'inside-answer'] as const) {
      provider.behave({ do: 'cut', when })
      expect((await send(channel)).kind).toBe('uncertain')
    }
    provider.behave({ do: 'endless' })
    expect((await send(channel)).kind).toBe('uncertain')
  })

  it('a page of an explanation is cut to a sentence', async () => {
    const body = JSON.stringify({ status: 'rejected', detail: 'x'.repeat(10_000) })
    expect(await answered(200, body)).toHaveProperty('detail', 'x'.repeat(500))
  })
})

describe('what is called back', () => {
  const read = (channel: Channel, body: string, at = NOW, secret = SECRET) =>
    channel.receive?.({
      method: 'POST',
      url: '/callbacks/own',
      headers: sign(secret, 'callback-1', at / 1000, body),
      body: Buffer.from(body),
    })

  it.each<[Record<string, unknown>, Receipt['report']]>([
    [{ status: 'accepted' }, { status: 'accepted', native: 'accepted' }],
    [{ status: 'sent' }, { status: 'sent', native: 'sent' }],
    [{ status: 'Read' }, { status: 'read', native: 'Read' }],
    [{ status: 'expired' }, { status: 'expired', native: 'expired' }],
    [
      { status: 'delivered', detail: 'delivered_to_recipient' },
      { status: 'delivered', native: 'delivered' },
    ],
    [
      { status: 'delivered', detail: 'delivered_to_operator' },
      { status: 'sent', native: 'delivered_to_operator' },
    ],
    [
      { status: 'undelivered', errorCode: 7 },
      { status: 'failed', native: 'undelivered', error: { code: '7', message: 'error 7' } },
    ],
    [
      { status: 'rejected', errorMessage: 'no' },
      { status: 'rejected', native: 'rejected', error: { message: 'no' } },
    ],
    [
      { status: 'sent', timestamp: '2026-03-01T13:00:00+01:00' },
      { status: 'sent', native: 'sent', providerAt: NOW },
    ],
    [
      { status: 'sent', timestamp: NOW },
      { status: 'sent', native: 'sent', providerAt: NOW },
    ],
    [
      { status: 'sent', timestamp: 'yesterday' },
      { status: 'sent', native: 'sent' },
    ],
    [
      { status: 'sent', timestamp: -5 },
      { status: 'sent', native: 'sent' },
    ],
  ])('%j', async (item, report) => {
    const { channel } = await start()
    const result = await read(channel, JSON.stringify({ attemptRef: 'a.1', ...item }))
    expect(result).toEqual({ kind: 'receipts', receipts: [{ attemptRef: 'a.1', report }], ignored: 0 })
  })

  it('our reference goes before theirs, and one of them has to be there', async () => {
    const { channel } = await start()
    const items = [
      { attemptRef: 'a.1', id: 'x' },
      { id: 'x' },
      { id: 17 },
      {},
      { attemptRef: '', id: null },
      { id: 'x'.repeat(300) },
    ]
    const result = await read(channel, JSON.stringify(items.map((item) => ({ ...item, status: 'sent' }))))
    const report = { status: 'sent', native: 'sent' }
    expect(result).toEqual({
      kind: 'receipts',
      receipts: [
        { attemptRef: 'a.1', report },
        { providerRef: 'x', report },
        { providerRef: '17', report },
      ],
      ignored: 3,
    })
  })

  it('words of the language are no statuses', async () => {
    const { channel } = await start()
    for (const status of ['constructor', '__proto__', 'toString', 'queued', '']) {
      expect(await read(channel, JSON.stringify({ attemptRef: 'a.1', status }))).toEqual({
        kind: 'receipts',
        receipts: [],
        ignored: 1,
      })
    }
  })

  it('a callback that was recorded cannot be played again after the window', async () => {
    const { channel, clock } = await start()
    const body = JSON.stringify({ attemptRef: 'a.1', status: 'read' })
    await clock.advance(TOLERANCE_MS)
    expect((await read(channel, body))?.kind).toBe('receipts')
    await clock.advance(1000)
    expect((await read(channel, body))?.kind).toBe('refused')
  })

  it('either secret is good while there are two, and the old one no longer after that', async () => {
    const body = JSON.stringify({ attemptRef: 'a.1', status: 'read' })
    const during = await start({ secret: [SECRET, OLD] })
    for (const secret of [SECRET, OLD]) expect((await read(during.channel, body, NOW, secret))?.kind).toBe('receipts')
    const after = await start()
    expect((await read(after.channel, body, NOW, OLD))?.kind).toBe('refused')
  })

  it('a callback may come before the answer, and twice', async () => {
    const results: (CallbackResult | 'answered')[] = []
    const server = createServer(async (request, response) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      const result = await channel.receive?.({ method: 'POST', url: '/', headers, body: await buffer(request) })
      if (result !== undefined) results.push(result)
      response.end()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    closers.push(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const started: { provider: HttpProvider; channel: Channel } = await start({}, url)
    const { provider, channel } = started
    provider.behave({ do: 'accept', callBack: { when: 'before-answer', statuses: ['delivered', 'read'], times: 2 } })
    expect((await send(channel)).kind).toBe('accepted')
    results.push('answered')
    const { attemptRef } = outgoingOf({})
    const receipts = ['delivered', 'read'].map((status) => ({ attemptRef, report: { status, providerAt: NOW } }))
    expect(results).toMatchObject([{ receipts }, { receipts }, 'answered'])
  })
})

describe('what is configured', () => {
  const config = { url: 'https://own.example/messages', secret: SECRET }

  it('carries everything and reports what its channel can, unless told otherwise', () => {
    expect(webhook.abilities('WeCom', config)).toMatchObject({
      reports: ['accepted', 'sent', 'delivered', 'read'],
      address: 'any',
      takesIdempotencyKey: true,
    })
    expect(webhook.abilities('SMS', config)).toMatchObject({
      reports: ['accepted', 'sent', 'delivered'],
      address: 'phone',
    })
    const narrow = { ...config, reports: ['accepted' as const], address: 'email' as const, carries: ['text' as const] }
    expect(webhook.abilities('SMS', narrow)).toMatchObject({
      reports: ['accepted'],
      address: 'email',
      carries: ['text'],
    })
  })

  it('a secret that is none, and a URL that is none, are found when the configuration is read', () => {
    expect(Value.Check(webhook.config, config)).toBe(true)
    expect(Value.Check(webhook.config, { ...config, secret: [SECRET, OLD] })).toBe(true)
    for (const secret of ['hunter2', 'whsec_short', [], '']) {
      expect(Value.Check(webhook.config, { ...config, secret })).toBe(false)
    }
    expect(Value.Check(webhook.config, { ...config, url: 'own.example' })).toBe(false)
  })
})
