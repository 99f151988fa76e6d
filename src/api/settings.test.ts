import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, KEY, list, MASTER_KEY, OTHER_KEY, openApiHouse } from '../../test/support/api-house.ts'
import { newId, sha256 } from '../system/ids.ts'

const BASE = '/api/v1/subaccounts/default'
const SEQUENCE = [{ channel: 'WhatsApp', fallbackAfter: 60, successStatus: 'Read' }, { channel: 'SMS' }]
const BODY = { user: { msisdn: '+6590000001' }, type: 'text', content: { text: 'Hello' } }

let house: ApiHouse
beforeAll(async () => {
  house = await openApiHouse({
    subAccountSequence: (id) => (id === 'other' ? [{ channel: 'SMS' }] : undefined),
    plugins: [
      async (app) => {
        app.get('/sandbox/teapot', async () => {
          throw Object.assign(new Error('this phone is a teapot'), { statusCode: 418 })
        })
        app.get('/sandbox/broken', async () => {
          throw new Error('secret inner words')
        })
      },
    ],
  })
})
afterAll(() => house.close())

describe('the default sequence', () => {
  test('is used by messages without channels, shown, and removed with null', async () => {
    expect((await house.call('GET', `${BASE}/sequence`)).json).toEqual({ channels: null, setBy: null })
    const set = await house.call('PUT', `${BASE}/sequence`, { channels: SEQUENCE })
    expect([set.status, set.json]).toEqual([200, { channels: SEQUENCE, setBy: 'api' }])
    const { umid } = (await house.call('POST', `${BASE}/messages`, BODY)).json
    const record = await house.store.messages.find(String(umid))
    expect(record?.message.sequence.map(({ channel }) => channel)).toEqual(['WhatsApp', 'SMS'])
    await house.call('PUT', `${BASE}/sequence`, { channels: null })
    expect((await house.call('POST', `${BASE}/messages`, BODY)).json.code).toBe(3027)
  })

  test('with a mistake is refused with the code and path of the mistake', async () => {
    const channels = [{ channel: 'SMS', successStatus: 'Read' }]
    const answer = await house.call('PUT', `${BASE}/sequence`, { channels })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ code: 3026, message: expect.stringMatching(/^channels\[0\]\.successStatus: /) })
    expect((await house.call('PUT', `${BASE}/sequence`, { chanels: [] })).json.code).toBe(1000)
  })

  test('of the configuration wins, and cannot be changed here', async () => {
    const url = '/api/v1/subaccounts/other/sequence'
    const key = { key: OTHER_KEY }
    expect((await house.call('GET', url, undefined, key)).json).toEqual({
      channels: [{ channel: 'SMS' }],
      setBy: 'configuration',
    })
    const answer = await house.call('PUT', url, { channels: SEQUENCE }, key)
    expect([answer.status, answer.json.code]).toEqual([409, 409])
    expect((await house.call('POST', '/api/v1/subaccounts/other/messages', BODY, key)).status).toBe(200)
  })
})

describe('webhooks', () => {
  const URL = '/api/v1/accounts/default/webhooks'

  test('are set, shown with their secrets masked, replaced and removed', async () => {
    const webhook = { subAccountId: 'default', url: 'https://example.com/a', httpAuthorization: 'Bearer hush' }
    const set = await house.call('POST', URL, [webhook])
    expect(set.json).toEqual({
      webhooks: [{ ...webhook, enabled: true, httpAuthorization: '***' }],
      signingSecret: expect.stringMatching(/^whsec_/),
    })
    expect((await house.store.accounts.webhooks())[0]?.httpAuthorization).toBe('Bearer hush')
    await house.call('POST', URL, [{ ...webhook, url: 'https://example.com/b', enabled: false, type: 'CADR' }])
    const shown = await house.call('GET', URL)
    expect(list(shown.json).map(({ url }) => url)).toEqual(['https://example.com/a', 'https://example.com/b'])
    expect((await house.call('GET', `${URL}/secret`)).json).toEqual({ signingSecret: set.json.signingSecret })
    const removed = await house.call('DELETE', URL, [{ subAccountId: 'default' }])
    expect(removed.json).toEqual({ deletedCount: 2 })
    expect((await house.call('GET', URL)).json).toEqual([])
  })

  test('of others are neither shown nor touched', async () => {
    const webhook = { subAccountId: 'other', url: 'https://example.com/other' }
    expect((await house.call('POST', URL, [webhook], { key: MASTER_KEY })).status).toBe(200)
    expect((await house.call('GET', URL)).json).toEqual([])
    for (const method of ['POST', 'DELETE'] as const) {
      const body = method === 'POST' ? [webhook] : [{ subAccountId: 'other' }]
      const answer = await house.call(method, URL, body)
      expect([answer.status, answer.json.code]).toEqual([403, 1201])
    }
    expect((await house.call('GET', URL, undefined, { key: OTHER_KEY })).json).toHaveLength(1)
  })

  test.each<[what: string, webhook: object, status: number, code: number, message: string]>([
    ['OAuth', { oauth: {} }, 501, 2001, '[0].oauth'],
    ['a URL that is none', { url: 'ftp://example.com' }, 400, 1000, '[0].url: must be an http or https URL'],
    ['a type that is none', { type: 'X' }, 400, 1000, '[0].type: must be one of CADR, MSG, CABM'],
    ['an odd subaccount', { subAccountId: 'a b' }, 400, 1001, '[0].subAccountId'],
    ['a header of two lines', { httpAuthorization: 'a\r\nb: c' }, 400, 1000, '[0].httpAuthorization'],
    ['a misspelt field', { enable: true }, 400, 1000, '[0].enable: is not a known field; did you mean enabled?'],
  ])('with %s are refused, and none of the list is set', async (_what, more, status, code, message) => {
    const good = { subAccountId: 'default', url: 'https://example.com/good', type: 'MSG' }
    const bad = { subAccountId: 'default', url: 'https://example.com/', ...more }
    const answer = await house.call('POST', URL, [bad, good], { key: MASTER_KEY })
    expect(answer.json).toMatchObject({ code, message: expect.stringContaining(message) })
    expect(answer.status).toBe(status)
    expect((await house.call('GET', URL)).json).toEqual([])
  })
})

