import { describe, expect, it } from 'vitest'
import { deliveryResult, INFOBIP_SECRET, infobipToken } from '../../../test/fakes/infobip.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { CallbackResult } from '../../engine/ports/channel.ts'
import { readReports } from './reports.ts'

const world = channelWorld()
const REF = '0199c0de-0000-7000-8000-000000000001.2'
const ID = `${REF}.1`
const DONE_AT = Date.parse('2026-03-01T12:00:05.250Z')
const MESSAGE = { channel: 'WHATSAPP', to: '6591234567', messageId: ID, callbackData: REF }

type Call = { url?: string; authorization?: string; secrets?: readonly string[] }

function call(body: string | Buffer, { url, authorization, secrets = [INFOBIP_SECRET] }: Call = {}): CallbackResult {
  const usual = `/callbacks/connection?token=${infobipToken(world.connectionId)}`
  const headers = authorization === undefined ? {} : { authorization }
  return readReports({ method: 'POST', url: url ?? usual, headers, body: Buffer.from(body) }, world, secrets)
}
const told = (...results: unknown[]) => call(JSON.stringify({ results }))
const report = (status: { groupId: number; id: number; name: string }, errorId?: number, message: object = {}) => {
  const result = told(deliveryResult({ ...MESSAGE, ...message }, status, errorId))
  return result.kind === 'receipts' ? result.receipts[0]?.report : undefined
}
const heardOf = (result: CallbackResult) => (result.kind === 'receipts' ? result.heard : undefined)

describe('a delivery report', () => {
  it.each([
    [{ groupId: 1, id: 26, name: 'PENDING_ACCEPTED' }, 'accepted'],
    [{ groupId: 1, id: 3, name: 'PENDING_WAITING_DELIVERY' }, 'sent'],
    [{ groupId: 1, id: 7, name: 'PENDING_ENROUTE' }, 'sent'],
    [{ groupId: 1, id: 777, name: 'PENDING_SOMEHOW' }, 'accepted'],
    [{ groupId: 3, id: 2, name: 'DELIVERED_TO_OPERATOR' }, 'sent'],
    [{ groupId: 3, id: 5, name: 'DELIVERED_TO_HANDSET' }, 'delivered'],
  ])('of %j is %s', (status, ours) => {
    expect(told(deliveryResult(MESSAGE, status))).toEqual({
      kind: 'receipts',
      receipts: [{ attemptRef: REF, report: { status: ours, native: status.name, providerAt: DONE_AT } }],
      ignored: 0,
    })
  })

  it.each([
    [
      { groupId: 2, id: 4, name: 'UNDELIVERABLE_REJECTED_OPERATOR' },
      0,
      'failed',
      '4',
      'the operator refused the message',
    ],
    [
      { groupId: 2, id: 9, name: 'UNDELIVERABLE_NOT_DELIVERED' },
      27,
      'failed',
      '27',
      'the phone cannot be reached: it is off or without signal',
    ],
    [
      { groupId: 2, id: 9, name: 'UNDELIVERABLE_NOT_DELIVERED' },
      7010,
      'failed',
      '7010',
      'the person has not written lately, so only a template may be sent',
    ],
    [{ groupId: 4, id: 15, name: 'EXPIRED_EXPIRED' }, 0, 'expired', '15', 'it was not delivered within its time'],
    [
      { groupId: 4, id: 29, name: 'EXPIRED_DLR_UNKNOWN' },
      0,
      'expired',
      '29',
      'nobody told within its time what became of it',
    ],
    [
      { groupId: 5, id: 12, name: 'REJECTED_NOT_ENOUGH_CREDITS' },
      0,
      'rejected',
      '12',
      'the account has no credit left',
    ],
    [{ groupId: 5, id: 87, name: 'SIGNALS_BLOCKED' }, 608, 'rejected', '608', expect.stringContaining('error 608')],
    [{ groupId: 5, id: 999, name: 'REJECTED_SOMEHOW' }, 0, 'rejected', '999', expect.stringContaining('status 999')],
  ])('of %j with the error %i is %s', (status, errorId, ours, code, message) => {
    expect(report(status, errorId)).toEqual({
      status: ours,
      native: status.name,
      providerAt: DONE_AT,
      error: { code, message },
    })
  })

  it.each([
    [{ groupId: 3, id: 55, name: 'DELIVERED_TO_A_NEIGHBOUR' }],
    [{ groupId: 9, id: 999, name: 'LEVITATED' }],
    [{ groupId: -1, id: -5, name: 'NEGATIVE' }],
    [{ groupId: 1e300, id: 1e300, name: 'HUGE' }],
  ])('of %j is ignored', (status) => {
    expect(told(deliveryResult(MESSAGE, status))).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })

  it('without a word for its status has its number', () => {
    expect(report({ groupId: 3, id: 5, name: 'delivered to +6591234567' })?.native).toBe('status 5')
  })

  it.each([undefined, '', 'nonsense', `${REF}x`, `${'a'.repeat(65)}.1`, 7])(
    'that echoes %j is of the message with this id',
    (callbackData) => {
      const result = { ...deliveryResult(MESSAGE, { groupId: 3, id: 5, name: 'DELIVERED_TO_HANDSET' }), callbackData }
      expect(told(result)).toMatchObject({ receipts: [{ providerRef: ID }] })
    },
  )

  it('that names no message is ignored', () => {
    const status = { groupId: 3, id: 5, name: 'DELIVERED_TO_HANDSET' }
    for (const messageId of [undefined, '', 17, 'x'.repeat(201)]) {
      const result = { ...deliveryResult({ ...MESSAGE }, status), callbackData: undefined, messageId }
      expect(told(result)).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
    }
  })

  it('has no time where Infobip gives none that is one', () => {
    const result = { ...deliveryResult(MESSAGE, { groupId: 3, id: 5, name: 'X' }), doneAt: 'yesterday', sentAt: 4 }
    expect(told(result)).toMatchObject({ receipts: [{ report: { status: 'delivered', native: 'X' } }] })
    expect(JSON.stringify(told(result))).not.toContain('providerAt')
  })
})

