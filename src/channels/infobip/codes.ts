import type { RejectReason } from '../../domain/message.ts'
import { lookUp } from '../../json/loose-json.ts'
import type { FailureMeaning, Meaning } from '../error-meaning.ts'

/**
 * Infobip's words for what became of a message: a status, and for some an error behind it, each with a number of its own
 * kind. What is not here means no more than its group. `taken`: an earlier call was.
 * https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes
 */
type StatusMeaning = Meaning<RejectReason | 'later' | 'taken'>

const STATUSES: Readonly<Record<string, StatusMeaning>> = {
  4: { fault: 'recipient', words: 'the operator refused the message' },
  6: { fault: 'recipient', words: 'the account does not cover the network of the number' },
  8: { fault: 'recipient', words: 'the number has a prefix or a length that no network has' },
  9: { fault: 'recipient', words: 'the message did not reach the number' },
  10: {
    fault: 'recipient',
    words: 'the person takes no messages of this kind (Do Not Disturb)',
    suppress: 'opted-out',
  },
  11: { fault: 'credentials', words: 'the sender is not registered for the account' },
  12: { fault: 'credentials', words: 'the account has no credit left' },
  13: { fault: 'credentials', words: 'the sender is on the account’s blocklist' },
  14: { fault: 'recipient', words: 'the number is on a blocklist', suppress: 'blocked' },
  15: { fault: 'recipient', words: 'it was not delivered within its time' },
  17: { fault: 'credentials', words: 'the credit of the account has expired' },
  18: { fault: 'credentials', words: 'a trial account sends only to its own registered number' },
  19: { fault: 'credentials', words: 'the account is not set up to send this way' },
  20: { fault: 'recipient', words: 'the number has had too many messages within an hour' },
  21: { fault: 'later', words: 'Infobip stumbled and asks to try again' },
  23: { fault: 'taken', words: 'a message with this id was taken before' },
  24: { fault: 'content', words: 'the text is not laid out as an SMS may be' },
  25: { fault: 'content', words: 'the text is too long' },
  29: { fault: 'recipient', words: 'nobody told within its time what became of it' },
  31: { fault: 'recipient', words: 'the message was not sent' },
  51: { fault: 'recipient', words: 'there is no number to send to' },
  52: { fault: 'recipient', words: 'the number is none of any operator', suppress: 'bad-address' },
  56: { fault: 'credentials', words: 'Infobip does not take our callback URL' },
  77: { fault: 'content', words: 'the text is too long' },
  87: { fault: 'recipient', words: 'the number looks like fraud to Infobip' },
  100: { fault: 'content', words: 'the request was not valid, or the service was away' },
}

const ERRORS: Readonly<Record<string, FailureMeaning>> = {
  1: { words: 'the number is unknown to its network' },
  5: { words: 'the number is not identified in its network' },
  6: { words: 'the phone cannot be reached: it is off or without signal' },
  9: { words: 'the network does not admit the phone' },
  11: { words: 'the number is not set up for SMS' },
  13: { words: 'the operator has barred the number' },
  27: { words: 'the phone cannot be reached: it is off or without signal' },
  31: { words: 'the phone was busy with another SMS' },
  32: { words: 'the phone could not take the SMS' },
  256: { words: 'the phone has no room for more SMS' },
  351: { words: 'the number is not in use, or cannot take the message' },
  355: { words: 'the text is too long' },
  368: { words: 'the operator does not take this sender' },
  573: { words: 'the person has asked the operator to block this sender', suppress: 'blocked' },
  603: { words: 'the person has opted out (STOP) of messages from this sender', suppress: 'opted-out' },
  607: { words: 'the operator took the message for spam' },
  629: { words: 'the number cannot take SMS' },
  2050: { words: 'the number is on the operator’s list of Do Not Disturb', suppress: 'opted-out' },
  2052: { words: 'the number is on a blocklist', suppress: 'blocked' },
  3041: { words: 'the number has been given up', suppress: 'bad-address' },
  4101: { words: 'it was not delivered within its time' },
  4103: { words: 'the number has had too many messages within an hour' },
  4104: { words: 'the number has had this text too often within an hour' },
  7001: { words: 'the sender is not known to the channel' },
  7002: { words: 'the person is not on this channel' },
  7003: { words: 'the person has blocked the sender', suppress: 'blocked' },
  7004: { words: 'the channel does not take the sender’s login' },
  7005: { words: 'the sender may not write to this person' },
  7006: { words: 'the channel cannot show this content' },
  7007: { words: 'the content is of another kind than the sender may send' },
  7008: { words: 'the values do not fit the template' },
  7009: { words: 'the channel does not know the template' },
  7010: { words: 'the person has not written lately, so only a template may be sent' },
  7011: { words: 'the account has a problem with the channel' },
  7016: { words: 'the sender has sent too much for its rating' },
  7017: { words: 'too many requests at one time' },
  7020: { words: 'the person’s phone could not show it' },
  7022: { words: 'the channel does not take this kind of media' },
  7024: { words: 'the channel does not allow it at this hour' },
  7025: { words: 'the person’s app is too old' },
  7027: { words: 'the content was blocked' },
  7030: { words: 'the person has blocked this template' },
  7032: { words: 'the person has had too much marketing from everybody' },
  7033: { words: 'the person has opted out of marketing from this sender', suppress: 'opted-out' },
  7034: { words: 'the sender is not registered with WhatsApp' },
  7050: { words: 'the channel stumbled' },
  7051: { words: 'the channel did not answer in time' },
  7081: { words: 'the sender is not set up for this country' },
  7083: { words: 'the channel is not switched on for the account' },
  7201: { words: 'the person’s phone does not support the channel' },
}

export function statusMeaning(id: number): StatusMeaning | undefined {
  return lookUp(STATUSES, id)
}

export function errorMeaning(id: number): FailureMeaning | undefined {
  return lookUp(ERRORS, id)
}

/** Where to look up what we have no words for. */
export function lookUpWords(kind: 'status' | 'error', id: number): string {
  return `${kind} ${id}, see https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes`
}
