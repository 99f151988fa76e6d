import { e164Of } from '../../domain/address.ts'
import { lookUpChannel } from '../../domain/channel-catalogue.ts'
import type { Report } from '../../domain/transition.ts'
import type { CallbackResult, RawRequest, Told } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, idIn, parseJson, textIn, timeIn } from '../../json/loose-json.ts'
import { isOneOf } from '../../signing/same-text.ts'
import { attemptRefIn, receiptsOf } from '../attempt-ref.ts'
import { hasToken } from '../callback-token.ts'
import type { World } from '../define-channel.ts'
import { suppressedBy } from '../error-meaning.ts'
import { heardText } from '../replies.ts'
import { codeIn } from './answer.ts'
import { EXPIRED, receiptMeaning, receiptWords } from './receipt-codes.ts'
import { channelOfWire } from './request.ts'

/**
 * What 8x8 posts, one receipt or one inbound message to a call, in an envelope that both of its APIs share. It signs
 * nothing: a configured webhook sends the `Authorization` that it was given, and an address that came with a message has our
 * token in its query.
 */
export function readWebhook(request: RawRequest, world: World, secrets: readonly string[]): CallbackResult {
  if (secrets.length === 0) return refused('this connection takes no callbacks: it has no webhookAuthorization')
  const isOurs = isOneOf(request.headers.authorization ?? '', secrets) || hasToken(request.url, world, secrets)
  if (!isOurs) return refused('it has neither the Authorization nor the token of this connection')
  const event = fieldsOf(parseJson(request.body))
  const payload = fieldsOf(event?.payload)
  if (event === undefined || payload === undefined) {
    return { kind: 'unreadable', detail: 'the body is no JSON with a payload' }
  }
  const { receipts = [], heard = [] } = toldBy(event, payload)
  return {
    kind: 'receipts',
    receipts,
    ...(heard.length > 0 && { heard }),
    ignored: receipts.length + heard.length === 0 ? 1 : 0,
  }
}

function toldBy({ namespace, eventType }: Fields, payload: Fields): Partial<Told> {
  const isSms = namespace === 'SMS'
  switch (eventType) {
    case 'outbound_message_status_changed':
      return isSms ? receipt(payload, 'SMS', payload.destination) : receipt(payload, payload.channel)
    case 'inbound_message_received':
      return isSms ? inboundSms(payload) : inbound(payload)
    default:
      return {}
  }
}

function receipt(payload: Fields, wire: unknown, number?: unknown): Partial<Told> {
  const report = reportOf(fieldsOf(payload.status) ?? {})
  if (report === undefined) return {}
  const channel = channelOfWire(wire)
  const address = channel && (e164Of(textIn(number) ?? '') ?? addressOf(channel, fieldsOf(payload.user)))
  const heard = suppressedBy(receiptMeaning(report.error?.code), channel, address)
  return { receipts: receiptsOf(attemptRefIn(payload.clientMessageId), idIn(payload.umid), report), heard }
}

/** `state`, or `state/detail` where the detail makes a difference: an operator that has it is not yet the person. */
const STATUSES: Readonly<Record<string, Report['status']>> = {
  queued: 'accepted',
  accepted: 'accepted',
  sent: 'sent',
  'delivered/delivered_to_operator': 'sent',
  'delivered/delivered_to_carrier': 'sent',
  'delivered/delivered_to_recipient': 'delivered',
  delivered: 'delivered',
  read: 'read',
  rejected: 'rejected',
  undelivered: 'failed',
}

function reportOf(given: Fields): Report | undefined {
  const state = textIn(given.state)?.toLowerCase() ?? ''
  const detail = textIn(given.detail)?.toLowerCase()
  const native = detail === undefined ? state : `${state}/${detail}`
  // Of something delivered to we do not know whom, nothing is guessed.
  const known = [native, ...(state === 'delivered' ? [] : [state])].find((key) => Object.hasOwn(STATUSES, key))
  if (known === undefined) return undefined
  const providerAt = timeIn(given.timestamp)
  const report = { native: native.slice(0, 100), ...(providerAt !== undefined && { providerAt }) }
  const status = STATUSES[known] as Report['status']
  if (status !== 'failed' && status !== 'rejected') return { status, ...report }
  const code = codeIn(given.errorCode)
  const error =
    code === undefined ? { message: `${state}, and 8x8 does not say why` } : { code, message: receiptWords(code) }
  return { status: code === EXPIRED ? 'expired' : status, ...report, error }
}

function inboundSms(payload: Fields): Partial<Told> {
  const address = e164Of(textIn(payload.source) ?? '')
  const id = idIn(payload.umid)
  if (address === undefined || id === undefined) return {}
  return { heard: heardText({ channel: 'SMS', address, id, ...written(payload.body, payload.timestamp) }) }
}

/** Of what a person writes. Who quotes a message has it before him. */
function inbound(payload: Fields): Partial<Told> {
  const channel = channelOfWire(fieldsOf(payload.recipient)?.channel)
  const address = channel && addressOf(channel, fieldsOf(payload.user))
  const id = idIn(payload.umid)
  if (channel === undefined || address === undefined || id === undefined) return {}
  const { text, interactive } = fieldsOf(payload.content) ?? {}
  const { button_reply, list_reply } = fieldsOf(interactive) ?? {}
  const said = text ?? fieldsOf(button_reply)?.title ?? fieldsOf(list_reply)?.title
  const { at, ...rest } = written(said, payload.timestamp)
  const heard = heardText({ channel, address, id, ...rest, ...(at !== undefined && { at }) })
  if (!lookUpChannel(channel)?.reports.includes('read')) return { heard }
  const report: Report = { status: 'read', native: 'reply', ...(at !== undefined && { providerAt: at }) }
  return { heard, receipts: receiptsOf(undefined, idIn(payload.replyToUmid), report) }
}

function written(body: unknown, timestamp: unknown): { text?: string; at?: number } {
  const text = textIn(body)
  const at = timeIn(timestamp)
  return { ...(text !== undefined && { text }), ...(at !== undefined && { at }) }
}

/** As we write to the person: by number, by LINE id, or by WhatsApp's id where the number is not shown. */
function addressOf(channel: string, user: Fields | undefined): string | undefined {
  const id = idIn(user?.channelUserId)
  if (channel === 'Line') return id
  return e164Of(textIn(user?.msisdn) ?? '') ?? (channel === 'WhatsApp' ? id : undefined)
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}
