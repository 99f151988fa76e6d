import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  adapter,
  outgoing,
  PHONE,
  SANDBOX_SECRET,
  type Sandbox,
  START,
  startSandbox,
} from '../../../test/support/sandbox-harness.ts'
import { newId } from '../../system/ids.ts'
import { sandboxServer } from './server.ts'

let phones: Sandbox
beforeEach(async () => {
  phones = await startSandbox()
})
afterEach(async () => {
  await phones.stop()
})

const iso = (ms: number) => new Date(START + ms).toISOString()
const setUp = (channels: unknown) => phones.call('PUT', `/handsets/${PHONE}`, { channels })
const handset = async () => (await phones.call('GET', `/handsets/${PHONE}`)).body

describe('a handset that nobody has set up', () => {
  test('is there, and empty', async () => {
    expect(await handset()).toEqual({ address: PHONE, channels: {}, messages: [] })
  })

  test('takes a message, gets it after 0.3 s, and does not read it', async () => {
    const outcome = await phones.send({ channel: 'SMS', content: smsContent })
    expect(outcome).toMatchObject({ kind: 'accepted' })
    const [before] = (await handset()).messages
    expect(before).toMatchObject({ status: 'sent', receivedAt: iso(0), deliveredAt: null, readAt: null })
    await phones.advance(299)
    expect((await handset()).messages[0].status).toBe('sent')
    await phones.advance(86_400_000)
    expect((await handset()).messages).toEqual([
      {
        umid: 'm1',
        step: 1,
        channel: 'SMS',
        from: 'SENDERID',
        type: 'text',
        text: 'Hello',
        content: smsContent.content,
        status: 'delivered',
        duplicate: false,
        receivedAt: iso(0),
        deliveredAt: iso(300),
        readAt: null,
        failedAt: null,
        failure: null,
        providerId: outcome.kind === 'accepted' ? outcome.providerRef : 'none',
        receipts: [
          { status: 'sent', at: iso(0), state: 'acknowledged', tries: 1 },
          { status: 'delivered', at: iso(300), state: 'acknowledged', tries: 1 },
        ],
      },
    ])
  })
})

const smsContent = {
  type: 'text',
  text: 'Hello',
  content: { text: 'Hello', sms: { encoding: 'AUTO', source: 'SENDERID' } },
} as const

