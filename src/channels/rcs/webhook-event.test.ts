import { describe, expect, it } from 'vitest'
import { RCS_CLIENT_TOKEN, rcsEvent } from '../../../test/fakes/rcs.ts'
import type { CallbackResult, RawRequest } from '../../engine/ports/channel.ts'
import { readWebhookEvent } from './webhook-event.ts'

const PERSON = '+12223334444'
const ID = '5d1a2b7c-0000-5000-8000-000000000001'
const read = (event: unknown): CallbackResult => readWebhookEvent(rcsEvent(event), [RCS_CLIENT_TOKEN])
const raw = (body: string | Buffer, headers: Record<string, string> = {}): RawRequest => ({
  method: 'POST',
  url: '/callbacks/rcs',
  headers,
  body: Buffer.from(body),
})
const userEvent = (eventType: unknown, more: object = {}) => ({
  senderPhoneNumber: PERSON,
  eventType,
  eventId: 'MxA1',
  agentId: 'shop',
  ...more,
})
const IGNORED = { kind: 'receipts', receipts: [], ignored: 1 }

describe('a signature', () => {
  // Computed with openssl over the bytes in `data`.
  const DATA =
    'eyJzZW5kZXJQaG9uZU51bWJlciI6IisxMjIyMzMzNDQ0NCIsImV2ZW50VHlwZSI6IlJFQUQiLCJldmVudElkIjoiTXhBMSIsIm1lc3NhZ2VJZCI6IjVkMWEyYjdjLTAwMDAtNTAwMC04MDAwLTAwMDAwMDAwMDAwMSIsImFnZW50SWQiOiJzaG9wIn0='
  const SIGNATURE = 'VDQD8/liCADIPcQxF1o8X6nuQtYpQaSnKHZoNbbRlG4dwGYt39XOhx6F6ybeAmQJfJiCl8LAqMac9tvlQ1E57g=='
  const body = JSON.stringify({ message: { data: DATA } })

  it('over the bytes that are carried is good', () => {
    const result = readWebhookEvent(raw(body, { 'x-goog-signature': SIGNATURE }), ['SJENCPGJESMGUFPY'])
    expect(result).toEqual({
      kind: 'receipts',
      receipts: [{ providerRef: ID, report: { status: 'read', native: 'READ' } }],
      ignored: 0,
    })
  })

  it('may be made with any of several tokens', () => {
    const request = raw(body, { 'x-goog-signature': SIGNATURE })
    expect(readWebhookEvent(request, ['the-next', 'SJENCPGJESMGUFPY']).kind).toBe('receipts')
    expect(readWebhookEvent(request, ['the-next', 'another']).kind).toBe('refused')
  })

  it.each([
    ['none', raw(body)],
    ['an empty one', raw(body, { 'x-goog-signature': '' })],
    ['one in hexadecimal', raw(body, { 'x-goog-signature': Buffer.from(SIGNATURE, 'base64').toString('hex') })],
    ['one over other bytes', raw(JSON.stringify({ message: { data: 'e30=' } }), { 'x-goog-signature': SIGNATURE })],
    ['nothing to sign', raw(JSON.stringify({ message: {} }), { 'x-goog-signature': SIGNATURE })],
    ['data that is no text', raw(JSON.stringify({ message: { data: 7 } }), { 'x-goog-signature': SIGNATURE })],
    ['a message that is a list', raw(JSON.stringify({ message: [DATA] }), { 'x-goog-signature': SIGNATURE })],
    ['no JSON', raw('data=1', { 'x-goog-signature': SIGNATURE })],
    ['no UTF-8', raw(Buffer.from([0xff, 0xfe, 0x7b]), { 'x-goog-signature': SIGNATURE })],
    ['nothing', raw('', { 'x-goog-signature': SIGNATURE })],
  ])('with %s is not believed', (_what, request) => {
    expect(readWebhookEvent(request, ['SJENCPGJESMGUFPY'])).toMatchObject({ kind: 'refused' })
  })

  it('is not looked at without a token to check it with', () => {
    const refused = readWebhookEvent(raw(body, { 'x-goog-signature': SIGNATURE }), [])
    expect(refused).toMatchObject({ kind: 'refused', detail: expect.stringContaining('clientToken') })
  })
})

describe('the set-up of the webhook', () => {
  const setUp = (given: object, tokens = ['old', RCS_CLIENT_TOKEN]) =>
    readWebhookEvent(raw(JSON.stringify(given), { 'x-goog-webhook-type': 'verification' }), tokens)

  it('is answered with the secret as plain text', () => {
    expect(setUp({ clientToken: RCS_CLIENT_TOKEN, secret: '1234567890' })).toEqual({
      kind: 'reply',
      status: 200,
      body: '1234567890',
      contentType: 'text/plain; charset=utf-8',
    })
  })

  it.each([
    { clientToken: 'a guess', secret: 's' },
    { clientToken: 7, secret: 's' },
    { clientToken: '', secret: 's' },
  ])('with %j is not ours to answer', (given) => {
    const refused = setUp(given)
    expect(refused.kind).toBe('refused')
    expect(JSON.stringify(refused)).not.toContain(RCS_CLIENT_TOKEN)
  })

  it.each([{}, { secret: '' }, { secret: 7 }, { secret: 'x'.repeat(1001) }])('with %j cannot be answered', (more) => {
    expect(setUp({ clientToken: RCS_CLIENT_TOKEN, ...more }).kind).toBe('unreadable')
  })

  it('is none when a message comes with it', () => {
    expect(setUp({ clientToken: RCS_CLIENT_TOKEN, secret: 's', message: { data: 'e30=' } }).kind).toBe('refused')
  })
})