describe('who is suppressed', () => {
  it.each([
    [10, 0, 'opted-out'],
    [14, 0, 'blocked'],
    [52, 0, 'bad-address'],
    [9, 7003, 'blocked'],
    [9, 7033, 'opted-out'],
    [9, 603, 'opted-out'],
    [9, 2050, 'opted-out'],
    [9, 3041, 'bad-address'],
  ])('by status %i and error %i: %s', (id, errorId, reason) => {
    const result = told(deliveryResult(MESSAGE, { groupId: 5, id, name: 'REJECTED' }, errorId))
    expect(heardOf(result)).toEqual([{ kind: 'suppress', channel: 'WhatsApp', address: '+6591234567', reason }])
    expect(result).toMatchObject({ receipts: [{ attemptRef: REF }] })
  })

  it('is nobody whose number or channel is not told', () => {
    const status = { groupId: 5, id: 10, name: 'REJECTED_DND' }
    expect(heardOf(told(deliveryResult({ ...MESSAGE, to: 'nobody' }, status)))).toBeUndefined()
    expect(heardOf(told(deliveryResult({ ...MESSAGE, channel: 'TELEPATHY' }, status)))).toBeUndefined()
  })

  it('is nobody for what passes by itself', () => {
    expect(heardOf(told(deliveryResult(MESSAGE, { groupId: 2, id: 9, name: 'X' }, 27)))).toBeUndefined()
  })
})

describe('a seen report', () => {
  it('is read', () => {
    const seen = {
      event: 'SEEN',
      ...MESSAGE,
      sentAt: '2026-03-01T12:00:01.000+0000',
      seenAt: '2026-03-01T12:00:05.250+0000',
    }
    expect(told(seen)).toEqual({
      kind: 'receipts',
      receipts: [{ attemptRef: REF, report: { status: 'read', native: 'SEEN', providerAt: DONE_AT } }],
      ignored: 0,
    })
  })
})

