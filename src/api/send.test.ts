import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, OTHER_KEY, openApiHouse } from '../../test/support/api-house.ts'
import { T0 } from '../../test/support/messages.ts'

const URL = '/api/v1/subaccounts/default/messages'
/** As the documents have it. */
const DOCUMENTED = {
  channels: [
    { channel: 'WhatsApp', fallbackAfter: 60, successStatus: 'Read' },
    { channel: 'Viber', fallbackAfter: 60, successStatus: 'Delivered' },
    { channel: 'SMS' },
  ],
  user: { msisdn: '+65000000' },
  type: 'text',
  content: { text: 'Hello World!', sms: { encoding: 'AUTO', source: 'SENDERID' } },
}
const SMS = { user: { msisdn: '+6590000001' }, type: 'text', content: { text: 'Hi' }, channels: [{ channel: 'SMS' }] }

let house: ApiHouse
beforeAll(async () => {
  house = await openApiHouse()
})
afterAll(() => house.close())

const stored = () => house.countMessages()

describe('sending one message', () => {
  test('the documented request is taken as it stands, and answered in the documented shape', async () => {
    const answer = await house.call('POST', URL, DOCUMENTED)
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({
      umid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      user: { msisdn: '+65000000' },
      status: { state: 'queued', timestamp: new Date(T0).toISOString() },
      sms: { encoding: 'GSM7', parts: 1 },
      warnings: [expect.stringContaining('user.msisdn')],
    })
    const record = await house.store.messages.find(String(answer.json.umid))
    expect(record?.message.sequence).toEqual([
      { channel: 'WhatsApp', successStatus: 'read', fallbackAfterMs: 60_000, onUncertain: 'wait' },
      { channel: 'Viber', successStatus: 'delivered', fallbackAfterMs: 60_000, onUncertain: 'wait' },
      { channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' },
    ])
    expect(record?.envelope.content).toEqual(DOCUMENTED.content)
  })

  test('the id of the caller comes back, and a good number brings no warning', async () => {
    const answer = await house.call('POST', URL, { ...SMS, clientMessageId: 'order-7' })
    expect(answer.json).toMatchObject({ clientMessageId: 'order-7' })
    expect(answer.json).not.toHaveProperty('warnings')
  })

  test('every answer carries a request id; one that the caller gave is taken over, unless it is odd', async () => {
    const own = await house.call('POST', URL, SMS, { headers: { 'x-request-id': 'trace-42' } })
    expect(own.headers['x-request-id']).toBe('trace-42')
    const odd = await house.call('POST', URL, {}, { headers: { 'x-request-id': 'a b;c' } })
    expect(odd.status).toBe(400)
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}\.\d+$/)
    const unknown = await house.call('GET', '/nowhere', undefined, { key: null })
    expect(unknown.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}\.\d+$/)
    expect(unknown.headers['x-request-id']).not.toBe(odd.headers['x-request-id'])
  })
})

