import type { Report } from '../../domain/advance.ts'
import type { SuppressionReason } from '../../domain/suppression.ts'
import type { CallbackResult, RawRequest } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, idIn, lookUp, timeIn } from '../../json/loose-json.ts'
import { attemptRefIn, receiptsOf } from '../attempt-ref.ts'
import { ATTEMPT_KEY, collectEvents, heardOf, type MailEvent } from '../mail-events.ts'
import { mailFailure } from '../mail-failure.ts'
import { refusalFor } from './refusals.ts'
import { isSignedBy } from './signature.ts'

/**
 * Mailchimp's word on many mails at once, and on its deny list: a form with one field, `mandrill_events`, that holds a list.
 * https://mailchimp.com/developer/transactional/docs/webhooks/
 */
export type EventReader = {
  /** Any of them may have signed. */
  keys: readonly string[]
  /** Ours, as Mailchimp knows it. */
  callbackUrl: string
  /** Whose mails are sent; deny lists of others are not for us. */
  subaccount?: string | undefined
}

export function readEventWebhook(request: RawRequest, reader: EventReader): CallbackResult {
  // When a webhook is set up, Mailchimp looks whether its address is there, before it makes the key to sign with.
  if (request.method !== 'POST') return WELCOME
  const form = new URLSearchParams(request.body.toString())
  const events = listIn(form)
  if (events?.length === 0) return WELCOME
  if (reader.keys.length === 0) return refused('this connection takes no events: it has no webhookKey')
  const signature = request.headers['x-mandrill-signature']
  if (!signature) return refused('it is not signed')
  const url = reader.callbackUrl + new URL(request.url, 'http://host.invalid').search
  if (!isSignedBy(reader.keys, { signature, url, form })) {
    return refused(
      'its signature does not match: is publicUrl the address that Mailchimp calls, and webhookKey its key?',
    )
  }
  if (events === undefined) return { kind: 'unreadable', detail: 'the body is not a form with mandrill_events' }
  return collectEvents(events, (event) => readEvent(fieldsOf(event) ?? {}, reader.subaccount))
}

/** Nothing is told, and so nothing has to be believed. */
const WELCOME: CallbackResult = { kind: 'reply', status: 200, body: '' }

/** The text is parsed as it came: the signature covers it, with all its `\/`. */
function listIn(form: URLSearchParams): unknown[] | undefined {
  const text = form.get('mandrill_events')
  if (text === '') return []
  try {
    const list: unknown = JSON.parse(text ?? '')
    return Array.isArray(list) ? list : undefined
  } catch {
    return undefined
  }
}

function readEvent(event: Fields, subaccount: string | undefined): MailEvent {
  const msg = fieldsOf(event.msg)
  if (msg === undefined) return readListChange(event, subaccount)
  const meaning = meaningOf(event.event, msg)
  if (meaning === undefined) return {}
  const { report, suppress } = meaning
  const providerAt = timeIn(event.ts)
  return {
    heard: heardOf(msg, suppress && { kind: 'suppress', reason: suppress }),
    receipts:
      report &&
      receiptsOf(attemptRefIn(fieldsOf(msg.metadata)?.[ATTEMPT_KEY]), idIn(event._id) ?? idIn(msg._id), {
        ...report,
        ...(providerAt !== undefined && { providerAt }),
      }),
  }
}

type Meaning = { report?: Report; suppress?: SuppressionReason }

/**
 * `deferral` changes nothing: Mailchimp keeps trying. `open` and `click` are no proof of a reader, because mailboxes and
 * scanners load pictures and follow links by themselves. `inbound` is mail of people, which we do not read.
 */
const EVENTS: Readonly<Record<string, (msg: Fields) => Meaning>> = {
  send: () => ({ report: { status: 'sent', native: 'send' } }),
  delivered: () => ({ report: { status: 'delivered', native: 'delivered' } }),
  soft_bounce: (msg) => ({ report: bounceOf(msg, 'soft_bounce') }),
  hard_bounce: (msg) => ({ report: bounceOf(msg, 'hard_bounce'), suppress: 'bad-address' }),
  reject: rejectOf,
  spam: () => ({ suppress: 'blocked' }),
  unsub: () => ({ suppress: 'opted-out' }),
}

function meaningOf(word: unknown, msg: Fields): Meaning | undefined {
  return typeof word === 'string' && Object.hasOwn(EVENTS, word) ? EVENTS[word]?.(msg) : undefined
}

function bounceOf({ diag, bounce_description: kind }: Fields, native: string): Report {
  const words = lookUp(BOUNCES, kind)
  return { ...mailFailure([diag], words ?? 'the receiving server refused it'), native }
}

const BOUNCES: Readonly<Record<string, string>> = {
  bad_mailbox: 'there is no such mailbox',
  invalid_domain: 'there is no such mail domain',
  mailbox_full: 'the mailbox is full',
}

function rejectOf(msg: Fields): Meaning {
  const { words, code, suppress } = refusalFor(fieldsOf(msg.reject)?.reason ?? msg.reject_reason)
  const error = { ...(code !== undefined && { code }), message: `Mailchimp refused it: ${words}` }
  return { report: { status: 'rejected', native: 'reject', error }, ...(suppress !== undefined && { suppress }) }
}

const DENY_LIST = ['blacklist', 'denylist']

/** A change of the deny list, by whoever made it: what is taken off may be written to again. */
function readListChange({ type, action, reject }: Fields, subaccount: string | undefined): MailEvent {
  const entry = fieldsOf(reject)
  if (entry === undefined || typeof type !== 'string' || !DENY_LIST.includes(type)) return {}
  // An entry for one subaccount holds for its mails alone.
  if (typeof entry.subaccount === 'string' && entry.subaccount !== '' && entry.subaccount !== subaccount) return {}
  const { suppress } = refusalFor(entry.reason)
  if (suppress === undefined) return {}
  if (action === 'remove') return { heard: heardOf(entry, { kind: 'lift' }) }
  return action === 'add' || action === 'change'
    ? { heard: heardOf(entry, { kind: 'suppress', reason: suppress }) }
    : {}
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}
