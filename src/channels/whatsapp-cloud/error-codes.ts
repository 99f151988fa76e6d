import type { RejectReason } from '../../domain/message.ts'
import { lookUp } from '../../json/loose-json.ts'
import type { Meaning } from '../error-meaning.ts'

/**
 * Meta's error codes as far as they change what we do. The code decides and not the HTTP status, which Meta does not promise;
 * its sentences are not repeated, for they may quote a number, and their titles are to go. `unclear` does not even tell
 * whether something was sent.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
export type MetaMeaning = Meaning<RejectReason | 'later' | 'unclear'> & {
  /** How long to wait where the answer does not say. */
  afterMs?: number
}

const LOGIN = 'the access token is wrong or has expired'
const PERMISSION = 'the access token may not send for this number'
const LOCKED = 'the account is locked for a breach of policy'
const PAYMENT = 'there is a problem with the payment of the account'
const UNKNOWN = 'something went wrong at Meta'
const AWAY = 'the service is not available for now'
const FIELD = 'Meta does not take a field of the message, or Direct Send is not enabled for the account'
const VALUE = 'Meta does not take a value in the message'
const TEMPLATE_FIT = 'the parameters do not fit the template'
const SPAM = 'the sender is held back because people blocked it or reported its messages'

const BUSY_MS = 5_000
const PAIR_MS = 6_000 // one message to one person about every six seconds
const MINUTE_MS = 60_000

const MEANINGS: Readonly<Record<string, MetaMeaning>> = {
  0: { fault: 'credentials', words: LOGIN },
  1: { fault: 'unclear', words: UNKNOWN },
  2: { fault: 'later', words: AWAY, afterMs: BUSY_MS },
  3: { fault: 'credentials', words: PERMISSION },
  4: { fault: 'later', words: 'too many calls of the app', afterMs: MINUTE_MS },
  10: { fault: 'credentials', words: PERMISSION },
  17: { fault: 'later', words: 'too many calls', afterMs: MINUTE_MS },
  100: { fault: 'content', words: FIELD },
  102: { fault: 'credentials', words: LOGIN },
  104: { fault: 'credentials', words: LOGIN },
  190: { fault: 'credentials', words: LOGIN },
  368: { fault: 'credentials', words: LOCKED },
  803: { fault: 'credentials', words: 'there is no such phone number id, or the access token may not see it' },
  80007: { fault: 'later', words: 'too many messages of the business account', afterMs: MINUTE_MS },
  130429: { fault: 'later', words: 'too many messages of the sender at one time', afterMs: BUSY_MS },
  130472: { fault: 'recipient', words: 'the person is in an experiment of Meta’s and gets no marketing' },
  130497: { fault: 'recipient', words: 'the business may not write to this country' },
  131000: { fault: 'unclear', words: UNKNOWN },
  131005: { fault: 'credentials', words: PERMISSION },
  131008: { fault: 'content', words: 'the message lacks a field' },
  131009: { fault: 'content', words: VALUE },
  131016: { fault: 'later', words: AWAY, afterMs: BUSY_MS },
  131021: { fault: 'recipient', words: 'the number is the sender itself' },
  131026: {
    fault: 'recipient',
    words: 'WhatsApp cannot deliver: no such account, an old app, or terms that were not accepted',
  },
  131030: { fault: 'credentials', words: 'a test number sends only to the numbers that it was given' },
  131031: { fault: 'credentials', words: LOCKED },
  131037: { fault: 'credentials', words: 'the display name of the sender is not approved' },
  131042: { fault: 'credentials', words: PAYMENT },
  131044: { fault: 'credentials', words: PAYMENT },
  131045: { fault: 'credentials', words: 'the sender is not registered rightly' },
  131047: { fault: 'recipient', words: 'the person has not written for 24 hours: only a template may go' },
  131048: { fault: 'credentials', words: SPAM },
  131049: { fault: 'recipient', words: 'Meta held the template back: the person has had enough marketing for now' },
  131050: {
    fault: 'recipient',
    words: 'the person has stopped marketing messages of this business',
    suppress: 'opted-out',
  },
  131051: { fault: 'content', words: 'WhatsApp does not carry this type of message' },
  131052: { fault: 'content', words: 'the media could not be downloaded' },
  131053: { fault: 'content', words: 'Meta could not take in the media' },
  131056: { fault: 'later', words: 'too many messages to this person in a short time', afterMs: PAIR_MS },
  131057: { fault: 'later', words: 'the account is in maintenance', afterMs: MINUTE_MS },
  131062: { fault: 'recipient', words: 'this message cannot go to a business-scoped user id: it takes a phone number' },
  131063: { fault: 'credentials', words: 'marketing templates are switched off for this API' },
  131064: { fault: 'credentials', words: 'the account is held back because its templates were in the wrong category' },
  132000: { fault: 'content', words: TEMPLATE_FIT },
  132001: { fault: 'content', words: 'there is no such template in this language, or it is not approved' },
  132005: { fault: 'content', words: 'the template is too long with its parameters' },
  132007: { fault: 'content', words: 'the template breaks a rule on formats' },
  132008: { fault: 'content', words: TEMPLATE_FIT },
  132012: { fault: 'content', words: TEMPLATE_FIT },
  132015: { fault: 'credentials', words: 'the template is paused for its low quality' },
  132016: { fault: 'credentials', words: 'the template is disabled for its low quality' },
  132068: { fault: 'credentials', words: 'the flow is blocked' },
  132069: { fault: 'credentials', words: 'the flow is slowed down' },
  133010: { fault: 'credentials', words: 'the sender is not registered with the Cloud API' },
  135000: { fault: 'unclear', words: UNKNOWN },
  137000: { fault: 'recipient', words: 'the person’s identity key has changed' },
  139200: { fault: 'credentials', words: 'Direct Send is blocked for the account: send a template' },
}

export function meaningOf(code: number): MetaMeaning | undefined {
  const isPermission = code >= 200 && code <= 299
  return lookUp(MEANINGS, code) ?? (isPermission ? { fault: 'credentials', words: PERMISSION } : undefined)
}

/** What a code says to people; of one that we do not know, where to look it up. */
export function wordsFor(code: number): string {
  return meaningOf(code)?.words ?? `error ${code}, see ${MANUAL}`
}

const MANUAL = 'https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes'

/** A code as Meta writes it: a number, or undefined. */
export function codeIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