describe('what a person writes', () => {
  const written = {
    event: 'MO',
    channel: 'WHATSAPP',
    sender: '6591234567',
    destination: '447491163862',
    content: [{ type: 'TEXT', text: 'On my way', cleanText: 'On my way' }],
    receivedAt: '2026-03-01T12:00:05.250+0000',
    messageId: 'wamid-1',
    messageCount: 1,
  }
  const reply = { kind: 'reply', channel: 'WhatsApp', address: '+6591234567', id: 'wamid-1', at: DONE_AT }

  it('is a reply', () => {
    expect(told(written)).toEqual({
      kind: 'receipts',
      receipts: [],
      heard: [{ ...reply, text: 'On my way' }],
      ignored: 0,
    })
  })

  it('is a stop or a start where it is one', () => {
    const saying = (text: string) => heardOf(told({ ...written, channel: 'SMS', content: [{ type: 'TEXT', text }] }))
    expect(saying(' stop ')?.[1]).toEqual({
      kind: 'suppress',
      channel: 'SMS',
      address: '+6591234567',
      reason: 'opted-out',
    })
    expect(saying('START')?.[1]).toEqual({ kind: 'lift', channel: 'SMS', address: '+6591234567' })
  })

  it('is a reply without text where it is a picture, and with what was chosen where it is a choice', () => {
    expect(heardOf(told({ ...written, content: [{ type: 'IMAGE', url: 'https://x.example' }] }))).toEqual([reply])
    expect(heardOf(told({ ...written, content: 'nonsense' }))).toEqual([reply])
    expect(heardOf(told({ ...written, content: [{ type: 'BUTTON_REPLY', text: 'Yes', payload: '1' }] }))).toEqual([
      { ...reply, text: 'Yes' },
    ])
  })

  it('in answer to a message of ours means that it was read', () => {
    const report = { status: 'read', native: 'reply', providerAt: DONE_AT }
    expect(told({ ...written, pairedMessageId: ID })).toMatchObject({ receipts: [{ providerRef: ID, report }] })
    expect(told({ ...written, pairedMessageId: ID, callbackData: REF })).toMatchObject({
      receipts: [{ attemptRef: REF, report }],
    })
  })

  it('in answer to an SMS means nothing of the kind, and neither does an echo alone', () => {
    expect(told({ ...written, channel: 'SMS', pairedMessageId: ID })).toMatchObject({ receipts: [] })
    expect(told({ ...written, callbackData: REF })).toMatchObject({ receipts: [] })
  })

  it.each([
    { ...written, sender: 'anonymous' },
    { ...written, channel: 'MESSENGER' },
    { ...written, messageId: 2 ** 64 },
    { ...written, event: 'TYPING_STARTED' },
    { ...written, event: undefined },
  ])('is ignored as %j', (item) => {
    expect(told(item)).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })
})

describe('who is believed', () => {
  const body = JSON.stringify({
    results: [deliveryResult(MESSAGE, { groupId: 3, id: 5, name: 'DELIVERED_TO_HANDSET' })],
  })
  const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`

  it('is who has the token of any of our secrets', () => {
    expect(call(body, { secrets: ['next', INFOBIP_SECRET] }).kind).toBe('receipts')
    expect(call(body, { secrets: ['next'] }).kind).toBe('refused')
  })

  it('is a subscription that logs in with the secret as its password', () => {
    const url = '/callbacks/connection'
    expect(call(body, { url, authorization: basic(`infobip:${INFOBIP_SECRET}`) }).kind).toBe('receipts')
    for (const authorization of [
      basic('infobip:a guess'),
      basic('infobip:'),
      basic(INFOBIP_SECRET),
      `Bearer ${INFOBIP_SECRET}`,
      'Basic',
      '',
    ]) {
      expect(call(body, { url, authorization }).kind).toBe('refused')
    }
  })

  it('is nobody without a token, and nobody where there is no secret', () => {
    expect(call(body, { url: '/callbacks/connection' }).kind).toBe('refused')
    expect(call(body, { url: `/callbacks/connection?token=${INFOBIP_SECRET}` }).kind).toBe('refused')
    expect(call(body, { secrets: [] }).kind).toBe('refused')
  })
})

describe('a body', () => {
  it.each(['', 'nonsense', '[]', 'null', '{}', '{"results":{}}', '{"results":null}'])('of %j is unreadable', (body) => {
    expect(call(body)).toMatchObject({ kind: 'unreadable' })
  })

  it('that is no UTF-8 is unreadable', () => {
    expect(call(Buffer.from([0xff, 0xfe, 0x7b])).kind).toBe('unreadable')
  })

  it('with nothing in it tells nothing', () => {
    expect(told()).toEqual({ kind: 'receipts', receipts: [], ignored: 0 })
  })

  it('loses none of its items to a bad one', () => {
    const good = deliveryResult(MESSAGE, { groupId: 3, id: 5, name: 'DELIVERED_TO_HANDSET' })
    expect(told(good, null, [], 'x', { event: 'DELIVERY', status: 'x' }, good)).toMatchObject({
      receipts: [{ attemptRef: REF }, { attemptRef: REF }],
      ignored: 4,
    })
  })
})
