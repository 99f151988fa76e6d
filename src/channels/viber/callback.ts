import type { Report } from '../../domain/advance.ts'
import type { CallbackResult, Heard, RawRequest, Told } from '../../engine/ports/channel.ts'
import { parseExactJson } from '../../json/exact-json.ts'
import { type Fields, fieldsOf, idIn, isObject, lookUp, numberedIdIn, textIn, timeIn } from '../../json/loose-json.ts'
import { isBodySignedBy } from '../../signing/body-hmac.ts'
import { attemptRefIn } from '../attempt-ref.ts'
import { heardText } from '../replies.ts'

/**
 * Viber's calls: one event in each, repeated for an hour until it is answered 200. Signed over the raw body with the bot's
 * auth token. https://creators.viber.com/docs/bots-api/events/message-seen
 */
const CHANNEL = 'Viber'

export function readCallback(request: RawRequest, tokens: readonly string[]): CallbackResult {
  const signature = request.headers['x-viber-content-signature'] || sigIn(request.url)
  if (!signature) return refused('it is not signed')
  if (!isBodySignedBy(tokens, signature, request.body)) {
    return refused('its signature does not match: is authToken that of the bot whose webhook this is?')
  }
  const body = parseExactJson(request.body.toString())
  const event = isObject(body) ? textIn(body.event) : undefined
  if (!isObject(body) || event === undefined) return unreadable('the body is no event of Viber’s')
  // When the webhook is set up, Viber calls it and wants nothing but a 200.
  if (event === 'webhook') return { kind: 'reply', status: 200, body: '' }
  const told = readEvent(event, body)
  return told === undefined
    ? unreadable(`the event ${event} names nobody, or no message`)
    : { kind: 'receipts', ...told }
}

/** The same signature stands in the query, for those who cannot read headers. */
function sigIn(url: string): string | null {
  return new URL(url, 'http://host.invalid').searchParams.get('sig')
}

const STATUSES: Readonly<Record<string, Report['status']>> = { delivered: 'delivered', seen: 'read', failed: 'failed' }

/** Undefined for an event that lacks what it is about. */
function readEvent(event: string, body: Fields): Told | undefined {
  const status = lookUp(STATUSES, event)
  if (status !== undefined) return readReceipt(event, status, body)
  switch (event) {
    case 'message':
      return readMessage(body)
    case 'subscribed':
      return hear(idIn(fieldsOf(body.user)?.id), (address) => ({ kind: 'lift', channel: CHANNEL, address }))
    case 'unsubscribed':
      return hear(idIn(body.user_id), (address) => ({
        kind: 'suppress',
        channel: CHANNEL,
        address,
        reason: 'opted-out',
      }))
    default:
      // `conversation_started` among them: who has opened the chat has not subscribed.
      return { receipts: [], ignored: 1 }
  }
}

function readReceipt(native: string, status: Report['status'], body: Fields): Told | undefined {
  const providerRef = numberedIdIn(body.message_token)
  if (providerRef === undefined) return undefined
  const report: Report = { status, native, ...timeOf(body), ...(status === 'failed' && { error: FAILED }) }
  return { receipts: [{ providerRef, report }], ignored: 0 }
}

/** Viber's description of a failure is free text, and may quote the message. */
const FAILED = { message: 'the person’s Viber could not take the message' }

function hear(address: string | undefined, heard: (address: string) => Heard): Told | undefined {
  return address === undefined ? undefined : { receipts: [], heard: [heard(address)], ignored: 0 }
}

/** With what a person writes comes the tracking data of the last message of ours that the chat shows: it has been read. */
function readMessage(body: Fields): Told | undefined {
  const [address, id] = [idIn(fieldsOf(body.sender)?.id), numberedIdIn(body.message_token)]
  if (address === undefined || id === undefined) return undefined
  const message = fieldsOf(body.message)
  const text = textIn(message?.text)
  const { providerAt: at } = timeOf(body)
  const attemptRef = attemptRefIn(message?.tracking_data)
  return {
    receipts:
      attemptRef === undefined ? [] : [{ attemptRef, report: { status: 'read', native: 'reply', ...timeOf(body) } }],
    heard: heardText({
      channel: CHANNEL,
      address,
      id,
      ...(text !== undefined && { text }),
      ...(at !== undefined && { at }),
    }),
    ignored: 0,
  }
}

function timeOf(body: Fields): { providerAt?: number } {
  const providerAt = timeIn(body.timestamp)
  return providerAt === undefined ? {} : { providerAt }
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}

function unreadable(detail: string): CallbackResult {
  return { kind: 'unreadable', detail }
}
