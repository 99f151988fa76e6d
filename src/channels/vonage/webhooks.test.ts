import { describe, expect, it } from 'vitest'
import { signedByVonage, VONAGE_SIGNATURE_SECRET } from '../../../test/fakes/vonage.ts'
import { readWebhook } from './webhooks.ts'

const UUID = 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab'
const OTHER = '11111111-bbbb-4ccc-8ddd-0123456789ab'
const REF = '0199c0de-0000-7000-8000-000000000001.2'
const AT = Date.parse('2026-03-01T12:00:05Z')

async function read(body: object | string) {
  const { headers, body: text } = signedByVonage(body as string)
  const request = { method: 'POST', url: '/callbacks/vonage', headers, body: Buffer.from(text) }
  return readWebhook(request, [VONAGE_SIGNATURE_SECRET])
}

/** As Vonage's documentation shows it. */
const STATUS = {
  message_uuid: UUID,
  to: '6591234567',
  from: '15551234567',
  timestamp: '2026-03-01T12:00:05.000Z',
  channel: 'sms',
  client_ref: REF,
  sms: { count_total: '2', segments: [{ timestamp: '2026-03-01T12:00:05.000Z', status: 'delivered' }] },
  destination: { network_code: '12345' },
}
const error = (code: string) => ({
  type: `https://developer.vonage.com/api-errors/messages#${code}`,
  title: code,
  detail: 'Said of 6591234567',
  instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
})

describe('a status', () => {
  it.each([
    ['submitted', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'read'],
  ])('%s is %s', async (native, status) => {
    const receipts = [{ attemptRef: REF, report: { status, native, providerAt: AT } }]
    expect(await read({ ...STATUS, status: native })).toEqual({ kind: 'receipts', receipts, ignored: 0 })
  })

  it.each([
    ['rejected', '1120', 'rejected', 'the sender is not allowed there'],
    ['rejected', '1180', 'failed', 'the phone cannot be reached for now'],
    ['rejected', '1260', 'failed', 'the number cannot be reached'],
    ['rejected', '1300', 'failed', 'the person is not on this channel'],
    ['rejected', '1310', 'failed', 'no device of the person can show the message'],
    ['rejected', '1340', 'rejected', 'the time is over in which the channel takes such a message'],
    ['rejected', '1360', 'expired', 'its time was over before it was delivered'],
    ['rejected', '1999', 'rejected', 'error 1999, see https://developer.vonage.com/en/api-errors/messages'],
    ['undeliverable', '1331', 'failed', 'the channel has failed inside'],
  ])('%s with %s is %s', async (native, code, status, message) => {
    const report = { status, native, providerAt: AT, error: { code, message } }
    expect(await read({ ...STATUS, status: native, error: error(code) })).toMatchObject({ receipts: [{ report }] })
  })

  it.each(['rejected', 'undeliverable'])('%s without a reason says so', async (status) => {
    const message = `${status}, and Vonage does not say why`
    for (const odd of [undefined, null, 'x', { title: '<b>' }, { type: 7 }]) {
      expect(await read({ ...STATUS, status, error: odd })).toMatchObject({
        receipts: [{ report: { error: { message } } }],
      })
    }
  })

  it.each(['levitated', '', 'Delivered', 'toString', 7, null])('%j is ignored', async (status) => {
    expect(await read({ ...STATUS, status })).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })

  it.each([undefined, '', 'order-77', `${REF}x`, 7, `${'a'.repeat(65)}.1`])(
    'with the reference %j is of the message that Vonage names',
    async (client_ref) => {
      const result = await read({ ...STATUS, client_ref, status: 'delivered' })
      expect(result).toMatchObject({ receipts: [{ providerRef: UUID, report: { status: 'delivered' } }] })
    },
  )

  it.each(['soon', 0, undefined, {}])('at %j has no time', async (timestamp) => {
    const report = { status: 'delivered', native: 'delivered' }
    expect(await read({ ...STATUS, timestamp, status: 'delivered' })).toMatchObject({
      receipts: [{ attemptRef: REF, report }],
    })
  })
})

describe('a failure that is true of the person', () => {
  it.each([
    ['1240', 'opted-out'],
    ['1170', 'bad-address'],
    ['1190', 'bad-address'],
  ])('%s suppresses the address on its channel', async (code, reason) => {
    const heard = [{ kind: 'suppress', channel: 'SMS', address: '+6591234567', reason }]
    expect(await read({ ...STATUS, status: 'rejected', error: error(code) })).toMatchObject({ heard })
  })

  it.each([
    ['1300', 'whatsapp', '6591234567'],
    ['1240', 'messenger', '6591234567'],
    ['1240', 'sms', 'Shop'],
    ['1240', 'sms', 6591234567],
    ['1240', undefined, undefined],
  ])('%s on %s of %j is none', async (code, channel, to) => {
    const result = await read({ ...STATUS, channel, to, status: 'rejected', error: error(code) })
    expect(result).not.toHaveProperty('heard')
    expect(result).toMatchObject({ receipts: [{ attemptRef: REF }] })
  })
})

