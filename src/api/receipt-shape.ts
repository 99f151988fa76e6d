import type { AttemptError, SkipReason } from '../domain/message.ts'
import type { User } from '../domain/recipient.ts'
import type { Status } from '../domain/status-ladder.ts'
import type { ReceiptDelivery, ReplyDelivery } from '../engine/ports/outbox.ts'
import { iso } from './iso.ts'

/**
 * Our statuses in the words of the 8x8 receipts. `sent` there means given to the operator, so our `accepted` is one; only
 * what is on the handset is `delivered`. A step that we did not even try is `rejected`, one that the provider refused is
 * `undelivered`.
 */
export type ReceiptStatus = {
  state: string
  detail?: string
  timestamp: string
  errorCode?: number
  errorMessage?: string
}

const WORDS: Record<Status, { state: string; detail?: string }> = {
  queued: { state: 'queued' },
  accepted: { state: 'sent' },
  sent: { state: 'sent' },
  delivered: { state: 'delivered', detail: 'delivered_to_recipient' },
  read: { state: 'read' },
  rejected: { state: 'undelivered', detail: 'rejected_by_operator' },
  failed: { state: 'undelivered', detail: 'undelivered_to_recipient' },
  expired: { state: 'undelivered', detail: 'undelivered_to_recipient' },
}

// Numbers of the receipts' own list of errors.
const EXPIRED = 36
const UNKNOWN_ERROR = 57
const SKIPPED: Record<SkipReason, number> = {
  'no-address': 15, // invalid destination
  'opted-out': 46, // subscriber not reachable
  'bad-address': 15, // invalid destination
  'not-configured': 18, // invalid parameter
  'content-not-carried': 2, // content-related
}
/** Meta's codes that the documents give a number of their own. */
const WHATSAPP: Record<string, number> = {
  '131026': 1018,
  '131047': 1022,
  '131048': 1023,
  '131049': 1024,
  '131056': 1028,
  '132001': 1031,
  '132015': 1035,
  '132016': 1036,
  '133010': 1045,
  '131050': 1051,
  '131062': 1054,
}

export function receiptStatus(input: {
  status: Status
  at: number
  channel: string
  error?: AttemptError
  skipped?: SkipReason
}): ReceiptStatus {
  const { status, at, channel, error, skipped } = input
  const timestamp = iso(at)
  const failure = { ...(error?.message && { errorMessage: error.message }) }
  if (skipped !== undefined) return { state: 'rejected', timestamp, errorCode: SKIPPED[skipped], ...failure }
  const { state, detail } = WORDS[status]
  const words = { state, ...(detail !== undefined && { detail }), timestamp }
  if (state !== 'undelivered') return words
  const known = channel === 'WhatsApp' && error?.code !== undefined ? WHATSAPP[error.code] : undefined
  return { ...words, errorCode: known ?? (status === 'expired' ? EXPIRED : UNKNOWN_ERROR), ...failure }
}

/** The body of a receipt to the sender of a message. `step` (from 1) and `eventNumber` are ours. */
export function deliveryReceipt(delivery: ReceiptDelivery): object {
  const { envelope, channel, error } = delivery
  const name = channel.toLowerCase()
  return {
    version: 9,
    namespace: 'ChatApps',
    eventType: 'outbound_message_status_changed',
    description: 'ChatApps outbound message delivery receipt',
    payload: {
      umid: envelope.umid,
      ...(envelope.batchId && { batchId: envelope.batchId }),
      ...(envelope.clientMessageId && { clientMessageId: envelope.clientMessageId }),
      ...(envelope.clientBatchId && { clientBatchId: envelope.clientBatchId }),
      subAccountId: envelope.subAccountId,
      channel: name,
      step: delivery.step + 1,
      eventNumber: delivery.eventNumber,
      user: withoutCountry(envelope.user),
      status: receiptStatus(delivery),
      ...(error?.code && { [name]: { providerErrorCode: error.code } }),
    },
  }
}

function withoutCountry({ country: _, ...addresses }: User): User {
  return addresses
}

/** The body of what a person wrote back, in the shape of 8x8's inbound messages. `umid` is the reply's own id. */
export function inboundMessage({ subAccountId, reply }: ReplyDelivery): object {
  const { id, connection, channel, address, text, at } = reply
  const isPhone = /^\+[1-9]\d{6,14}$/.test(address)
  return {
    version: 3,
    namespace: 'ChatApps',
    eventType: 'inbound_message_received',
    description: 'ChatApps inbound message',
    payload: {
      umid: id,
      subAccountId,
      timestamp: iso(at),
      user: isPhone ? { msisdn: address } : { channelUserId: address },
      recipient: { channel: channel.toLowerCase(), channelId: connection },
      type: text === undefined ? 'None' : 'Text',
      content: text === undefined ? {} : { text },
    },
  }
}
