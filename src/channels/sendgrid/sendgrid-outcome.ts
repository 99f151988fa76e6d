import type { RejectReason, SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome } from '../../engine/ports/channel.ts'
import type { HttpAnswer, HttpResult } from '../../http/http-client.ts'
import { fieldsOf, idIn, isObject, objectsIn } from '../../json/loose-json.ts'
import { checkByStatus } from '../check-by-status.ts'
import { outcomeOf } from '../send-outcome.ts'

/**
 * What an answer to a send means. Only 202 says that the mail is on its way; 200 is the answer to a mail that was looked at
 * and not taken (sandbox mode). SendGrid has no error codes: which field an error is about tells whose fault it is, and its
 * sentences, which quote addresses, stay where they are. https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
 */
export function outcomeOfAnswer(result: HttpResult, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  const { status } = result
  if (status === 202) return acceptance(result)
  if (status < 300) return { kind: 'uncertain', detail: `answered ${status}, which is not how SendGrid takes a mail` }
  if (usual.kind === 'retry') return { ...usual, afterMs: resetMs(result, now) ?? usual.afterMs }
  return usual.kind === 'rejected' ? refusal(result, usual) : usual
}

function acceptance({ headers }: HttpAnswer): SendOutcome {
  const providerRef = idIn(headers['x-message-id'])
  return { kind: 'accepted', ...(providerRef !== undefined && { providerRef }) }
}

type Rejected = SendOutcome & { kind: 'rejected' }

function refusal({ status, json }: HttpAnswer, usual: Rejected): Rejected {
  if (status === 404 || status === 405) {
    return { ...usual, reason: 'credentials', detail: `${usual.detail}: check baseUrl` }
  }
  const known = STATUSES[status]
  if (known !== undefined) return { ...usual, detail: `SendGrid answered ${status}: ${known}` }
  if (status !== 400) return usual
  const fields = objectsIn(fieldsOf(json)?.errors).map(({ field }) => (typeof field === 'string' ? field : ''))
  const fault = FIELDS.find(({ pattern }) => fields.some((field) => pattern.test(field)))
  if (fault === undefined) return { ...usual, detail: 'SendGrid answered 400: something in the mail is not right' }
  return { ...usual, reason: fault.reason, detail: `SendGrid answered 400: ${fault.words}` }
}

const STATUSES: Readonly<Record<number, string>> = {
  401: 'the API key is not valid, or the account has no more mails left',
  403: 'the API key may not send mail, or the sender is not verified',
  413: 'the mail is too large',
}

/** The first that fits is the fault: without a valid recipient nothing else matters. */
const FIELDS: readonly { pattern: RegExp; reason: RejectReason; words: string }[] = [
  { pattern: /^personalizations(\.\d+)?\.to\b/, reason: 'recipient', words: 'the address is not one that it takes' },
  { pattern: /^from\b/, reason: 'credentials', words: 'the sender (from) is not one that it takes' },
  { pattern: /^reply_to\b/, reason: 'credentials', words: 'replyTo is not one that it takes' },
  { pattern: /^asm\b/, reason: 'credentials', words: 'unsubscribeGroup is not a group of the account' },
  { pattern: /^categories\b/, reason: 'credentials', words: 'the categories are not ones that it takes' },
  { pattern: /^content\b/, reason: 'content', words: 'the text or the HTML is not one that it takes' },
  {
    pattern: /^(personalizations(\.\d+)?\.)?subject\b/,
    reason: 'content',
    words: 'the subject is not one that it takes',
  },
]

const LONGEST_RESET_MS = 3_600_000

/** SendGrid says when a limit is over as a moment, and not with `Retry-After`. */
function resetMs({ headers }: HttpAnswer, now: number): number | undefined {
  const reset = headers['x-ratelimit-reset']
  if (headers['retry-after'] !== undefined || reset === undefined || !/^\d{1,12}$/.test(reset)) return undefined
  const ms = Number(reset) * 1000 - now
  return ms > 0 ? Math.min(ms, LONGEST_RESET_MS) : undefined
}

/** Of the key's scopes the one that matters. */
export function checkOf(result: HttpResult): CheckOutcome {
  return checkByStatus(result, ({ json }) => {
    const scopes = isObject(json) ? json.scopes : undefined
    if (!Array.isArray(scopes)) return { kind: 'unknown', detail: 'the answer is not one of SendGrid’s' }
    return scopes.includes('mail.send')
      ? { kind: 'good', detail: 'the key may send mail' }
      : { kind: 'refused', detail: 'the key is valid but may not send mail: give it Mail Send' }
  })
}