const INBOUND = { message_uuid: OTHER, to: '15551234567', from: '6591234567', timestamp: '2026-03-01T12:00:05Z' }

describe('what somebody has written', () => {
  it.each([
    ['sms', 'SMS'],
    ['mms', 'SMS'],
    ['whatsapp', 'WhatsApp'],
    ['viber_service', 'Viber'],
    ['rcs', 'RCS'],
  ])('on %s is heard on %s', async (native, channel) => {
    const heard = [{ kind: 'reply', channel, address: '+6591234567', id: OTHER, text: 'On my way', at: AT }]
    const inbound = { ...INBOUND, channel: native, message_type: 'text', text: 'On my way' }
    expect(await read(inbound)).toEqual({ kind: 'receipts', receipts: [], heard, ignored: 0 })
  })

  it('may be STOP or START', async () => {
    const said = async (text: string) => {
      const result = await read({ ...INBOUND, channel: 'sms', message_type: 'text', text, sms: { keyword: text } })
      return result.kind === 'receipts' ? result.heard?.map(({ kind }) => kind) : undefined
    }
    expect(await said('STOP')).toEqual(['reply', 'suppress'])
    expect(await said('start')).toEqual(['reply', 'lift'])
  })

  it.each([
    [{ message_type: 'reply', reply: { id: '1', title: 'Stop' } }, 'Stop'],
    [{ message_type: 'button', button: { payload: 'b1', text: 'Yes' } }, 'Yes'],
    [{ message_type: 'image', image: { url: 'https://x/a.jpg', caption: 'Look' } }, 'Look'],
    [{ message_type: 'audio', audio: { url: 'https://x/a.mp3' } }, undefined],
    [{ message_type: 'unsupported' }, undefined],
    [{ message_type: 'text', text: 7 }, undefined],
  ])('as %j says %j', async (part, text) => {
    const result = await read({ ...INBOUND, channel: 'whatsapp', ...part })
    const [reply] = result.kind === 'receipts' ? (result.heard ?? []) : []
    expect(reply?.kind === 'reply' ? reply.text : 'nothing was heard').toBe(text)
  })

  it('by somebody who hides the number is heard by the id', async () => {
    const from = 'SG.13491208655302741918'
    const heard = { heard: [{ kind: 'reply', channel: 'WhatsApp', address: from }] }
    expect(await read({ ...INBOUND, from, channel: 'whatsapp', message_type: 'text', text: 'Hi' })).toMatchObject(heard)
  })

  it.each([
    { channel: 'messenger', message_type: 'text', text: 'Hi' },
    { channel: 'sms', message_type: 'text', text: 'Hi', from: 'Shop' },
    { channel: 'sms', message_type: 'text', text: 'Hi', from: 'SG.1349' },
    { channel: 'sms', text: 'Hi' },
    {},
  ])('as %j is ignored', async (part) => {
    expect(await read({ ...INBOUND, ...part })).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })
})

describe('a quoted message', () => {
  const quoting = async (more: object) => {
    const inbound = { ...INBOUND, channel: 'whatsapp', message_type: 'text', text: 'Yes', context_status: 'available' }
    const result = await read({ ...inbound, context: { message_uuid: UUID, message_from: '15551234567' }, ...more })
    return result.kind === 'receipts' ? result.receipts : undefined
  }
  const isRead = [{ providerRef: UUID, report: { status: 'read', native: 'reply' } }]

  it('of ours has been read, on Viber as well, and by a heart', async () => {
    expect(await quoting({})).toEqual(isRead)
    expect(await quoting({ channel: 'viber_service', context: { message_uuid: UUID } })).toEqual(isRead)
    const heart = { message_type: 'reaction', reaction: { action: 'react', emoji: '❤' }, text: undefined }
    expect(await quoting(heart)).toEqual(isRead)
    const body = { ...INBOUND, channel: 'whatsapp', ...heart }
    expect(await read(body)).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })

  it('of the person’s own, or of nobody’s, says nothing', async () => {
    expect(await quoting({ context: { message_uuid: UUID, message_from: '6591234567' } })).toEqual([])
    for (const context of [undefined, null, [], {}, { message_uuid: 7 }]) expect(await quoting({ context })).toEqual([])
    expect(await quoting({ channel: 'sms' })).toEqual([])
  })
})

it.each(['', '[]', 'null', '7', '{"status":"delivered"}', '{"message_uuid":7}', '{"message_uuid":"x"', '<html>'])(
  'the body %j is unreadable',
  async (body) => {
    expect(await read(body)).toMatchObject({ kind: 'unreadable', detail: expect.stringMatching(/\S/) })
  },
)