describe('callbacks', () => {
  test('reach their connection as raw bytes of any type, with GET too', async () => {
    const post = await house.call('POST', '/callbacks/fake', '[]', {
      key: null,
      headers: { 'content-type': 'message/rfc822' },
    })
    expect([post.status, post.json]).toEqual([200, {}])
    const untyped = await house.app.inject({
      method: 'POST',
      url: '/callbacks/fake',
      payload: Buffer.from('[]'),
      headers: {},
    })
    expect(untyped.statusCode).toBe(200)
    expect((await house.call('GET', '/callbacks/nobody', undefined, { key: null })).status).toBe(404)
  })

  test.each([
    [{ kind: 'refused', detail: 'it is not signed' }, 401, 1200],
    [{ kind: 'unreadable', detail: 'it is no receipt' }, 400, 1000],
  ] as const)('a callback that is %j is an error', async (result, status, code) => {
    const { receive } = house.phones.channel
    house.phones.channel.receive = () => result
    const answer = await house.call('POST', '/callbacks/fake', '{}', { key: null })
    house.phones.channel.receive = receive ?? (() => result)
    expect([answer.status, answer.json.code]).toEqual([status, code])
  })

  test('a handshake is answered as the connection wants, and gets method, path and query', async () => {
    const { receive } = house.phones.channel
    house.phones.channel.receive = ({ method, url, body }) => {
      return { kind: 'reply', status: 202, body: `${method} ${url} ${body.length}` }
    }
    const answer = await house.call('GET', '/callbacks/fake?challenge=7', undefined, { key: null })
    if (receive) house.phones.channel.receive = receive
    expect([answer.status, answer.text]).toEqual([202, 'GET /callbacks/fake?challenge=7 0'])
    expect(answer.headers['content-type']).toMatch(/^text\/plain/)
  })
})

test('each channel is listed with what it can do here', async () => {
  const { channels } = (await house.call('GET', '/api/v1/channels')).json
  const byName = Object.fromEntries(list(channels).map((each) => [each.channel, each]))
  expect(byName.SMS).toEqual({
    channel: 'SMS',
    connected: true,
    successStatuses: ['Accepted', 'Sent', 'Delivered'],
    address: 'phone',
    otherSpellings: [],
    connections: [
      {
        id: 'sms',
        provider: 'scripted',
        reports: ['Accepted', 'Sent', 'Delivered'],
        address: 'phone',
        carries: ['text'],
        revokes: false,
        takesIdempotencyKey: false,
        hearsReplies: false,
        health: 'up',
      },
    ],
  })
  expect(byName.RCS).toMatchObject({
    connected: false,
    maxTextLength: 3072,
    otherSpellings: ['GoogleRCS'],
    connections: [],
  })
})

