import { createHmac } from 'node:crypto'
import { e164Of } from '../../domain/address.ts'
import type { Report } from '../../domain/advance.ts'
import type { CallbackResult, Heard, RawRequest } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, idIn, lookUp, parseJson, textIn, timeIn } from '../../json/loose-json.ts'
import { isOneOf } from '../../signing/same-text.ts'
import { heardText } from '../replies.ts'

/**
 * Google's word on a message or from a person, one to a call. What counts stands in `message.data`, in base64, and
 * `X-Goog-Signature` is base64 of HMAC-SHA512 over its bytes, keyed with the client token of the webhook.
 * https://developers.google.com/business-communications/rcs-business-messaging/guides/integrate/webhooks
 */
const CHANNEL = 'RCS'

export function readWebhookEvent(request: RawRequest, tokens: readonly string[]): CallbackResult {
  if (tokens.length === 0) return refused('this connection takes no callbacks: it has no clientToken')
  const body = fieldsOf(parseJson(request.body))
  if (body !== undefined && !('message' in body) && 'clientToken' in body) return readChallenge(body, tokens)
  const data = fieldsOf(body?.message)?.data
  if (typeof data !== 'string') return refused('it carries nothing that could be signed')
  const signature = request.headers['x-goog-signature']
  if (!signature) return refused('it is not signed')
  const bytes = Buffer.from(data, 'base64')
  const wanted = tokens.map((token) => createHmac('sha512', token).update(bytes).digest('base64'))
  if (!isOneOf(signature, wanted))
    return refused('its signature does not match: is clientToken the one of this webhook?')
  const event = fieldsOf(parseJson(bytes))
  if (event === undefined) return { kind: 'unreadable', detail: 'message.data is no JSON object' }
  return readEvent(event)
}

/** When the webhook is entered, Google wants to see that somebody is there who knows the token: as plain text, no JSON. */
function readChallenge({ clientToken, secret }: Fields, tokens: readonly string[]): CallbackResult {
  if (typeof clientToken !== 'string' || !isOneOf(clientToken, tokens)) {
    return refused('the client token of the set-up is not the one in clientToken')
  }
  const answer = idIn(secret, LONGEST_SECRET)
  if (answer === undefined) return { kind: 'unreadable', detail: 'the set-up has no secret to answer with' }
  return { kind: 'reply', status: 200, body: answer, contentType: 'text/plain; charset=utf-8' }
}

const LONGEST_SECRET = 1000

const STATUSES: Readonly<Record<string, Report['status']>> = {
  DELIVERED: 'delivered',
  READ: 'read',
  TTL_EXPIRATION_REVOKED: 'expired',
  // TTL_EXPIRATION_REVOKE_FAILED is not here: whether the phone has the message is not known then.
}

function readEvent(event: Fields): CallbackResult {
  const { eventType } = event
  if (eventType === undefined) return readMessage(event)
  if (typeof eventType !== 'string') return { kind: 'unreadable', detail: 'its eventType is no text' }
  if (eventType === 'UNSUBSCRIBE' || eventType === 'SUBSCRIBE') return readSubscription(event, eventType)
  const status = lookUp(STATUSES, eventType)
  if (status === undefined) return heard([])
  const providerRef = idIn(event.messageId)
  if (providerRef === undefined) return { kind: 'unreadable', detail: `${eventType} without a messageId` }
  const providerAt = timeIn(event.sendTime)
  const report: Report = {
    status,
    native: eventType,
    ...(providerAt !== undefined && { providerAt }),
    ...(status === 'expired' && { error: { code: eventType, message: 'it did not arrive in the time it was given' } }),
  }
  return { kind: 'receipts', receipts: [{ providerRef, report }], ignored: 0 }
}

/** Of non-essential messages, as Google has it: which of ours are essential is not for us to say, so it is all of them. */
function readSubscription(event: Fields, eventType: 'UNSUBSCRIBE' | 'SUBSCRIBE'): CallbackResult {
  const address = addressIn(event)
  if (address === undefined) return { kind: 'unreadable', detail: `${eventType} without a phone number` }
  if (eventType === 'SUBSCRIBE') return heard([{ kind: 'lift', channel: CHANNEL, address }])
  return heard([{ kind: 'suppress', channel: CHANNEL, address, reason: 'opted-out' }])
}

const KINDS_OF_MESSAGE = ['text', 'userFile', 'location', 'suggestionResponse']

function readMessage(event: Fields): CallbackResult {
  if (!KINDS_OF_MESSAGE.some((kind) => event[kind] !== undefined)) return heard([])
  const address = addressIn(event)
  const id = idIn(event.messageId)
  if (address === undefined || id === undefined) {
    return { kind: 'unreadable', detail: 'a message without a phone number or without a messageId' }
  }
  // A button that was tapped says what stands on it.
  const text = textIn(event.text) ?? textIn(fieldsOf(event.suggestionResponse)?.text)
  const at = timeIn(event.sendTime)
  return heard(
    heardText({ channel: CHANNEL, address, id, ...(text !== undefined && { text }), ...(at !== undefined && { at }) }),
  )
}

function addressIn({ senderPhoneNumber }: Fields): string | undefined {
  return typeof senderPhoneNumber === 'string' ? e164Of(senderPhoneNumber) : undefined
}

/** What is understood and of no use is counted. */
function heard(things: Heard[]): CallbackResult {
  if (things.length === 0) return { kind: 'receipts', receipts: [], ignored: 1 }
  return { kind: 'receipts', receipts: [], heard: things, ignored: 0 }
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}
