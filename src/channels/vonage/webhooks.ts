import type { Report } from '../../domain/advance.ts'
import { lookUpChannel } from '../../domain/channel-catalogue.ts'
import type { CallbackResult, RawRequest, Receipt } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, idIn, parseJson, textIn, timeIn } from '../../json/loose-json.ts'
import { attemptRefIn, receiptsOf } from '../attempt-ref.ts'
import { suppressedBy } from '../error-meaning.ts'
import { heardText } from '../replies.ts'
import { channelOf, fromVonage } from './address.ts'
import { codeIn, meaningOf, statusOfRejected, wordsFor } from './error-codes.ts'
import { whyForged } from './webhook-signature.ts'

/**
 * What Vonage posts to us: a status of what we have sent, or what somebody has written. Both may come to one address, and a
 * status is the one that has a `status`. Our reference comes back as `client_ref`, so that a status finds its attempt even if
 * the answer to the send was lost. https://developer.vonage.com/en/messages/concepts/messages-status-callbacks
 */
export async function readWebhook(request: RawRequest, secrets: readonly string[]): Promise<CallbackResult> {
  const forged = await whyForged(request.headers.authorization, request.body, secrets)
  if (forged !== undefined) return { kind: 'refused', detail: forged }
  const fields = fieldsOf(parseJson(request.body))
  const id = idIn(fields?.message_uuid)
  if (fields === undefined || id === undefined) {
    return { kind: 'unreadable', detail: 'the body is no JSON object that names a message' }
  }
  return 'status' in fields ? readStatus(fields, id) : readInbound(fields, id)
}

const NOTHING: CallbackResult = { kind: 'receipts', receipts: [], ignored: 1 }

function readStatus(fields: Fields, providerRef: string): CallbackResult {
  const report = reportOf(fields)
  if (report === undefined) return NOTHING
  const receipts = receiptsOf(attemptRefIn(textIn(fields.client_ref)), providerRef, report)
  const channel = channelOf(fields.channel)
  const address = channel === undefined ? undefined : fromVonage(channel, fields.to)
  const heard = suppressedBy(meaningOf(report.error?.code), channel, address)
  return { kind: 'receipts', receipts, ...(heard.length > 0 && { heard }), ignored: 0 }
}

const STATUSES = new Map<unknown, Report['status']>([
  ['submitted', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['undeliverable', 'failed'],
])

/** Undefined for a word that we do not know. */
function reportOf({ status: native, timestamp, error }: Fields): Report | undefined {
  const code = codeIn(error)
  const status = native === 'rejected' ? statusOfRejected(code) : STATUSES.get(native)
  if (typeof native !== 'string' || status === undefined) return undefined
  const providerAt = timeIn(timestamp)
  const message = wordsFor(code) ?? `${native}, and Vonage does not say why`
  const isBad = native === 'rejected' || native === 'undeliverable'
  return {
    status,
    native,
    ...(providerAt !== undefined && { providerAt }),
    ...(isBad && { error: { ...(code !== undefined && { code }), message } }),
  }
}

/** What somebody has written to us. */
function readInbound(fields: Fields, id: string): CallbackResult {
  const type = textIn(fields.message_type)
  const channel = channelOf(fields.channel)
  const address = channel === undefined ? undefined : fromVonage(channel, fields.from)
  if (type === undefined || channel === undefined || address === undefined) return NOTHING
  const receipts = quotedIn(fields, channel)
  // Who puts a heart to a message has read it, and written nothing.
  if (type === 'reaction') return { kind: 'receipts', receipts, ignored: receipts.length === 0 ? 1 : 0 }
  const text = saidIn(fields, type)
  const at = timeIn(fields.timestamp)
  const reply = { channel, address, id, ...(text !== undefined && { text }), ...(at !== undefined && { at }) }
  return { kind: 'receipts', receipts, heard: heardText(reply), ignored: 0 }
}

/** The words of a message: its own, those of the button that was pressed, or those beside media. */
function saidIn(fields: Fields, type: string): string | undefined {
  const part = fieldsOf(fields[type])
  return textIn(fields.text) ?? textIn(part?.title) ?? textIn(part?.text) ?? textIn(part?.caption)
}

/** Who quotes a message of ours has read it. People quote what they have written themselves, too. */
function quotedIn({ context, from }: Fields, channel: string): Receipt[] {
  const quoted = fieldsOf(context)
  const providerRef = idIn(quoted?.message_uuid)
  const isOurs = providerRef !== undefined && quoted?.message_from !== from
  if (!isOurs || !lookUpChannel(channel)?.reports.includes('read')) return []
  return [{ providerRef, report: { status: 'read', native: 'reply' } }]
}