describe('what a handset was told to do', () => {
  test('is answered as it was written, under our spelling of the channels', async () => {
    const { status, body } = await setUp({ whatsapp: { reject: 'not on WhatsApp' }, Viber: { readAfter: null } })
    expect(status).toBe(200)
    expect(body.channels).toEqual({ WhatsApp: { reject: 'not on WhatsApp' }, Viber: { readAfter: null } })
    expect((await handset()).channels).toEqual(body.channels)
  })

  test('a refused message does not arrive, and the answer says why', async () => {
    await setUp({ WhatsApp: { reject: { code: '131026', message: 'not on WhatsApp' } } })
    expect(await phones.send()).toEqual({
      kind: 'rejected',
      reason: 'recipient',
      detail: 'not on WhatsApp',
      code: '131026',
    })
    expect(await phones.send({ channel: 'Viber' })).toMatchObject({ kind: 'accepted' })
    expect((await handset()).messages.map(({ channel }: { channel: string }) => channel)).toEqual(['Viber'])
  })

  test('a busy provider takes nothing and says how long to wait', async () => {
    await setUp({ WhatsApp: { answer: 'busy' } })
    expect(await phones.send()).toMatchObject({ kind: 'retry', afterMs: 1_000 })
    expect((await handset()).messages).toEqual([])
  })

  test.each(['error', 'cut'])('with answer "%s" the message is there, and the caller cannot know', async (answer) => {
    await setUp({ WhatsApp: { answer } })
    expect(await phones.send()).toMatchObject({ kind: 'uncertain' })
    await phones.advance(1_000)
    expect((await handset()).messages).toMatchObject([{ status: 'delivered' }])
    expect(phones.service.receipts).toMatchObject([{ attemptRef: 'm1.1' }, { attemptRef: 'm1.1' }])
  })

  test('a message that fails is reported so, with the reason, and is not delivered', async () => {
    await setUp({ WhatsApp: { fail: { code: '470', message: 'too old' }, failAfter: 2 } })
    await phones.send()
    await phones.advance(60_000)
    expect(phones.service.receipts.at(-1)).toMatchObject({
      arrivedAt: START + 2_000,
      report: { status: 'failed', error: { code: '470', message: 'too old' } },
    })
    expect((await handset()).messages).toMatchObject([
      { status: 'failed', failedAt: iso(2_000), failure: { code: '470', message: 'too old' } },
    ])
  })

  test('a mistake in it is a 400 that names the field, and changes nothing', async () => {
    await setUp({ WhatsApp: { readAfter: 1 } })
    const { status, body } = await setUp({ WhatsApp: { readAfter: 'soon' } })
    expect(status).toBe(400)
    expect(body.message).toBe('channels.WhatsApp.readAfter: must be seconds from 0 to 2678400, or null for never')
    expect((await handset()).channels).toEqual({ WhatsApp: { readAfter: 1 } })
  })

  test('what is not JSON is a 400, too', async () => {
    const response = await fetch(`${phones.url}/handsets/${PHONE}`, { method: 'PUT', body: '{"channels":' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ message: 'body: is not JSON' })
  })

  test('a reset forgets it, and what had not happened yet does not happen', async () => {
    await setUp({ WhatsApp: { readAfter: 1 } })
    await phones.send()
    await phones.phones.idle()
    expect((await phones.call('DELETE', `/handsets/${PHONE}`)).status).toBe(204)
    await phones.advance(10_000)
    expect(await handset()).toEqual({ address: PHONE, channels: {}, messages: [] })
    expect(phones.service.statuses()).toEqual(['sent'])
  })
})

describe('a person with a handset', () => {
  const act = (action: string, path = 'm1/1', body?: unknown) =>
    phones.call('POST', `/handsets/${PHONE}/messages/${path}/${action}`, body)

  test('reads a message that was not delivered yet, and the service hears both', async () => {
    await setUp({ WhatsApp: { deliverAfter: null } })
    await phones.send()
    const { status, body } = await act('read')
    expect(status).toBe(200)
    expect(body).toMatchObject({ umid: 'm1', step: 1, status: 'read', reported: ['delivered', 'read'] })
    await phones.phones.idle()
    expect(phones.service.statuses()).toEqual(['sent', 'delivered', 'read'])
  })

  test('does nothing by reading it again', async () => {
    await phones.send()
    await act('read')
    expect((await act('read')).body).toMatchObject({ status: 'read', reported: [] })
  })

  test('reads an SMS without anybody hearing of it', async () => {
    await phones.send({ channel: 'SMS' })
    await phones.advance(1_000)
    expect((await act('read')).body).toMatchObject({ status: 'read', reported: [] })
  })

  test('makes a message fail with a reason, and the planned delivery is off', async () => {
    await phones.send()
    expect((await act('fail', 'm1/1', { code: '1', message: 'phone lost' })).body).toMatchObject({ status: 'failed' })
    await phones.advance(10_000)
    expect(phones.service.receipts.at(-1)?.report).toMatchObject({ status: 'failed', error: { message: 'phone lost' } })
    expect(phones.service.statuses()).toEqual(['sent', 'failed'])
    expect((await act('fail', 'm1/1', 7)).status).toBe(400)
  })

  test('finds neither unknown messages nor unknown things to do', async () => {
    await phones.send()
    expect((await act('read', 'm2/1')).status).toBe(404)
    expect((await act('read', 'm1/2')).status).toBe(404)
    const { status, body } = await act('eat')
    expect(status).toBe(404)
    expect(body.message).toContain('deliver, read, fail')
  })

  test('acts on the newest of two copies', async () => {
    await phones.send()
    await phones.send()
    await act('read')
    expect((await handset()).messages).toMatchObject([
      { duplicate: false, readAt: null },
      { duplicate: true, status: 'read' },
    ])
  })
})

