import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ApiHouse, list, OTHER_KEY, openApiHouse } from '../../test/support/api-house.ts'

const URL = '/api/v1/subaccounts/default/events'
const SENT = { type: 'message.sent', conversation: 'c-1', id: 'm-1', text: 'Hello', author: { id: 'ben' } }
const READ = { type: 'message.read', conversation: 'c-1', person: 'ann', ids: ['m-1'] }

let house: ApiHouse
beforeEach(async () => {
  house = await openApiHouse()
})
afterEach(() => house.close())

describe('events of an own chat', () => {
  test('one is stored for its subaccount, and a repeat is counted as one', async () => {
    const first = await house.call('POST', URL, SENT)
    expect([first.status, first.json]).toEqual([200, { accepted: 1, repeated: 0 }])
    expect((await house.call('POST', URL, SENT)).json).toEqual({ accepted: 0, repeated: 1 })
    expect(house.watch.observed[0]).toMatchObject({
      subAccountId: 'default',
      source: 'events',
      events: [{ type: 'sent', conversation: 'c-1', item: { id: 'm-1', text: 'Hello' }, at: house.clock.now() }],
    })
  })

  test('a thousand are stored together, in their order', async () => {
    const events = Array.from({ length: 1000 }, (_, index) => ({ ...SENT, id: `m-${index}` }))
    expect((await house.call('POST', URL, { events })).json).toEqual({ accepted: 1000, repeated: 0 })
    expect(house.watch.observed).toHaveLength(1)
    const [{ events: observed } = { events: [] }] = house.watch.observed
    expect(observed.map((event) => event.type === 'sent' && event.item.id)).toEqual(events.map(({ id }) => id))
  })

  test('with a mistake in one none is stored, and the answer says in which', async () => {
    const answer = await house.call('POST', URL, { events: [SENT, { ...READ, ids: [7] }, SENT] })
    expect(answer.status).toBe(400)
    expect(answer.json).toMatchObject({ code: 1000, message: expect.stringMatching(/^events\[1\]\.ids\[0\]: must be/) })
    expect(house.watch.observed).toEqual([])
  })

  test.each<[body: unknown, message: string]>([
    [undefined, 'body: must be an event'],
    ['[]', 'body: must be an event'],
    [{ events: [] }, 'events: must be a list with an event in it'],
    [{ events: SENT }, 'events: must be a list'],
    [{ events: [SENT], subAccount: 'x' }, 'subAccount: is not a known field; known here: events'],
    [{ events: Array(1001).fill(SENT) }, 'events: has 1001; at most 1000 are allowed'],
    [{ events: [null] }, 'events[0]: must be an event'],
    [{ ...SENT, text: 'half \ud800' }, 'text: contains half of a character'],
  ])('%j is refused', async (body, message) => {
    const { status, json } = await house.call('POST', URL, body)
    expect([status, json.message]).toEqual([400, expect.stringContaining(message)])
    expect(house.watch.observed).toEqual([])
  })

  test('of others, or without a key, are not taken', async () => {
    expect((await house.call('POST', URL, SENT, { key: OTHER_KEY })).status).toBe(403)
    expect((await house.call('POST', URL, SENT, { key: null })).status).toBe(401)
    expect(house.watch.observed).toEqual([])
  })

  test('what could not be stored is an error of ours, so that it is told again', async () => {
    house.watch.observe = async () => {
      throw new Error('the database is away')
    }
    expect((await house.call('POST', URL, SENT)).status).toBe(500)
  })

  test('the document has the routes with the fields of an event', async () => {
    const { json } = await house.call('GET', '/openapi.json', undefined, { key: null })
    expect(Object.keys(json.components?.schemas?.Event?.properties ?? {})).toEqual(
      expect.arrayContaining(['type', 'key', 'conversation', 'author', 'recipients', 'upTo', 'until']),
    )
    expect(Object.keys(json.paths?.['/sources/{sourceId}'] ?? {}).sort()).toEqual(['get', 'post'])
    expect(list(json.tags).map(({ name }) => name)).toContain('Watching')
  })
})

describe('webhooks of platforms', () => {
  const call = (method: 'GET' | 'POST', url: string, body?: unknown, headers = {}) =>
    house.call(method, url, body, { key: null, headers })

  test('reach their source as raw bytes of any type, with path, query and headers', async () => {
    house.watch.onReceive = () => ({ kind: 'events', events: [], ignored: 1 })
    const body = Buffer.from([0xff, 0x00, 0x7b])
    const answer = await call('POST', '/sources/our-chat?a=%20b', body, { 'content-type': 'x/y', 'x-signature': 's' })
    expect([answer.status, answer.json]).toEqual([200, {}])
    expect(house.watch.received).toMatchObject([
      {
        sourceId: 'our-chat',
        request: { method: 'POST', url: '/sources/our-chat?a=%20b', headers: { 'x-signature': 's' } },
      },
    ])
    expect(house.watch.received[0]?.request.body.equals(body)).toBe(true)
  })

  test('are answered after the commit, and not before', async () => {
    const committed = Promise.withResolvers<void>()
    house.watch.receive = async () => {
      await committed.promise
      return { kind: 'events', events: [], ignored: 0 }
    }
    const steps: string[] = []
    const answered = call('POST', '/sources/our-chat', '{}').then(() => steps.push('answered'))
    await call('GET', '/healthz')
    steps.push('committed')
    committed.resolve()
    await answered
    expect(steps).toEqual(['committed', 'answered'])
  })

  test('a handshake is answered as the platform wants it', async () => {
    house.watch.onReceive = (_, { url }) => ({ kind: 'reply', status: 201, body: `${url.split('=')[1]}` })
    const answer = await call('GET', '/sources/our-chat?verification_challenge=abc')
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
      201,
      'abc',
      'text/plain; charset=utf-8',
    ])
    house.watch.onReceive = () => ({ kind: 'reply', status: 200, body: '{"a":1}', contentType: 'application/json' })
    expect((await call('POST', '/sources/our-chat', '{}')).text).toBe('{"a":1}')
  })

  test.each([
    [{ kind: 'refused', detail: 'it is not signed' }, 401, 1200, 'webhook refused: it is not signed'],
    [{ kind: 'unreadable', detail: 'it is no event' }, 400, 1000, 'body: it is no event'],
    [undefined, 404, 1300, 'no such source'],
  ] as const)('what is %j is an error', async (result, status, code, message) => {
    house.watch.onReceive = () => result
    const answer = await call('POST', '/sources/our-chat', '{}')
    expect([answer.status, answer.json.code, answer.json.message]).toEqual([status, code, message])
  })

  test('may have 5 MB and no more', async () => {
    house.watch.onReceive = () => ({ kind: 'events', events: [], ignored: 0 })
    const most = 5 * 1024 * 1024
    expect((await call('POST', '/sources/our-chat', Buffer.alloc(most))).status).toBe(200)
    expect((await call('POST', '/sources/our-chat', Buffer.alloc(most + 1))).status).toBe(413)
  })
})