test('a connection’s lifetimes are told in seconds, and its other talents with them', async () => {
  const { abilities } = house.phones
  house.phones.abilities = (channel) => ({
    ...abilities(channel),
    validity: { minMs: 500, maxMs: 36_000_000 },
    revokes: true,
    hearsReplies: true,
  })
  const { channels } = (await house.call('GET', '/api/v1/channels')).json
  house.phones.abilities = abilities
  const byName = Object.fromEntries(list(channels).map((each) => [each.channel, each]))
  expect(list(byName.WhatsApp?.connections)).toEqual([
    expect.objectContaining({ validity: { min: 0.5, max: 36_000 }, revokes: true, hearsReplies: true }),
  ])
})

test('channels can be asked for a subaccount, by whoever may act for it', async () => {
  const status = async (subAccountId: string, key = KEY) => {
    const url = `/api/v1/channels?subAccountId=${subAccountId}`
    const { status, json } = await house.call('GET', url, undefined, { key })
    return [status, json.code]
  }
  expect(await status('default')).toEqual([200, undefined])
  expect(await status('other')).toEqual([403, 1201])
  expect(await status('other', MASTER_KEY)).toEqual([200, undefined])
  expect(await status('x')).toEqual([400, 1001])
  expect(await status('default&subAccountId=other', MASTER_KEY)).toEqual([400, 1001])
})

describe('keys', () => {
  test('a revoked key stops working within five seconds of the clock', async () => {
    const id = newId()
    const key = { id, subAccountId: 'default', prefix: 'brief', createdAt: house.clock.now() }
    await house.store.accounts.addKey(key, sha256('brief_key'))
    const status = async () => (await house.call('GET', `${BASE}/sequence`, undefined, { key: 'brief_key' })).status
    expect(await status()).toBe(200)
    await house.store.accounts.revokeKey(id, house.clock.now())
    await house.clock.advance(5_000)
    expect(await status()).toBe(401)
  })

  test('a key for all may act for each subaccount, whose name has to be one', async () => {
    const status = async (id: string) => {
      const answer = await house.call('GET', `/api/v1/subaccounts/${id}/sequence`, undefined, { key: MASTER_KEY })
      return [answer.status, answer.json.code]
    }
    expect(await status('anything')).toEqual([200, undefined])
    expect(await status('a%20b')).toEqual([400, 1001])
  })

  test('every documented route under /api/v1 asks for a key', async () => {
    const document = (await house.call('GET', '/openapi.json', undefined, { key: null })).json
    const routes = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [method, path] as const),
    )
    const guarded = routes.filter(([, path]) => path.startsWith('/api/v1/'))
    expect(guarded.length).toBeGreaterThan(12)
    for (const [method, path] of guarded) {
      const url = path.replaceAll(/\{(\w+)\}/g, 'default')
      const answer = await house.call(method.toUpperCase() as 'GET', url, undefined, { key: null })
      expect([method, path, answer.status, answer.json.code]).toEqual([method, path, 401, 1200])
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
  })
})

describe('what is not there, or breaks', () => {
  test.each([
    ['GET', '/nowhere'],
    ['PATCH', `${BASE}/messages`],
    ['GET', `${BASE}/nowhere`],
  ] as const)('%s %s is not found', async (method, url) => {
    const answer = await house.call(method, url)
    expect([answer.status, answer.json.code]).toEqual([404, 1300])
  })

  test('a path that is not well-formed is an error of the same shape', async () => {
    const answer = await house.call('GET', '/api/v1/subaccounts/%ZZ/sequence')
    expect(answer.json).toMatchObject({ code: 1000, errorId: expect.any(String) })
    expect(answer.status).toBe(400)
    expect(answer.headers['x-request-id']).toEqual(expect.any(String))
  })

  test("a plugin's own errors keep their status and words", async () => {
    const answer = await house.call('GET', '/sandbox/teapot')
    expect([answer.status, answer.json.message]).toEqual([418, 'this phone is a teapot'])
  })

  test('an unexpected error tells its id and nothing else', async () => {
    const answer = await house.call('GET', '/sandbox/broken')
    expect([answer.status, answer.json.code]).toEqual([500, 2000])
    expect(answer.json.message).toContain(String(answer.json.errorId))
    expect(answer.text).not.toMatch(/secret|\.ts|at /)
  })
})

test('the process says that it is alive, and whether its database answers', async () => {
  expect((await house.call('GET', '/healthz', undefined, { key: null })).json).toEqual({ status: 'ok' })
  expect((await house.call('GET', '/readyz', undefined, { key: null })).json).toEqual({ status: 'ready' })
  const broken = await openApiHouse({
    messages: (real) => ({ ...real, nextWakeAt: () => Promise.reject(new Error('gone')) }),
  })
  expect((await broken.call('GET', '/readyz', undefined, { key: null })).status).toBe(503)
  expect((await broken.call('GET', '/healthz', undefined, { key: null })).status).toBe(200)
  await broken.close()
})
