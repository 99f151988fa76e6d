import { describe, expect, it } from 'vitest'
import { signatureOf, signedEvent, VIBER_TOKEN, viberEvent } from '../../../test/fakes/viber.ts'
import { readCallback } from './callback.ts'

const REF = '0199c0de-0000-7000-8000-000000000001.2'
const TOKEN = '4912661846655238145'
const PERSON = '01234567890A='
const AT = 1_772_366_398_123
const request = (text: string | Buffer) => ({ method: 'POST', url: '/callbacks/viber', ...signedEvent(text) })
const receive = (text: string | Buffer) => readCallback(request(text), [VIBER_TOKEN])

describe('the signature', () => {
  const text = viberEvent('delivered', TOKEN, { user_id: PERSON })
  const body = Buffer.from(text)

  it('stands in the header or in the query', () => {
    expect(receive(text).kind).toBe('receipts')
    const inQuery = { ...request(text), headers: {}, url: `/callbacks/viber?sig=${signatureOf(body)}` }
    expect(readCallback(inQuery, [VIBER_TOKEN]).kind).toBe('receipts')
    expect(
      readCallback({ ...inQuery, url: `/callbacks/viber?sig=${signatureOf(body, 'x')}` }, [VIBER_TOKEN]).kind,
    ).toBe('refused')
    expect(readCallback({ ...inQuery, url: '/callbacks/viber' }, [VIBER_TOKEN]).kind).toBe('refused')
  })

  it('is that of RFC 4231’s key and data', () => {
    const headers = {
      'x-viber-content-signature': '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    }
    const signed = { method: 'POST', url: '/', headers, body: Buffer.from('what do ya want for nothing?') }
    expect(readCallback(signed, ['Jefe']).kind).toBe('unreadable')
    expect(readCallback(signed, ['Jeff']).kind).toBe('refused')
  })

  it('may be made with the old token or the new one', () => {
    expect(readCallback(request(text), ['new', VIBER_TOKEN]).kind).toBe('receipts')
    expect(readCallback(request(text), [VIBER_TOKEN, 'new']).kind).toBe('receipts')
    expect(readCallback(request(text), ['new']).kind).toBe('refused')
    expect(readCallback(request(text), []).kind).toBe('refused')
  })

  it('covers bytes that are no UTF-8', () => {
    expect(receive(Buffer.from([0x7b, 0xff, 0x7d])).kind).toBe('unreadable')
  })
})

describe('a receipt', () => {
  it.each([
    ['delivered', 'delivered'],
    ['seen', 'read'],
  ])('%s is %s, of the message with that token, to the last digit', (event, status) => {
    expect(receive(viberEvent(event, TOKEN, { user_id: PERSON }))).toEqual({
      kind: 'receipts',
      receipts: [{ providerRef: TOKEN, report: { status, native: event, providerAt: AT } }],
      ignored: 0,
    })
  })

  it('failed is told in our words', () => {
    expect(receive(viberEvent('failed', TOKEN, { user_id: PERSON, desc: `failed for ${PERSON}` }))).toEqual({
      kind: 'receipts',
      receipts: [
        {
          providerRef: TOKEN,
          report: {
            status: 'failed',
            native: 'failed',
            providerAt: AT,
            error: { message: 'the person’s Viber could not take the message' },
          },
        },
      ],
      ignored: 0,
    })
  })

  it('may have its token in quotes, and no time', () => {
    expect(receive(viberEvent('seen', `"${TOKEN}"`, { timestamp: null }))).toMatchObject({
      receipts: [{ providerRef: TOKEN, report: { status: 'read', native: 'seen' } }],
    })
  })

  it.each(['null', '""', '[]', '{}', '1.5', 'true'])('with the token %s is unreadable', (token) => {
    expect(receive(viberEvent('seen', token)).kind).toBe('unreadable')
  })
})

describe('who subscribes', () => {
  it('may be written to again', () => {
    const user = { id: PERSON, name: 'Ann', country: 'SG', language: 'en' }
    expect(receive(viberEvent('subscribed', TOKEN, { user }))).toEqual({
      kind: 'receipts',
      receipts: [],
      heard: [{ kind: 'lift', channel: 'Viber', address: PERSON }],
      ignored: 0,
    })
  })

  it('and unsubscribes has opted out', () => {
    expect(receive(viberEvent('unsubscribed', TOKEN, { user_id: PERSON }))).toEqual({
      kind: 'receipts',
      receipts: [],
      heard: [{ kind: 'suppress', channel: 'Viber', address: PERSON, reason: 'opted-out' }],
      ignored: 0,
    })
  })

  it.each([
    viberEvent('subscribed', TOKEN, { user: null }),
    viberEvent('unsubscribed', TOKEN, { user_id: 7 }),
    viberEvent('unsubscribed', TOKEN, { user_id: 'x'.repeat(200) }),
  ])('is not told by %s', (text) => {
    expect(receive(text).kind).toBe('unreadable')
  })
})

describe('what a person writes', () => {
  const written = (message: object) => viberEvent('message', TOKEN, { sender: { id: PERSON, name: 'Ann' }, message })
  const reply = (more: object = {}) => ({
    kind: 'reply',
    channel: 'Viber',
    address: PERSON,
    id: TOKEN,
    at: AT,
    ...more,
  })

  it('is heard, and shows that the message with its tracking data was read', () => {
    expect(receive(written({ type: 'text', text: 'On my way', tracking_data: REF }))).toEqual({
      kind: 'receipts',
      receipts: [{ attemptRef: REF, report: { status: 'read', native: 'reply', providerAt: AT } }],
      heard: [reply({ text: 'On my way' })],
      ignored: 0,
    })
  })

  it.each([undefined, '', 'menu-2', 7, { a: 1 }])(
    'with the tracking data %j answers no message of ours',
    (tracking_data) => {
      const told = receive(written({ type: 'text', text: 'Hi', tracking_data }))
      expect(told).toMatchObject({ receipts: [], heard: [reply({ text: 'Hi' })] })
    },
  )

  it('may be a STOP or a START', () => {
    expect(receive(written({ type: 'text', text: 'stop' }))).toMatchObject({
      heard: [reply(), { kind: 'suppress', address: PERSON, reason: 'opted-out' }],
    })
    expect(receive(written({ type: 'text', text: 'START' }))).toMatchObject({
      heard: [reply(), { kind: 'lift', address: PERSON }],
    })
  })

  it('lifts nothing by itself: who has said STOP may still say thanks', () => {
    expect(receive(written({ type: 'text', text: 'Thanks' }))).toMatchObject({ heard: [reply({ text: 'Thanks' })] })
  })

  it('may be without words', () => {
    expect(receive(written({ type: 'picture', media: 'https://a.example/b.jpg' }))).toMatchObject({ heard: [reply()] })
  })

  it('may quote the name of a field and is not taken for it', () => {
    expect(receive(written({ type: 'text', text: '"message_token":1' }))).toMatchObject({
      heard: [reply({ text: '"message_token":1' })],
    })
  })

  it('from nobody is unreadable', () => {
    expect(receive(viberEvent('message', TOKEN, { message: { type: 'text', text: 'STOP' } })).kind).toBe('unreadable')
  })
})

describe('other events', () => {
  it('the call when the webhook is set up is answered', () => {
    const text = viberEvent('webhook', TOKEN, { chat_hostname: 'SN-CHAT-22_' })
    expect(receive(text)).toEqual({ kind: 'reply', status: 200, body: '' })
    const forged = { method: 'POST', url: '/callbacks/viber', ...signedEvent(text, 'a guess') }
    expect(readCallback(forged, [VIBER_TOKEN]).kind).toBe('refused')
  })

  it.each(['conversation_started', 'client_status', 'levitated', 'toString'])('%s is ignored', (event) => {
    const text = viberEvent(event, TOKEN, { user: { id: PERSON }, subscribed: false })
    expect(receive(text)).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })

  it.each(['', '{', 'null', '[]', '7', '{}', '{"event":7}', '{"event":""}'])('%j is none', (text) => {
    expect(receive(text).kind).toBe('unreadable')
  })
})
