import type { KeyObject } from 'node:crypto'
import type { Report } from '../../domain/advance.ts'
import type { CallbackResult, RawRequest } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, idIn, lookUp, parseJson, timeIn } from '../../json/loose-json.ts'
import { attemptRefIn, receiptsOf } from '../attempt-ref.ts'
import { ATTEMPT_KEY, collectEvents, heardOf, type MailEvent, type Verdict } from '../mail-events.ts'
import { mailFailure } from '../mail-failure.ts'
import { isSignedBy } from './signature.ts'

/**
 * SendGrid's word on many mails at once: a list of events, in any order and more than once.
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
 */
export type EventReader = {
  /** Any of them may have signed. */
  keys: readonly KeyObject[]
  /** The unsubscribe group of our mails, where they have one. */
  group?: number | undefined
  now: number
}

/**
 * SendGrid tries for a day to bring us what we could not take, and does not say whether it signs each try anew. So an old
 * signature is believed as long as it may still be such a try; a replay tells us nothing that we have not heard.
 */
const OLDEST_MS = 25 * 3_600_000
const AHEAD_MS = 3_600_000 // our clock may be behind

export function readEventWebhook(request: RawRequest, reader: EventReader): CallbackResult {
  const { headers, body } = request
  if (reader.keys.length === 0) return refused('this connection takes no events: it has no verificationKey')
  const signature = headers['x-twilio-email-event-webhook-signature']
  const timestamp = headers['x-twilio-email-event-webhook-timestamp']
  if (!signature || !timestamp) return refused('it is not signed: is the signed event webhook switched on?')
  const age = /^\d{1,12}$/.test(timestamp) ? reader.now - Number(timestamp) * 1000 : Number.NaN
  if (!(age <= OLDEST_MS && age >= -AHEAD_MS)) return refused('it was signed at another time, or our clock is wrong')
  if (!isSignedBy(reader.keys, { signature, timestamp, body })) {
    return refused('its signature does not match: is verificationKey the one of this webhook?')
  }
  const events = parseJson(body)
  if (!Array.isArray(events)) return { kind: 'unreadable', detail: 'the body is not a list of events' }
  return collectEvents(events, (event) => readEvent(fieldsOf(event) ?? {}, reader.group))
}

function readEvent(event: Fields, group: number | undefined): MailEvent {
  const attemptRef = attemptRefIn(event[ATTEMPT_KEY])
  const meaning = meaningOf(event)
  if (meaning === undefined) return {}
  const { heard, report } = meaning
  // An account may send more than our mails: who leaves the group of a newsletter has not left us.
  const isOurs = attemptRef !== undefined || (group !== undefined && event.asm_group_id === group)
  const providerAt = timeIn(event.timestamp)
  return {
    heard: meaning.onlyOurs && !isOurs ? undefined : heardOf(event, heard),
    receipts:
      report &&
      receiptsOf(attemptRef, messageIdIn(event), { ...report, ...(providerAt !== undefined && { providerAt }) }),
  }
}

/** `X-Message-Id` of the send, which events carry with a suffix of their own. */
function messageIdIn({ sg_message_id }: Fields): string | undefined {
  return idIn(idIn(sg_message_id, LONGEST_MESSAGE_ID)?.split('.')[0])
}

const LONGEST_MESSAGE_ID = 255

type Meaning = {
  report?: Report
  heard?: Verdict
  /** What it says of the person holds for mails of ours alone. */
  onlyOurs?: true
}

const OPTED_OUT: Verdict = { kind: 'suppress', reason: 'opted-out' }
const BLOCKED: Verdict = { kind: 'suppress', reason: 'blocked' }
const BAD_ADDRESS: Verdict = { kind: 'suppress', reason: 'bad-address' }

/**
 * `deferred` changes nothing: SendGrid keeps trying. `open` and `click` are no proof of a reader, because mailboxes and
 * scanners load pictures and follow links by themselves.
 */
const EVENTS: Readonly<Record<string, Meaning>> = {
  processed: { report: { status: 'accepted', native: 'processed' } },
  delivered: { report: { status: 'delivered', native: 'delivered' } },
  spamreport: { heard: BLOCKED },
  unsubscribe: { heard: OPTED_OUT },
  group_unsubscribe: { heard: OPTED_OUT, onlyOurs: true },
  group_resubscribe: { heard: { kind: 'lift' }, onlyOurs: true },
}

function meaningOf(event: Fields): Meaning | undefined {
  const word = typeof event.event === 'string' ? event.event : ''
  if (word === 'bounce') return bounceOf(event)
  if (word === 'dropped') return dropOf(event)
  return lookUp(EVENTS, word)
}

/**
 * Refused by the receiving server. Only a `bounce` proper says something about the address, and SendGrid sends nothing more
 * to it; `blocked` (and, in older words, `expired`) is about this mail or this moment.
 */
function bounceOf({ type, status, reason }: Fields): Meaning {
  const native = type === 'blocked' || type === 'expired' ? type : 'bounce'
  const words = type === 'blocked' ? 'the receiving server refused it this time' : 'the receiving server refused it'
  const failure = mailFailure([status, reason], words)
  return {
    report: { ...failure, native, ...(type === 'expired' && { status: 'expired' }) },
    ...(type === 'bounce' && { heard: BAD_ADDRESS }),
  }
}

/** SendGrid did not even try. */
function dropOf({ reason }: Fields): Meaning {
  const word = typeof reason === 'string' ? reason.trim().toLowerCase() : ''
  const { message, ...more } = Object.hasOwn(DROPS, word) ? (DROPS[word] ?? UNKNOWN_DROP) : UNKNOWN_DROP
  return { report: { status: 'rejected', native: 'dropped', error: { message } }, ...more }
}

type Drop = { message: string } & Omit<Meaning, 'report'>

const UNKNOWN_DROP: Drop = { message: 'SendGrid dropped it' }

const DROPS: Readonly<Record<string, Drop>> = {
  'bounced address': { message: 'SendGrid dropped it: the address has bounced before', heard: BAD_ADDRESS },
  invalid: { message: 'SendGrid dropped it: the address is not valid', heard: BAD_ADDRESS },
  'unsubscribed address': {
    message: 'SendGrid dropped it: the person has unsubscribed',
    heard: OPTED_OUT,
    onlyOurs: true, // it may be from a group
  },
  'spam reporting address': { message: 'SendGrid dropped it: the person has reported spam before', heard: BLOCKED },
  'spam content': { message: 'SendGrid dropped it: its spam checker objects to the content' },
  'invalid smtpapi header': { message: 'SendGrid dropped it: it could not read its own header' },
  'recipient list over package quota': { message: 'SendGrid dropped it: the account has no more mails left' },
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}
