import { describe, expect, it } from 'vitest'
import { EIGHT_AUTHORIZATION, eightReceipt, eightToken } from '../../../test/fakes/8x8.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { CallbackResult } from '../../engine/ports/channel.ts'
import { readWebhook } from './webhook.ts'

const world = channelWorld()
const REF = '0199c0de-0000-7000-8000-000000000001.2'
const UMID = '0f4a1f6e-3b62-4cf1-9b93-000000000001'
const AT = Date.parse('2026-03-01T12:00:05.250Z')
const APPS = { umid: UMID, clientMessageId: REF, channel: 'whatsapp', user: { msisdn: '+6591234567' } }
const SMS = { umid: UMID, clientMessageId: REF, destination: '+6591234567', source: 'Shop', smsCount: 1 }

type Call = { url?: string; authorization?: string | undefined; secrets?: readonly string[] }

function call(body: unknown, how: Call = {}): CallbackResult {
  const { url = '/callbacks/connection', authorization = EIGHT_AUTHORIZATION, secrets = [EIGHT_AUTHORIZATION] } = how
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return readWebhook({ method: 'POST', url, headers: { authorization }, body: bytes }, world, secrets)
}
const receiptsIn = (result: CallbackResult) => (result.kind === 'receipts' ? result.receipts : [])
const heardOf = (result: CallbackResult) => (result.kind === 'receipts' ? result.heard : undefined)

describe('a receipt', () => {
  it.each([
    [{ state: 'queued' }, 'accepted', 'queued'],
    [{ state: 'accepted' }, 'accepted', 'accepted'],
    [{ state: 'sent' }, 'sent', 'sent'],
    [{ state: 'sent', detail: 'delivered_to_operator' }, 'sent', 'sent/delivered_to_operator'],
    [{ state: 'delivered', detail: 'delivered_to_operator' }, 'sent', 'delivered/delivered_to_operator'],
    [{ state: 'delivered', detail: 'delivered_to_carrier' }, 'sent', 'delivered/delivered_to_carrier'],
    [{ state: 'delivered', detail: 'delivered_to_recipient' }, 'delivered', 'delivered/delivered_to_recipient'],
    [{ state: 'delivered' }, 'delivered', 'delivered'],
    [{ state: 'Read' }, 'read', 'read'],
  ])('of %j is %s, in both forms', (given, status, native) => {
    const told = {
      kind: 'receipts',
      receipts: [{ attemptRef: REF, report: { status, native, providerAt: AT } }],
      ignored: 0,
    }
    expect(call(eightReceipt('ChatApps', APPS, given))).toEqual(told)
    expect(call(eightReceipt('SMS', SMS, given))).toEqual(told)
  })

  it.each([
    [{ state: 'undelivered', detail: 'rejected_by_operator', errorCode: 46 }, 'failed', 'the phone cannot be reached'],
    [
      { state: 'undelivered', detail: 'undelivered_to_recipient', errorCode: 1 },
      'failed',
      'the person is not on this channel, or the phone is not in reach',
    ],
    [{ state: 'undelivered', errorCode: 36 }, 'expired', 'it was not delivered within its time'],
    [
      { state: 'undelivered', errorCode: 1022 },
      'failed',
      'the person has not written lately, so only a template may be sent',
    ],
    [{ state: 'undelivered', errorCode: 2008 }, 'failed', 'the person is not on Viber'],
    [{ state: 'rejected', errorCode: 3038 }, 'rejected', 'there is no such template in this language'],
    [{ state: 'undelivered', errorCode: 1999 }, 'failed', expect.stringContaining('code 1999, see https://')],
  ])('of %j is %s', (given, status, message) => {
    const [receipt] = receiptsIn(call(eightReceipt('ChatApps', APPS, given)))
    expect(receipt?.report).toMatchObject({ status, error: { code: String(given.errorCode), message } })
  })

  it.each([undefined, '46', 0, -1, 1.5, 1e300, null])('with the error %j says that it gives no reason', (errorCode) => {
    const given = { state: 'undelivered', errorCode, errorMessage: 'of +6591234567' } as { state: string }
    const [receipt] = receiptsIn(call(eightReceipt('SMS', SMS, given)))
    expect(receipt?.report.error).toEqual({ message: 'undelivered, and 8x8 does not say why' })
  })

  it.each([
    { state: 'levitated' },
    { state: 'unknown' },
    { state: '' },
    { state: 'toString' },
    { state: 'delivered', detail: 'delivered_to_a_neighbour' },
    { state: 7 as unknown as string },
  ])('of %j is ignored', (given) => {
    expect(call(eightReceipt('ChatApps', APPS, given))).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })

  it.each([undefined, '', 'their-own-id', `${REF}x`, 7])(
    'that echoes %j is of the message with this umid',
    (clientMessageId) => {
      const result = call(eightReceipt('ChatApps', { ...APPS, clientMessageId }, { state: 'sent' }))
      expect(receiptsIn(result)).toMatchObject([{ providerRef: UMID }])
    },
  )

  it('that names no message is ignored', () => {
    const nameless = { ...APPS, clientMessageId: undefined, umid: undefined }
    expect(call(eightReceipt('ChatApps', nameless, { state: 'sent' }))).toMatchObject({ receipts: [], ignored: 1 })
  })
})

