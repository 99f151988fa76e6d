import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ApiHouse, KEY, OTHER_KEY, openApiHouse } from '../../test/support/api-house.ts'

const BASE = '/api/v1/subaccounts/default'
const BODY = {
  user: { msisdn: '+6590000001' },
  type: 'text',
  content: { text: 'Hello' },
  channels: [{ channel: 'WhatsApp', fallbackAfter: 60, successStatus: 'Read' }, { channel: 'SMS' }],
}

let house: ApiHouse
let url: string
let readers: Reader[]
beforeEach(async () => {
  house = await openApiHouse()
  url = await house.listen()
  readers = []
})
afterEach(async () => {
  for (const reader of readers) reader.leave()
  await house.close()
})

type Reader = { status: number; headers: Headers; next(): Promise<Block>; leave(): void }
/** One block of the stream: an event, a comment, or the end. */
type Block = { event?: string; id?: string; data?: EventData; comment?: string; ended?: true }
type EventData = {
  umid: string
  version?: number
  state?: string
  entries?: { code: string; text: string }[]
  outcome?: { state: string }
}

async function listen(path: string, headers: Record<string, string> = {}): Promise<Reader> {
  const leaving = new AbortController()
  const response = await fetch(url + path, {
    headers: { authorization: `Bearer ${KEY}`, ...headers },
    signal: leaving.signal,
  })
  const body = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let buffered = ''
  const reader: Reader = {
    status: response.status,
    headers: response.headers,
    async next() {
      while (!buffered.includes('\n\n')) {
        const chunk = await body?.read()
        if (chunk === undefined || chunk.done) return { ended: true }
        buffered += chunk.value
      }
      const [block = '', ...rest] = buffered.split('\n\n')
      buffered = rest.join('\n\n')
      return readBlock(block)
    },
    leave: () => leaving.abort(),
  }
  readers.push(reader)
  return reader
}

function readBlock(text: string): Block {
  const block: Block = {}
  for (const line of text.split('\n')) {
    const [name = '', ...rest] = line.split(': ')
    const value = rest.join(': ')
    if (name === '') block.comment = value
    else if (name === 'data') block.data = JSON.parse(value)
    else if (name === 'event' || name === 'id') block[name] = value
  }
  return block
}

async function send(): Promise<string> {
  const answer = await house.call('POST', `${BASE}/messages`, BODY)
  await house.engine.idle()
  return String(answer.json.umid)
}
const codes = ({ data }: Block) => data?.entries?.map(({ code }) => code)

describe('the events of one message', () => {
  test('start with all so far, go on live, tell the end once, and stay open for late receipts', async () => {
    const umid = await send()
    const reader = await listen(`${BASE}/messages/${umid}/events`)
    expect(reader.status).toBe(200)
    expect(reader.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(reader.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}\.\d+$/)
    const first = await reader.next()
    expect(first).toMatchObject({ event: 'timeline', id: String(first.data?.version), data: { umid, state: 'live' } })
    expect(codes(first)).toEqual(['step-opened'])
    expect(codes(await reader.next())).toEqual(['send-accepted'])
    await house.receipt(umid, 1, 'read')
    const success = await reader.next()
    expect(codes(success)).toEqual(['receipt', 'succeeded'])
    expect(success.data?.entries?.[1]?.text).toBe('It is known to be read on WhatsApp: the message has succeeded.')
    expect(await reader.next()).toMatchObject({
      event: 'ended',
      data: { umid, outcome: { state: 'succeeded', step: 1 } },
    })
    await house.receipt(umid, 1, 'delivered')
    expect(codes(await reader.next())).toEqual(['receipt'])
  })

  test('go on after the last event that the reader has, and tell an end that was before', async () => {
    const umid = await send()
    await house.receipt(umid, 1, 'read')
    const [last] = (await house.store.messages.timeline(umid)).slice(-1)
    const path = `${BASE}/messages/${umid}/events`
    const upToDate = await listen(path, { 'last-event-id': String(last?.version) })
    expect(await upToDate.next()).toMatchObject({ event: 'ended' })
    const behind = await listen(path, { 'last-event-id': String(Number(last?.version) - 1) })
    expect(codes(await behind.next())).toEqual(['receipt', 'succeeded'])
    const odd = await listen(path, { 'last-event-id': 'x' })
    expect(odd.status).toBe(400)
  })

  test('are kept alive every 15 seconds, and end within that when the key is revoked', async () => {
    const umid = await send()
    const reader = await listen(`${BASE}/messages/${umid}/events`)
    await reader.next()
    await reader.next()
    await house.advance(15_000)
    expect(await reader.next()).toEqual({ comment: 'keep-alive' })
    const [key] = (await house.store.accounts.listKeys()).filter(({ subAccountId }) => subAccountId === 'default')
    await house.store.accounts.revokeKey(key?.id ?? '', house.clock.now())
    await house.advance(15_000)
    expect(await reader.next()).toEqual({ ended: true })
  })

  test('of somebody else are not found', async () => {
    const umid = await send()
    const path = `/api/v1/subaccounts/other/messages/${umid}/events`
    expect((await listen(path, { authorization: `Bearer ${OTHER_KEY}` })).status).toBe(404)
  })
})

describe('the events of a subaccount', () => {
  test('are those of all its messages from now on, each told once', async () => {
    await send()
    const reader = await listen(`${BASE}/events`)
    const umids = [await send(), await send()]
    const seen = [await reader.next(), await reader.next(), await reader.next(), await reader.next()]
    for (const umid of umids) {
      const own = seen.filter(({ data }) => data?.umid === umid)
      expect(own.flatMap((block) => codes(block) ?? [])).toEqual(['step-opened', 'send-accepted'])
    }
    await house.advance(15_000)
    expect(await reader.next()).toEqual({ comment: 'keep-alive' })
  })

  test('leave out those of others', async () => {
    const reader = await listen('/api/v1/subaccounts/other/events', { authorization: `Bearer ${OTHER_KEY}` })
    await send()
    await house.advance(15_000)
    expect(await reader.next()).toEqual({ comment: 'keep-alive' })
  })
})

test('closing the server ends the streams', async () => {
  const reader = await listen(`${BASE}/events`)
  const closed = house.app.close()
  expect(await reader.next()).toEqual({ ended: true })
  await closed
})

test('a reader who leaves is forgotten', async () => {
  const listeners = new Set<unknown>()
  const { feed } = house.engine
  const on = feed.on.bind(feed)
  feed.on = (listener) => {
    listeners.add(listener)
    const stop = on(listener)
    return () => {
      listeners.delete(listener)
      left.resolve()
      stop()
    }
  }
  const left = Promise.withResolvers<void>()
  const reader = await listen(`${BASE}/events`)
  expect(listeners.size).toBe(1)
  reader.leave()
  await left.promise
  expect(listeners.size).toBe(0)
})
