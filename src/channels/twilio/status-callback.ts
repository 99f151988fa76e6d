import type { Report } from '../../domain/advance.ts'
import type { CallbackResult, RawRequest } from '../../engine/ports/channel.ts'
import { lookUp } from '../../json/loose-json.ts'
import { attemptRefIn, receiptsOf } from '../attempt-ref.ts'
import { canReach } from '../can-reach.ts'
import { suppressedBy } from '../error-meaning.ts'
import { CHANNEL_NAMES, readAddress } from './address.ts'
import { meaningOf, VALIDITY_RAN_OUT, wordsFor } from './error-codes.ts'
import { isInbound, readInbound } from './inbound-message.ts'
import { isSignedBy } from './signature.ts'

/**
 * Twilio's word on a message, one message and status to a call. Calls come in any order and more than once; which message
 * is meant stands in the URL, by our own reference, so that a call that overtakes the answer to the send finds it too.
 */
const REFERENCE = 'attempt'
/** The channel stands there too: a messaging service may have made RCS of an SMS, and then reports on RCS. */
const CHANNEL = 'channel'
/**
 * By itself Twilio gives up after one try unless the connection failed. This asks for up to five more when we cannot take a
 * call; it is read by Twilio, is not sent to us and is not signed.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
const KEEP_TRYING = '#rc=5&rp=ct,rt,5xx'

/**
 * Where Twilio is to report on an attempt; undefined where it could not reach us. It refuses a message whose URL it finds
 * wrong, and it is better to send without hearing more than not to send. A stand-in on this machine reaches this machine.
 */
export function statusCallbackUrl(
  callbackUrl: string,
  { attemptRef, channel }: { attemptRef: string; channel: string },
  baseUrl: string,
): string | undefined {
  if (!canReach(baseUrl, callbackUrl)) return undefined
  return `${callbackUrl}?${new URLSearchParams({ [REFERENCE]: attemptRef, [CHANNEL]: channel })}${KEEP_TRYING}`
}

/**
 * Verifies and reads a call: a status, or what somebody has written to us. `callbackUrl` is ours as Twilio knows it; the
 * query comes from the request.
 */
export function readCallback(request: RawRequest, callbackUrl: string, tokens: readonly string[]): CallbackResult {
  if (tokens.length === 0) return refused('this connection takes no callbacks: it has no authToken')
  const signature = request.headers['x-twilio-signature']
  if (!signature) return refused('it is not signed')
  const { search, searchParams } = new URL(request.url, 'http://host.invalid')
  if (!isSignedBy(tokens, { signature, url: callbackUrl + search, body: request.body })) {
    return refused(
      'its signature does not match: is publicUrl the address that Twilio calls, and authToken the primary one?',
    )
  }
  const form = new URLSearchParams(request.body.toString())
  const providerRef = textOf(form, 'MessageSid') ?? textOf(form, 'SmsSid')
  if (providerRef === undefined) return { kind: 'unreadable', detail: 'the body is not a form that names a message' }
  if (isInbound(form)) return readInbound(form, providerRef)
  const report = reportOf(form)
  if (report === undefined) return { kind: 'receipts', receipts: [], ignored: 1 }
  const receipts = receiptsOf(attemptRefIn(searchParams.get(REFERENCE)), providerRef, report)
  const to = readAddress(form.get('To') ?? '')
  const channel = CHANNEL_NAMES.find((name) => name === searchParams.get(CHANNEL)) ?? to?.channel
  const heard = suppressedBy(meaningOf(report.error?.code), channel, to?.address)
  return { kind: 'receipts', receipts, ...(heard.length > 0 && { heard }), ignored: 0 }
}

const STATUSES: Readonly<Record<string, Report['status']>> = {
  accepted: 'accepted',
  scheduled: 'accepted',
  queued: 'accepted',
  sending: 'accepted',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  failed: 'failed',
  undelivered: 'failed',
  canceled: 'failed',
}

/**
 * Undefined for a word that we do not know. The carrier's time (`RawDlrDoneDate`) is left alone: it has minutes and no time
 * zone, so it cannot be held against the times of other channels.
 */
function reportOf(form: URLSearchParams): Report | undefined {
  const native = form.get('MessageStatus') ?? ''
  const status = lookUp(STATUSES, native)
  if (status !== 'failed') return status && { status, native }
  const given = textOf(form, 'ErrorCode')
  const code = given && /^\d{1,6}$/.test(given) ? given : undefined
  return {
    status: code === VALIDITY_RAN_OUT ? 'expired' : 'failed',
    native,
    error: { ...(code !== undefined && { code }), message: wordsFor(code) ?? `${native}, and Twilio does not say why` },
  }
}

const LONGEST_FIELD = 100

function textOf(form: URLSearchParams, name: string): string | undefined {
  const text = form.get(name)?.trim()
  return text && text.length <= LONGEST_FIELD ? text : undefined
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}
