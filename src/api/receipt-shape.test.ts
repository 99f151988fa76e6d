import { describe, expect, test } from 'vitest'
import type { ReceiptDelivery } from '../engine/ports/outbox.ts'
import { deliveryReceipt, inboundMessage, receiptStatus } from './receipt-shape.ts'

const AT = Date.UTC(2026, 4, 5, 9, 16, 1)
const DELIVERY: ReceiptDelivery = {
  kind: 'receipt',
  envelope: {
    umid: '0f4a1f6e-3b62-4cf1-9b93-000000000001',
    subAccountId: 'demo_hq',
    acceptedAt: AT,
    user: { msisdn: '+6590000001', country: 'SG', channelUserId: 'SG.1' },
    type: 'text',
    content: { text: 'Hello' },
    clientMessageId: 'unread-7',
    batchId: 'cf3cbbf5-0000-4000-8000-000000000003',
    clientBatchId: 'nightly-1',
  },
  eventNumber: 3,
  step: 1,
  channel: 'WhatsApp',
  status: 'rejected',
  at: AT,
  error: { code: '131026', message: 'Message undeliverable' },
}

describe('a receipt to the sender', () => {
  test('has the documented shape, with the step and the number of the event', () => {
    expect(deliveryReceipt(DELIVERY)).toEqual({
      version: 9,
      namespace: 'ChatApps',
      eventType: 'outbound_message_status_changed',
      description: 'ChatApps outbound message delivery receipt',
      payload: {
        umid: '0f4a1f6e-3b62-4cf1-9b93-000000000001',
        batchId: 'cf3cbbf5-0000-4000-8000-000000000003',
        clientMessageId: 'unread-7',
        clientBatchId: 'nightly-1',
        subAccountId: 'demo_hq',
        channel: 'whatsapp',
        step: 2,
        eventNumber: 3,
        user: { msisdn: '+6590000001', channelUserId: 'SG.1' },
        status: {
          state: 'undelivered',
          detail: 'rejected_by_operator',
          timestamp: '2026-05-05T09:16:01.000Z',
          errorCode: 1018,
          errorMessage: 'Message undeliverable',
        },
        whatsapp: { providerErrorCode: '131026' },
      },
    })
  })

  test('leaves out what is empty', () => {
    const { batchId: _, clientMessageId: __, clientBatchId: ___, ...envelope } = DELIVERY.envelope
    const { error: ____, ...delivery } = DELIVERY
    const receipt = deliveryReceipt({ ...delivery, envelope, status: 'read' })
    expect(receipt).toMatchObject({ payload: { status: { state: 'read', timestamp: '2026-05-05T09:16:01.000Z' } } })
    expect(JSON.stringify(receipt)).not.toMatch(
      /null|batchId|clientMessageId|clientBatchId|"detail"|error|providerErrorCode/,
    )
  })
})

describe('a status', () => {
  const timestamp = '2026-05-05T09:16:01.000Z'
  test.each([
    ['queued', { state: 'queued' }],
    ['accepted', { state: 'sent' }],
    ['sent', { state: 'sent' }],
    ['delivered', { state: 'delivered', detail: 'delivered_to_recipient' }],
    ['read', { state: 'read' }],
    ['rejected', { state: 'undelivered', detail: 'rejected_by_operator', errorCode: 57 }],
    ['failed', { state: 'undelivered', detail: 'undelivered_to_recipient', errorCode: 57 }],
    ['expired', { state: 'undelivered', detail: 'undelivered_to_recipient', errorCode: 36 }],
  ] as const)('%s becomes %j', (status, expected) => {
    expect(receiptStatus({ status, at: AT, channel: 'SMS' })).toEqual({ ...expected, timestamp })
  })

  test('of a step that was skipped is rejected, with a number for the reason', () => {
    const error = { message: 'no address' }
    const status = receiptStatus({ status: 'rejected', at: AT, channel: 'SMS', skipped: 'no-address', error })
    expect(status).toEqual({ state: 'rejected', timestamp, errorCode: 15, errorMessage: 'no address' })
  })

  test("takes a WhatsApp number for a provider's code on WhatsApp only", () => {
    const error = { code: '131047', message: 'window' }
    expect(receiptStatus({ status: 'failed', at: AT, channel: 'WhatsApp', error }).errorCode).toBe(1022)
    expect(receiptStatus({ status: 'failed', at: AT, channel: 'Viber', error }).errorCode).toBe(57)
  })
})

test('what a person wrote back has the shape of an inbound message', () => {
  const reply = { id: 'r-1', connection: 'sms', channel: 'SMS', address: '+6590000001', providerId: 'SM1', at: AT }
  const about = { kind: 'reply', subAccountId: 'demo_hq', reply: { ...reply, text: 'On my way' } } as const
  expect(inboundMessage(about)).toEqual({
    version: 3,
    namespace: 'ChatApps',
    eventType: 'inbound_message_received',
    description: 'ChatApps inbound message',
    payload: {
      umid: 'r-1',
      subAccountId: 'demo_hq',
      timestamp: '2026-05-05T09:16:01.000Z',
      user: { msisdn: '+6590000001' },
      recipient: { channel: 'sms', channelId: 'sms' },
      type: 'Text',
      content: { text: 'On my way' },
    },
  })
  const wordless = inboundMessage({ ...about, reply: { ...reply, channel: 'Telegram', address: '9' } })
  expect(wordless).toMatchObject({ payload: { user: { channelUserId: '9' }, type: 'None', content: {} } })
})