describe('who is suppressed', () => {
  it.each([
    ['viber', 2007, 'Viber', 'blocked'],
    ['viber', 2023, 'Viber', 'bad-address'],
    ['whatsApp', 1051, 'WhatsApp', 'opted-out'],
  ])('on %s by %i: %s is %s', (wire, errorCode, channel, reason) => {
    const result = call(eightReceipt('ChatApps', { ...APPS, channel: wire }, { state: 'undelivered', errorCode }))
    expect(heardOf(result)).toEqual([{ kind: 'suppress', channel, address: '+6591234567', reason }])
    expect(receiptsIn(result)).toHaveLength(1)
  })

  it('is known by WhatsApp’s id where the number is not shown', () => {
    const hidden = { ...APPS, user: { channelUserId: 'SG.1000A' } }
    const result = call(eightReceipt('ChatApps', hidden, { state: 'undelivered', errorCode: 1051 }))
    expect(heardOf(result)).toMatchObject([{ address: 'SG.1000A' }])
  })

  it('is nobody whose channel or address is not told, and nobody for what passes by itself', () => {
    const blocked = { state: 'undelivered', errorCode: 2007 }
    expect(heardOf(call(eightReceipt('ChatApps', { ...APPS, channel: 'telepathy' }, blocked)))).toBeUndefined()
    expect(heardOf(call(eightReceipt('ChatApps', { ...APPS, channel: 'viber', user: {} }, blocked)))).toBeUndefined()
    expect(heardOf(call(eightReceipt('ChatApps', APPS, { state: 'undelivered', errorCode: 2008 })))).toBeUndefined()
  })
})