describe('bad input', () => {
  const text = (length: number) => ({ ...SMS, content: { text: 'x'.repeat(length) } })
  const step = (more: object) => ({ ...SMS, channels: [{ channel: 'SMS', ...more }] })
  test.each<[what: string, body: unknown, status: number, code: number, message: string]>([
    ['an unknown channel', { ...SMS, channels: [{ channel: 'Pigeon' }] }, 400, 3022, 'channels[0].channel: "Pigeon"'],
    ['Read on SMS', step({ successStatus: 'Read' }), 400, 3026, 'channels[0].successStatus: SMS reports no Read'],
    ['a wait of 5', step({ fallbackAfter: 5 }), 400, 3023, 'channels[0].fallbackAfter: got 5'],
    ['a wait of 100000', step({ fallbackAfter: 100_000 }), 400, 3023, 'channels[0].fallbackAfter: got 100000'],
    ['a wait of "60"', step({ fallbackAfter: '60' }), 400, 3023, 'channels[0].fallbackAfter: got "60"'],
    ['a status of its own', step({ successStatus: 'Seen' }), 400, 3024, 'channels[0].successStatus: got "Seen"'],
    ['a channel without connection', { ...SMS, channels: [{ channel: 'RCS' }] }, 400, 3027, 'RCS has no connection'],
    ['a channel id', step({ channelId: 'x' }), 400, 3051, 'channels[0].channelId'],
    ['a misspelt field of a step', step({ fallBackAfter: 60 }), 400, 1000, 'channels[0].fallBackAfter'],
    ['no channels in the list', { ...SMS, channels: [] }, 400, 3022, 'channels: must be a list'],
    [
      'no channels and no default',
      { ...SMS, channels: undefined },
      400,
      3027,
      'PUT /api/v1/subaccounts/default/sequence',
    ],
    ['a missing user', { ...SMS, user: undefined }, 400, 3001, 'user: is missing'],
    ['a user without address', { ...SMS, user: {} }, 400, 3002, 'user: has no address'],
    ['both kinds of user', { ...SMS, user: { msisdn: '+6590000001', lineUserId: 'U1' } }, 400, 1000, 'user.lineUserId'],
    ['a text of 40 kB', text(40_000), 400, 3006, 'content.text: has 40000 characters; at most 35000'],
    ['broken JSON', '{"user":', 400, 1000, 'body: is not JSON'],
    ['no body', '', 400, 1000, 'body: must be a message'],
    ['a list', [], 400, 1000, 'body: must be a message'],
    [
      'a misspelt field',
      { ...SMS, clientMesageId: 'a' },
      400,
      1000,
      'clientMesageId: is not a known field; did you mean clientMessageId?',
    ],
    ['a body of more than 1 MB', JSON.stringify(text(1_100_000)), 413, 7001, 'body: is too large'],
    ['a body that nests too deep', `{"user":${'['.repeat(40)}${']'.repeat(40)}}`, 400, 1000, 'nests deeper than 32'],
    [
      'a NUL character',
      '{"type":"text","content":{"text":"a\\u0000b"}}',
      400,
      1004,
      'content.text: must not contain the NUL',
    ],
    [
      'half an emoji',
      '{"type":"text","content":{"text":"\\ud83d"}}',
      400,
      1004,
      'content.text: contains half of a character',
    ],
    ['a field __proto__', '{"__proto__":{"user":1}}', 400, 1000, '__proto__'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400, 1000, 'body: must be UTF-8'],
  ])('%s is a clear error, and nothing is stored', async (_what, body, status, code, message) => {
    const before = stored()
    const answer = await house.call('POST', URL, body)
    expect(answer.json).toEqual({
      code,
      message: expect.stringContaining(message),
      errorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      timestamp: new Date(house.clock.now()).toISOString(),
    })
    expect(answer.status).toBe(status)
    expect(stored()).toBe(before)
  })

  test('a wrong content type is refused with what would be right', async () => {
    const answer = await house.call('POST', URL, 'a=b', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect([answer.status, answer.json.code, answer.json.message]).toEqual([
      415,
      1000,
      'Content-Type: must be application/json',
    ])
  })

  test('an escape that is harmless, and a mark at the start of the text, are read', async () => {
    const body = `\ufeff${JSON.stringify(SMS).replace('Hi', '\\u0048i \\ud83d\\ude00')}`
    expect((await house.call('POST', URL, body)).status).toBe(200)
  })

  test.each([
    ['without a key', null, 401, 1200],
    ['with a wrong key', 'nobody', 401, 1200],
    ['with the key of another subaccount', OTHER_KEY, 403, 1201],
  ])('%s nothing is done', async (_what, key, status, code) => {
    const before = stored()
    const answer = await house.call('POST', URL, SMS, { key })
    expect([answer.status, answer.json.code]).toEqual([status, code])
    expect(stored()).toBe(before)
  })
})

describe('the idempotency key', () => {
  const withKey = (key: string) => ({ headers: { 'idempotency-key': key } })

  test('the same key and body give the same answer, and one message', async () => {
    const before = stored()
    const first = await house.call('POST', URL, SMS, withKey('once'))
    const reordered = Object.fromEntries(Object.entries(SMS).reverse())
    const again = await house.call('POST', URL, reordered, withKey('once'))
    expect(again.text).toBe(first.text)
    expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([undefined, 'true'])
    expect(stored()).toBe(before + 1)
  })

  test('two requests at once with one key are one message', async () => {
    const before = stored()
    const both = await Promise.all([1, 2].map(() => house.call('POST', URL, SMS, withKey('at-once'))))
    expect(new Set(both.map(({ json }) => json.umid)).size).toBe(1)
    expect(stored()).toBe(before + 1)
  })

  test('the same key with another body is a conflict', async () => {
    await house.call('POST', URL, SMS, withKey('taken'))
    const answer = await house.call('POST', URL, { ...SMS, clientMessageId: 'b' }, withKey('taken'))
    expect([answer.status, answer.json.code]).toEqual([409, 409])
  })

  test('a key of another subaccount is another key', async () => {
    await house.call('POST', URL, SMS, withKey('shared'))
    const url = '/api/v1/subaccounts/other/messages'
    const answer = await house.call('POST', url, SMS, { key: OTHER_KEY, ...withKey('shared') })
    expect([answer.status, answer.headers['idempotency-replayed']]).toEqual([200, undefined])
  })

  test('a key that is too long is refused', async () => {
    const answer = await house.call('POST', URL, SMS, withKey('k'.repeat(256)))
    expect([answer.status, answer.json.code]).toEqual([400, 1000])
  })
})

describe('a batch', () => {
  const BATCH = `${URL}/batch`
  const template = { type: 'text', content: { text: 'Hello', sms: { source: 'SHOP' } }, channels: [{ channel: 'SMS' }] }

  test('the template is merged under each message, and one with a mistake is rejected by itself', async () => {
    const before = stored()
    const answer = await house.call('POST', BATCH, {
      messages: [
        { user: { msisdn: '+6590000001' }, clientMessageId: 'a-1' },
        { user: { msisdn: '+6590000002' }, clientMessageId: 'a-2', content: { text: 'Hello Bob' } },
        { user: { msisdn: 'nobody' }, clientMessageId: 'a-3' },
        'what?',
      ],
      template,
      clientBatchId: 'nightly-1',
      includeMessagesInResponse: true,
    })
    expect(answer.status).toBe(200)
    const status = { state: 'queued', timestamp: new Date(T0).toISOString() }
    const umid = expect.any(String)
    const sms = { encoding: 'GSM7', parts: 1 }
    expect(answer.json).toEqual({
      batchId: umid,
      clientBatchId: 'nightly-1',
      acceptedCount: 2,
      rejectedCount: 2,
      messages: [
        { umid, user: { msisdn: '+6590000001' }, clientMessageId: 'a-1', status, sms },
        { umid, user: { msisdn: '+6590000002' }, clientMessageId: 'a-2', status, sms },
        {
          umid,
          user: { msisdn: 'nobody' },
          clientMessageId: 'a-3',
          status: {
            ...status,
            state: 'rejected',
            errorCode: 1002,
            errorMessage: expect.stringContaining('user.msisdn'),
          },
        },
        { umid, user: {}, status: { ...status, state: 'rejected', errorCode: 1000, errorMessage: expect.any(String) } },
      ],
    })
    expect(stored()).toBe(before + 2)
    const second = await house.store.messages.find(String(answer.json.messages?.[1]?.umid))
    expect(second?.envelope.content).toEqual({ text: 'Hello Bob', sms: { source: 'SHOP' } })
    expect(second?.envelope).toMatchObject({ batchId: answer.json.batchId, clientBatchId: 'nightly-1' })
  })

  test('unless asked for, only what was rejected is listed', async () => {
    const messages = [{ user: { msisdn: '+6590000001' } }, { user: {} }]
    const answer = await house.call('POST', BATCH, { messages, template })
    expect(answer.json.messages).toHaveLength(1)
    expect(answer.json.messages?.[0]?.status).toMatchObject({ errorCode: 3002 })
    const good = await house.call('POST', BATCH, { messages: messages.slice(0, 1), template })
    expect(good.json).not.toHaveProperty('messages')
  })

  test('a batch can be repeated under its idempotency key, even one of which nothing was accepted', async () => {
    for (const messages of [[{ user: { msisdn: '+6590000001' } }], [{ user: {} }]]) {
      const key = { headers: { 'idempotency-key': `batch-${JSON.stringify(messages).length}` } }
      const first = await house.call('POST', BATCH, { messages, template }, key)
      const again = await house.call('POST', BATCH, { messages, template }, key)
      expect(first.status).toBe(200)
      expect(again.text).toBe(first.text)
      expect(again.headers['idempotency-replayed']).toBe('true')
    }
  })

  test.each<[what: string, body: unknown, code: number]>([
    ['without messages', { template }, 3012],
    ['with an empty list', { messages: [] }, 3012],
    ['of 10001 messages', { messages: Array(10_001).fill({}) }, 3013],
    ['with a client batch id of 101 characters', { messages: [{}], clientBatchId: 'x'.repeat(101) }, 3014],
    ['with a misspelt field of the template', { messages: [{}], template: { contents: {} } }, 1000],
  ])('a batch %s is refused as a whole', async (_what, body, code) => {
    const answer = await house.call('POST', BATCH, body)
    expect([answer.status, answer.json.code]).toEqual([400, code])
  })

  test('ten thousand messages are taken in one request', async () => {
    const messages = Array.from({ length: 10_000 }, (_, index) => ({ user: { msisdn: `+65900${10_000 + index}` } }))
    const scheduled = new Date(T0 + 3_600_000).toISOString()
    const before = stored()
    const answer = await house.call('POST', BATCH, { messages, template: { ...template, scheduled } })
    expect(answer.json).toMatchObject({ acceptedCount: 10_000, rejectedCount: 0 })
    expect(stored()).toBe(before + 10_000)
  })
})
