import { lookUp } from '../../json/loose-json.ts'
import type { FailureMeaning } from '../error-meaning.ts'
import { apiWords } from './api-codes.ts'

/**
 * The codes of receipts: up to 61 general ones, from 1000 on what WhatsApp says, from 2000 on what Viber says. A refusal by
 * 8x8 itself has a code of the APIs, from 3000 on.
 * https://developer.8x8.com/connect/docs/delivery-error-codes
 */
const MEANINGS: Readonly<Record<string, FailureMeaning>> = {
  1: { words: 'the person is not on this channel, or the phone is not in reach' },
  2: { words: 'the channel does not take this content' },
  3: { words: 'the request lacks something that the channel wants' },
  7: { words: 'it could not be delivered' },
  9: { words: 'the person’s app or phone cannot take it' },
  11: { words: 'the person has had too many messages within a short time' },
  13: { words: 'the network does not admit the phone' },
  14: { words: '8x8 stumbled' },
  15: { words: 'the address is not valid for the channel, or on a blocklist' },
  17: { words: 'the text has a length that is not taken' },
  18: { words: 'the request has a value that is not valid' },
  19: { words: 'the sender is not valid' },
  21: { words: 'the phone has no room for more SMS' },
  23: { words: 'the network or the channel could not be reached' },
  25: { words: 'the channel has chosen not to deliver it' },
  26: { words: 'the operator has barred the number' },
  28: { words: 'the phone cannot take it' },
  29: { words: 'the phone could not take it' },
  33: { words: 'there is no route to the number' },
  36: { words: 'it was not delivered within its time' },
  37: { words: 'the number cannot take SMS' },
  41: { words: 'the channel refused the message' },
  42: { words: 'the account has no credit left' },
  43: { words: 'the message was filtered as spam' },
  44: { words: 'the operator does not serve the number at present' },
  45: { words: 'the phone was busy with another SMS' },
  46: { words: 'the phone cannot be reached' },
  47: { words: 'the phone cannot be reached at present' },
  50: { words: 'too many messages at one time' },
  51: { words: 'the network did not answer in time' },
  55: { words: 'the number is not identified in its network' },
  56: { words: 'nobody tells what became of it' },
  57: { words: 'the channel gives no reason' },
  59: { words: 'the number is unknown to its network' },
  60: { words: 'the content was filtered' },
  61: { words: 'the person has not written lately, so it was not delivered' },
  1000: { words: 'WhatsApp does not take the sender’s login' },
  1002: { words: 'too many requests at one time' },
  1006: { words: 'the sender’s login with WhatsApp has expired' },
  1007: { words: 'WhatsApp has blocked the sender for breaking its rules' },
  1008: { words: 'the account has reached its limit with WhatsApp' },
  1009: { words: 'the sender has reached its limit with WhatsApp' },
  1010: { words: 'WhatsApp does not deliver to this number, as part of an experiment' },
  1011: { words: 'WhatsApp does not let the sender write to this country' },
  1016: { words: 'WhatsApp is away' },
  1017: { words: 'the number is the sender’s own' },
  1018: { words: 'the person cannot be reached on WhatsApp' },
  1019: { words: 'WhatsApp has locked the account' },
  1022: { words: 'the person has not written lately, so only a template may be sent' },
  1023: { words: 'the sender has sent too much that people took for spam' },
  1024: { words: 'WhatsApp has chosen not to deliver it' },
  1025: { words: 'WhatsApp does not know this type of message' },
  1026: { words: 'WhatsApp could not fetch the media' },
  1027: { words: 'WhatsApp could not take the media' },
  1028: { words: 'the person has had too many messages from this sender' },
  1030: { words: 'the values are not as many as the template has' },
  1031: { words: 'there is no such template' },
  1032: { words: 'the template is too long with its values' },
  1034: { words: 'the values do not fit the template' },
  1035: { words: 'the template is paused' },
  1036: { words: 'the template has been shut off' },
  1045: { words: 'the sender is not registered with WhatsApp' },
  1051: { words: 'the person has opted out of marketing from this sender', suppress: 'opted-out' },
  1054: { words: 'WhatsApp takes no id of a person here' },
  2001: { words: 'Viber stumbled' },
  2002: { words: 'the Viber sender is unknown' },
  2006: { words: 'Viber did not answer in time' },
  2007: { words: 'the person has blocked the sender, or all senders', suppress: 'blocked' },
  2008: { words: 'the person is not on Viber' },
  2009: { words: 'the person’s Viber is too old' },
  2010: { words: 'the Viber sender may not be used from there' },
  2013: { words: 'the time to expire is out of Viber’s range' },
  2014: { words: 'the person has not answered, so Viber takes no more' },
  2020: { words: 'there is no such template' },
  2021: { words: 'the values do not fit the template' },
  2023: { words: 'the number is none of any operator', suppress: 'bad-address' },
}

/** The message's time ran out. */
export const EXPIRED = '36'

export function receiptMeaning(code: string | undefined): FailureMeaning | undefined {
  return lookUp(MEANINGS, code)
}

export function receiptWords(code: string): string {
  const words = receiptMeaning(code)?.words
  if (words !== undefined) return words
  return Number(code) >= 3000
    ? apiWords(code)
    : `code ${code}, see https://developer.8x8.com/connect/docs/delivery-error-codes`
}