describe('what a person writes', () => {
  const apps = (payload: object) => ({
    version: 3,
    namespace: 'ChatApps',
    eventType: 'inbound_message_received',
    payload: {
      umid: 'in-1',
      timestamp: '2026-03-01T12:00:05.25Z',
      user: { msisdn: '+6591234567', name: 'Bob' },
      recipient: { channel: 'whatsapp', channelId: '904d' },
      type: 'Text',
      content: { text: 'On my way' },
      ...payload,
    },
  })
  const reply = { kind: 'reply', channel: 'WhatsApp', address: '+6591234567', id: 'in-1', at: AT }

  it('is a reply', () => {
    expect(call(apps({}))).toEqual({
      kind: 'receipts',
      receipts: [],
      heard: [{ ...reply, text: 'On my way' }],
      ignored: 0,
    })
  })

  it('is a stop where it is one, and as SMS has a form of its own', () => {
    const payload = {
      umid: 'in-2',
      timestamp: '2026-03-01T12:00:05.25Z',
      source: '+6591234567',
      destination: '+4534735477',
      body: 'Stop',
    }
    expect(heardOf(call({ namespace: 'SMS', eventType: 'inbound_message_received', payload }))).toEqual([
      { kind: 'reply', channel: 'SMS', address: '+6591234567', id: 'in-2', text: 'Stop', at: AT },
      { kind: 'suppress', channel: 'SMS', address: '+6591234567', reason: 'opted-out' },
    ])
  })

  it('may be a choice, or a picture', () => {
    const chosen = { interactive: { type: 'button_reply', button_reply: { id: '1', title: 'Yes' } } }
    const listed = { interactive: { type: 'list_reply', list_reply: { id: '1', title: 'Later' } } }
    expect(heardOf(call(apps({ content: chosen })))).toEqual([{ ...reply, text: 'Yes' }])
    expect(heardOf(call(apps({ content: listed })))).toEqual([{ ...reply, text: 'Later' }])
    expect(heardOf(call(apps({ type: 'Image', content: { url: 'https://x.example' } })))).toEqual([reply])
  })

  it('and quotes means that it was read, where the channel tells such a thing', () => {
    const quoting = { replyToUmid: UMID }
    expect(receiptsIn(call(apps(quoting)))).toEqual([
      { providerRef: UMID, report: { status: 'read', native: 'reply', providerAt: AT } },
    ])
    const line = { ...quoting, recipient: { channel: 'line' }, user: { channelUserId: 'Uabc' } }
    expect(call(apps(line))).toMatchObject({ receipts: [], heard: [{ channel: 'Line', address: 'Uabc' }] })
  })

  it.each([
    { user: {} },
    { user: undefined },
    { recipient: { channel: 'facebook' } },
    { recipient: undefined },
    { umid: 7 },
  ])('is ignored with %j', (payload) => {
    expect(call(apps(payload))).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })
})

describe('who is believed', () => {
  const receipt = eightReceipt('ChatApps', APPS, { state: 'sent' })

  it('is who sends the Authorization, the old one or the new', () => {
    expect(call(receipt, { secrets: ['Bearer next', EIGHT_AUTHORIZATION] }).kind).toBe('receipts')
    expect(call(receipt, { authorization: 'Bearer next', secrets: ['Bearer next', EIGHT_AUTHORIZATION] }).kind).toBe(
      'receipts',
    )
    expect(call(receipt, { authorization: 'Bearer a guess' }).kind).toBe('refused')
    expect(call(receipt, { authorization: EIGHT_AUTHORIZATION.toLowerCase() }).kind).toBe('refused')
  })

  it('is who has the token of a message’s own address', () => {
    const url = `/callbacks/connection?token=${eightToken(world.connectionId)}`
    expect(call(receipt, { url, authorization: '' }).kind).toBe('receipts')
    expect(call(receipt, { url: `${url}x`, authorization: '' }).kind).toBe('refused')
  })

  it('is nobody where there is no secret', () => {
    expect(call(receipt, { secrets: [] }).kind).toBe('refused')
    expect(call(receipt, { secrets: [], authorization: '' }).kind).toBe('refused')
  })
})

describe('a body', () => {
  it.each(['', 'nonsense', '[]', 'null', '{}', '{"payload":[]}', '{"payload":"x"}'])('of %j is unreadable', (body) => {
    expect(call(body)).toMatchObject({ kind: 'unreadable' })
  })

  it('that is no UTF-8 is unreadable', () => {
    expect(call(Buffer.from([0xff, 0xfe, 0x7b])).kind).toBe('unreadable')
  })

  it('of an event that we have no use for is ignored', () => {
    for (const eventType of ['external_app_message', undefined, 7]) {
      expect(call({ namespace: 'ChatApps', eventType, payload: {} })).toMatchObject({ kind: 'receipts', ignored: 1 })
    }
  })
})