test('the list of handsets counts what arrived, and what arrived twice', async () => {
  await phones.send()
  await phones.send()
  await phones.send({ address: 'ana@example.com', channel: 'Email' })
  const { body } = await phones.call('GET', '/handsets')
  expect(body).toEqual({
    totals: { handsets: 2, messages: 3, duplicates: 1 },
    handsets: [
      { address: PHONE, messages: 2, duplicates: 1, lastReceivedAt: iso(0) },
      { address: 'ana@example.com', messages: 1, duplicates: 0, lastReceivedAt: iso(0) },
    ],
  })
})

describe("the provider's API", () => {
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${phones.url}/provider/messages`, { method: 'POST', body, headers })

  test('takes nothing that is not signed', async () => {
    const response = await post('{}', { 'content-type': 'application/json' })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('not signed') })
  })

  test('takes nothing that is signed with another secret', async () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
    const stranger = adapter(phones.url, phones.service.callbackUrl, phones.clock, other)
    const outcome = await stranger.send(outgoing(), new AbortController().signal)
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'credentials' })
    expect((await handset()).messages).toEqual([])
    await stranger.close?.()
  })

  test('names the field that is wrong in a signed send', async () => {
    expect(await phones.send({ channel: 'Pigeon' })).toMatchObject({ kind: 'rejected', reason: 'content' })
    expect(await phones.send({ address: '' })).toMatchObject({ kind: 'rejected', reason: 'content' })
  })

  test('answers 503 once the sandbox is stopping, so that nothing is lost', async () => {
    await phones.phones.stop()
    expect(await phones.send()).toMatchObject({ kind: 'retry' })
  })
})

test('the sandbox is not a part of the description of the API', async () => {
  const app = Fastify()
  await app.register(swagger)
  const { plugin } = sandboxServer({ clock: phones.clock, secret: SANDBOX_SECRET, newId })
  await app.register(plugin, { prefix: '/sandbox' })
  app.get('/other', async () => 'other')
  await app.ready()
  expect(Object.keys(app.swagger().paths ?? {})).toEqual(['/other'])
  await app.close()
})

describe('the clock', () => {
  test('is moved by seconds, and what was to happen meanwhile has happened, each at its moment', async () => {
    await setUp({ WhatsApp: { deliverAfter: 10, readAfter: 50 } })
    await phones.send()
    const { status, body } = await phones.call('POST', '/clock', { advance: 60 })
    expect(status).toBe(200)
    expect(body).toEqual({ now: iso(60_000) })
    expect(phones.service.receipts.map(({ arrivedAt }) => arrivedAt - START)).toEqual([0, 10_000, 50_000])
  })

  test('two moves at once are two moves', async () => {
    const release = phones.service.hold()
    await phones.send()
    await phones.service.called() // and holds up the first move
    const move = (advance: number) => phones.app.inject({ method: 'POST', url: '/sandbox/clock', payload: { advance } })
    const moves = [move(60), move(30)].map((response) => response.then(({ statusCode }) => statusCode))
    await phones.app.inject({ url: '/sandbox/handsets' }) // by now both have begun
    release()
    expect(await Promise.all(moves)).toEqual([200, 200])
    expect(phones.clock.now()).toBe(START + 90_000)
  })

  test.each([0, -1, '60', null, 2_678_401, undefined])('advance %j is refused', async (advance) => {
    const { status, body } = await phones.call('POST', '/clock', { advance })
    expect(status).toBe(400)
    expect(body.message).toBe('advance: must be seconds above 0 and up to 2678400 (31 days), such as {"advance":60}')
    expect(phones.clock.now()).toBe(START)
  })

  test('cannot be moved where it is the time of the machine', async () => {
    const fixed = await startSandbox({ movable: false })
    expect((await fixed.call('POST', '/clock', { advance: 1 })).status).toBe(409)
    await fixed.stop()
  })
})