describe('word of a message', () => {
  const sendTime = '2026-03-01T12:00:05.123456789Z'
  const providerAt = Date.parse('2026-03-01T12:00:05.123Z')

  it.each([
    ['DELIVERED', 'delivered'],
    ['READ', 'read'],
  ])('%s is %s', (native, status) => {
    expect(read(userEvent(native, { messageId: ID, sendTime }))).toEqual({
      kind: 'receipts',
      receipts: [{ providerRef: ID, report: { status, native, providerAt } }],
      ignored: 0,
    })
  })

  it('that it ran out of time and was taken back is expired', () => {
    const event = { phoneNumber: PERSON, agentId: 'shop', messageId: ID, eventType: 'TTL_EXPIRATION_REVOKED' }
    const code = event.eventType
    const error = { code, message: 'it did not arrive in the time it was given' }
    expect(read({ ...event, eventId: 'e', sendTime })).toEqual({
      kind: 'receipts',
      receipts: [{ providerRef: ID, report: { status: 'expired', native: code, providerAt, error } }],
      ignored: 0,
    })
  })

  it('that it ran out of time and could not be taken back changes nothing', () => {
    expect(read({ phoneNumber: PERSON, messageId: ID, eventType: 'TTL_EXPIRATION_REVOKE_FAILED' })).toEqual(IGNORED)
  })

  it.each(['IS_TYPING', 'LEVITATED', 'delivered', '', 'toString', '__proto__'])('%j is ignored', (eventType) => {
    expect(read(userEvent(eventType, { messageId: ID }))).toEqual(IGNORED)
  })

  it.each([
    ['without an id', userEvent('DELIVERED')],
    ['with an id that is a number', userEvent('DELIVERED', { messageId: 12_345 })],
    ['with an empty id', userEvent('READ', { messageId: '' })],
    ['with an id without end', userEvent('READ', { messageId: 'x'.repeat(101) })],
    ['of a type that is no text', userEvent(['READ'], { messageId: ID })],
    ['of a type that is null', userEvent(null, { messageId: ID })],
  ])('%s is unreadable', (_what, event) => {
    expect(read(event)).toMatchObject({ kind: 'unreadable' })
  })

  it.each(['not json', '[]', '"READ"', 'null', '7'])('that reads %j is unreadable', (text) => {
    expect(read(text)).toMatchObject({ kind: 'unreadable' })
  })

  it('with a time that makes no sense has none', () => {
    for (const sendTime of ['yesterday', {}, -1, '']) {
      expect(read(userEvent('READ', { messageId: ID, sendTime }))).toMatchObject({
        receipts: [{ report: { status: 'read', native: 'READ' } }],
      })
    }
  })
})

describe('word of a person', () => {
  const address = PERSON
  const heard = (result: CallbackResult) => (result.kind === 'receipts' ? result.heard : undefined)

  it('who unsubscribes or subscribes is heard', () => {
    expect(heard(read(userEvent('UNSUBSCRIBE')))).toEqual([
      { kind: 'suppress', channel: 'RCS', address, reason: 'opted-out' },
    ])
    expect(heard(read(userEvent('SUBSCRIBE', { senderPhoneNumber: '12223334444' })))).toEqual([
      { kind: 'lift', channel: 'RCS', address },
    ])
  })

  it('who cannot be told is unreadable', () => {
    for (const senderPhoneNumber of [undefined, '', 'shop', 12223334444, '+1']) {
      expect(read(userEvent('UNSUBSCRIBE', { senderPhoneNumber }))).toMatchObject({ kind: 'unreadable' })
      expect(read({ senderPhoneNumber, messageId: 'm', text: 'STOP' })).toMatchObject({ kind: 'unreadable' })
    }
  })

  const message = {
    senderPhoneNumber: PERSON,
    messageId: 'MxWritten',
    sendTime: '2026-03-01T12:00:00Z',
    agentId: 'shop',
  }
  const reply = { kind: 'reply', channel: 'RCS', address, id: 'MxWritten', at: Date.parse('2026-03-01T12:00:00Z') }

  it.each([
    [{ text: 'Thank you!' }, [{ ...reply, text: 'Thank you!' }]],
    [
      { text: 'Stop.' },
      [
        { ...reply, text: 'Stop.' },
        { kind: 'suppress', channel: 'RCS', address, reason: 'opted-out' },
      ],
    ],
    [
      { suggestionResponse: { postbackData: 'b', text: 'START', type: 'REPLY' } },
      [
        { ...reply, text: 'START' },
        { kind: 'lift', channel: 'RCS', address },
      ],
    ],
    [{ userFile: { payload: { fileUri: 'https://example.com/cat.gif' } } }, [reply]],
    [{ location: { latitude: 1.28, longitude: 103.85 } }, [reply]],
    [{ text: 7 }, [reply]],
  ])('who writes %j is heard', (content, expected) => {
    expect(read({ ...message, ...content })).toEqual({ kind: 'receipts', receipts: [], heard: expected, ignored: 0 })
  })

  it('of a kind that we do not know is ignored', () => {
    expect(read(message)).toEqual(IGNORED)
    expect(read({})).toEqual(IGNORED)
    expect(read({ ...message, hologram: {} })).toEqual(IGNORED)
  })

  it('without an id for what was written is unreadable', () => {
    expect(read({ ...message, messageId: undefined, text: 'Hi' })).toMatchObject({ kind: 'unreadable' })
  })
})
