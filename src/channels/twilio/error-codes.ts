import { lookUp } from '../../json/loose-json.ts'
import type { Meaning } from '../error-meaning.ts'

/**
 * Twilio's error codes as far as they change what we do, or say more than a status. Twilio splits and renames them at times,
 * so a code that is not here means no more than the status that it came with. https://www.twilio.com/docs/api/errors
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  20003: { fault: 'credentials', words: 'the login is wrong, or the account may not do this' },
  20005: { fault: 'credentials', words: 'the account is not active' },
  20404: { fault: 'credentials', words: 'there is no such account' },
  20429: { fault: 'later', words: 'too many requests at one time' },
  21211: { fault: 'recipient', words: 'the number is not a phone number', suppress: 'bad-address' },
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
  21610: {
    fault: 'recipient',
    words: 'the person has opted out (STOP) of messages from this sender',
    suppress: 'opted-out',
  },
  21611: { fault: 'later', words: 'the sender has too many messages waiting' },
  21612: { fault: 'recipient', words: 'this sender cannot reach this number' },
  21614: { fault: 'recipient', words: 'the number is not a mobile phone', suppress: 'bad-address' },
  21619: { fault: 'content', words: 'there is neither text nor media nor template' },
  21617: { fault: 'content', words: 'the text is longer than 1600 characters' },
  21620: { fault: 'content', words: 'the URL of the media is not one that Twilio takes' },
  21635: { fault: 'recipient', words: 'the number is a landline', suppress: 'bad-address' },
  21655: { fault: 'content', words: 'there is no such content template in this account' },
  21656: { fault: 'content', words: 'the parameters of the template are wrong, or one is empty' },
  21659: { fault: 'credentials', words: 'the sender is not a number of Twilio’s, or a short code of another country' },
  21703: { fault: 'credentials', words: 'the messaging service has no sender' },
  30001: { fault: 'later', words: 'too many messages are waiting' },
  30002: { fault: 'credentials', words: 'the account is suspended' },
  30003: { fault: 'recipient', words: 'the phone cannot be reached: it is off, without signal, or takes no SMS' },
  30004: { fault: 'recipient', words: 'the message was blocked on the way to the phone' },
  30005: { fault: 'recipient', words: 'the number is unknown or no longer in use', suppress: 'bad-address' },
  30006: {
    fault: 'recipient',
    words: 'the number is a landline, or its carrier cannot be reached',
    suppress: 'bad-address',
  },
  30007: { fault: 'content', words: 'the message was filtered as spam' },
  30008: { fault: 'recipient', words: 'the carrier gives no reason' },
  30034: { fault: 'credentials', words: 'the sender is not registered (A2P 10DLC)' },
  30036: { fault: 'recipient', words: 'it could not be handed to the carrier in time' },
  63001: { fault: 'credentials', words: 'the channel does not take Twilio’s login for this sender' },
  63003: { fault: 'recipient', words: 'the person is not to be found on this channel' },
  63005: { fault: 'content', words: 'the channel does not take this content' },
  63006: { fault: 'content', words: 'the content could not be put into the channel’s form' },
  63007: { fault: 'credentials', words: 'the sender is none of this account’s on this channel' },
  63012: { fault: 'later', words: 'the channel has failed inside' },
  63013: { fault: 'content', words: 'the content is against the rules of the channel' },
  63014: {
    fault: 'recipient',
    words: 'the person has blocked the sender, or taken back the consent',
    suppress: 'blocked',
  },
  63016: { fault: 'content', words: 'more than 24 hours after the person last wrote, only a template may be sent' },
  63018: { fault: 'later', words: 'the sender has sent as much as the channel allows for now' },
  63019: { fault: 'content', words: 'the media could not be fetched' },
  63020: { fault: 'credentials', words: 'something is wrong with the WhatsApp business account' },
  63021: { fault: 'content', words: 'the channel finds the content invalid' },
  63022: { fault: 'credentials', words: 'the sender’s name is not certified' },
  63024: {
    fault: 'recipient',
    words: 'the person does not use WhatsApp, has not agreed to its terms, or has an old version',
  },
  63027: { fault: 'content', words: 'there is no such template in this language' },
  63028: { fault: 'content', words: 'the template takes another number of parameters' },
  63030: { fault: 'content', words: 'the channel does not take a parameter for this kind of message' },
  63031: { fault: 'recipient', words: 'the number is the sender itself' },
  63032: { fault: 'recipient', words: 'WhatsApp limits what this person is sent' },
  63049: { fault: 'recipient', words: 'WhatsApp does not bring this person any more marketing for now' },
  63106: { fault: 'recipient', words: 'the phone takes no RCS' },
  63112: { fault: 'credentials', words: 'the WhatsApp sender is disabled' },
}

/** `ValidityPeriod` was over before the carrier had the message. */
export const VALIDITY_RAN_OUT = '30036'

export function meaningOf(code: string | undefined): Meaning | undefined {
  return lookUp(MEANINGS, code)
}

/** What a code says to people; of one that we do not know, where to look it up. Undefined without a code. */
export function wordsFor(code: string | undefined): string | undefined {
  if (code === undefined) return undefined
  return meaningOf(code)?.words ?? `error ${code}, see https://www.twilio.com/docs/api/errors/${code}`
}
