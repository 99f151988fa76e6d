import type { SendOutcome } from '../../domain/message.ts'

/**
 * Twilio's error codes as far as they change what we do, or say more than a status. Twilio splits and renames them at times,
 * so a code that is not here means no more than the status that it came with. https://www.twilio.com/docs/api/errors
 */
type Meaning = {
  /** What is wrong, when a send is refused with it. `later` passes by itself. */
  fault: (SendOutcome & { kind: 'rejected' })['reason'] | 'later'
  words: string
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  20003: { fault: 'credentials', words: 'the login is wrong, or the account may not do this' },
  20005: { fault: 'credentials', words: 'the account is not active' },
  20404: { fault: 'credentials', words: 'there is no such account' },
  20429: { fault: 'later', words: 'too many requests at one time' },
  21211: { fault: 'recipient', words: 'the number is not a phone number' },
  21212: { fault: 'credentials', words: 'the sender is not valid' },
  21214: { fault: 'recipient', words: 'the number cannot be reached' },
  21265: { fault: 'recipient', words: 'the number is a short code' },
  21266: { fault: 'recipient', words: 'the number is the sender itself' },
  21408: { fault: 'credentials', words: 'the account may not send to this country' },
  21601: { fault: 'credentials', words: 'the sender is no number that can send' },
  21602: { fault: 'content', words: 'there is no text' },
  21603: { fault: 'credentials', words: 'there is no sender' },
  21606: { fault: 'credentials', words: 'the sender is not one of this account, or cannot send to this number' },
  21608: { fault: 'credentials', words: 'a trial account sends only to numbers that were verified' },
  21609: { fault: 'credentials', words: 'Twilio does not take our callback URL' },
  21610: { fault: 'recipient', words: 'the person has opted out (STOP) of messages from this sender' },
  21611: { fault: 'later', words: 'the sender has too many messages waiting' },
  21612: { fault: 'recipient', words: 'this sender cannot reach this number' },
  21614: { fault: 'recipient', words: 'the number is not a mobile phone' },
  21617: { fault: 'content', words: 'the text is longer than 1600 characters' },
  21635: { fault: 'recipient', words: 'the number is a landline' },
  21659: { fault: 'credentials', words: 'the sender is not a number of Twilio’s, or a short code of another country' },
  21703: { fault: 'credentials', words: 'the messaging service has no sender' },
  30001: { fault: 'later', words: 'too many messages are waiting' },
  30002: { fault: 'credentials', words: 'the account is suspended' },
  30003: { fault: 'recipient', words: 'the phone cannot be reached: it is off, without signal, or takes no SMS' },
  30004: { fault: 'recipient', words: 'the message was blocked on the way to the phone' },
  30005: { fault: 'recipient', words: 'the number is unknown or no longer in use' },
  30006: { fault: 'recipient', words: 'the number is a landline, or its carrier cannot be reached' },
  30007: { fault: 'content', words: 'the message was filtered as spam' },
  30008: { fault: 'recipient', words: 'the carrier gives no reason' },
  30034: { fault: 'credentials', words: 'the sender is not registered (A2P 10DLC)' },
  30036: { fault: 'recipient', words: 'it could not be handed to the carrier in time' },
}

/** `ValidityPeriod` was over before the carrier had the message. */
export const VALIDITY_RAN_OUT = '30036'

export function faultOf(code: string | undefined): Meaning['fault'] | undefined {
  return meaningOf(code)?.fault
}

/** What a code says to people; of one that we do not know, where to look it up. Undefined without a code. */
export function wordsFor(code: string | undefined): string | undefined {
  if (code === undefined) return undefined
  return meaningOf(code)?.words ?? `error ${code}, see https://www.twilio.com/docs/api/errors/${code}`
}

function meaningOf(code = ''): Meaning | undefined {
  return Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined
}
