import { lookUp } from '../../json/loose-json.ts'
import type { Meaning } from '../error-meaning.ts'

/**
 * The codes with which 8x8's APIs refuse a request; those of receipts are others that share some numbers.
 * https://developer.8x8.com/connect/reference/api-error-codes
 */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  429: { fault: 'later', words: 'too many requests at one time' },
  1000: { fault: 'content', words: 'a value in the request is not valid' },
  1001: { fault: 'credentials', words: 'the subaccount is unknown, or is not of this product' },
  1002: { fault: 'recipient', words: 'the number is not a phone number' },
  1003: { fault: 'content', words: 'the encoding is unknown' },
  1004: { fault: 'content', words: 'the text is not valid' },
  1005: { fault: 'credentials', words: 'the sender is not valid' },
  1006: { fault: 'content', words: 'the time to expire is not valid: is this machine’s clock right?' },
  1007: { fault: 'content', words: 'the template is not valid' },
  1008: { fault: 'recipient', words: 'the id is not valid' },
  1009: { fault: 'recipient', words: 'the country is unknown' },
  1010: { fault: 'content', words: 'a value in the request is out of its range' },
  1014: { fault: 'credentials', words: '8x8 does not take this version of TLS' },
  1100: { fault: 'later', words: 'the limit of messages is reached' },
  1200: { fault: 'credentials', words: 'the API key is wrong, or not of this subaccount' },
  1201: { fault: 'credentials', words: 'the API key may not do this' },
  1300: { fault: 'credentials', words: 'there is no such subaccount' },
  1400: { fault: 'later', words: 'the number was sent to a moment ago' },
  2003: { fault: 'credentials', words: 'the subaccount does not have this product' },
  3001: { fault: 'recipient', words: 'there is nobody to send to' },
  3002: { fault: 'recipient', words: 'there is no number to send to' },
  3003: { fault: 'recipient', words: 'the number is not a phone number' },
  3004: { fault: 'content', words: 'there is no content' },
  3005: { fault: 'content', words: 'there is no text' },
  3006: { fault: 'content', words: 'the text is too long' },
  3007: { fault: 'content', words: 'there is no address of the media' },
  3008: { fault: 'content', words: 'the address of the media is not valid' },
  3010: { fault: 'content', words: 'the type of content is unknown' },
  3011: { fault: 'credentials', words: 'the sender is too long' },
  3015: { fault: 'recipient', words: 'there is no id of the person' },
  3018: { fault: 'recipient', words: 'the country is unknown' },
  3020: { fault: 'credentials', words: '8x8 does not take our callback URL' },
  3021: { fault: 'content', words: 'there is no place to send' },
  3022: { fault: 'credentials', words: '8x8 does not know the channel' },
  3027: { fault: 'credentials', words: 'the subaccount does not have this channel' },
  3035: { fault: 'credentials', words: 'the subaccount has no channel for templates' },
  3038: { fault: 'content', words: 'there is no such template in this language' },
  3047: { fault: 'recipient', words: 'there is no WhatsApp id of the person' },
  3051: { fault: 'credentials', words: '8x8 does not know the id of the channel' },
}

export function apiMeaning(code: string | undefined): Meaning | undefined {
  return lookUp(MEANINGS, code)
}

export function apiWords(code: string): string {
  return apiMeaning(code)?.words ?? `code ${code}, see https://developer.8x8.com/connect/reference/api-error-codes`
}
