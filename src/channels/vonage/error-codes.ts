import type { Report } from '../../domain/advance.ts'
import { fieldsOf, lookUp, textIn } from '../../json/loose-json.ts'
import type { Meaning } from '../error-meaning.ts'

/**
 * The error codes of Vonage's Messages API. They come in answers and in status webhooks, and stand at the end of a URL there.
 * Vonage's own sentences are not repeated, for some quote what was sent. https://developer.vonage.com/en/api-errors/messages
 */
type VonageMeaning = Meaning & {
  /** What a status `rejected` with this code is, where it is no refusal: the message had gone out, or its time was over. */
  as?: Report['status']
}

const MEANINGS: Readonly<Record<string, VonageMeaning>> = {
  1000: { fault: 'later', words: 'too many messages at one time' },
  1010: { fault: 'content', words: 'something is missing from the message' },
  1020: { fault: 'content', words: 'something in the message is not as it should be' },
  1021: { fault: 'content', words: 'the tag is not valid' },
  1022: { fault: 'content', words: 'the template or its parameters are not valid' },
  1030: { fault: 'later', words: 'Vonage has failed inside' },
  1040: { fault: 'recipient', words: 'the message could not be processed, for its number among other reasons' },
  1050: { fault: 'recipient', words: 'Vonage sends nothing to this number' },
  1060: { fault: 'credentials', words: 'the account is barred' },
  1070: { fault: 'credentials', words: 'the quota or the credit is used up' },
  1080: { fault: 'credentials', words: 'the account is not set up for this API' },
  1090: { fault: 'content', words: 'the message is too long' },
  1100: { fault: 'later', words: 'the message could not be handed on' },
  1120: { fault: 'credentials', words: 'the sender is not allowed there' },
  1130: { fault: 'content', words: 'the time to live is out of range' },
  1140: { fault: 'credentials', words: 'the account may not do this' },
  1150: { fault: 'content', words: 'something in the message is out of range' },
  1160: { fault: 'credentials', words: 'the account sends only to numbers that were entered for it' },
  1170: { fault: 'recipient', words: 'the number is not valid', suppress: 'bad-address' },
  1180: { fault: 'later', words: 'the phone cannot be reached for now', as: 'failed' },
  1190: { fault: 'recipient', words: 'the number is no longer in use', as: 'failed', suppress: 'bad-address' },
  1200: { fault: 'recipient', words: 'the number has changed its carrier, and something is wrong there', as: 'failed' },
  1210: { fault: 'content', words: 'a carrier took the message for spam' },
  1220: { fault: 'later', words: 'the phone is busy', as: 'failed' },
  1230: { fault: 'later', words: 'the network has failed for now', as: 'failed' },
  1240: { fault: 'recipient', words: 'the person has opted out (STOP)', suppress: 'opted-out' },
  1241: { fault: 'later', words: 'too many messages to numbers' },
  1242: { fault: 'credentials', words: 'there is no such number pool' },
  1250: { fault: 'recipient', words: 'no route leads to this number', as: 'failed' },
  1251: { fault: 'recipient', words: 'no route leads to this network', as: 'failed' },
  1260: { fault: 'recipient', words: 'the number cannot be reached', as: 'failed' },
  1270: { fault: 'content', words: 'the carrier blocks this content by age' },
  1280: { fault: 'recipient', words: 'the carrier blocks messages to this number', as: 'failed' },
  1282: { fault: 'content', words: 'the channel does not take this content' },
  1290: { fault: 'recipient', words: 'the person has no credit to receive messages', as: 'failed' },
  1300: { fault: 'recipient', words: 'the person is not on this channel', as: 'failed' },
  1310: { fault: 'recipient', words: 'no device of the person can show the message', as: 'failed' },
  1320: { fault: 'content', words: 'the message was sent before' },
  1330: { fault: 'recipient', words: 'it could not be delivered, and nobody says why', as: 'failed' },
  1331: { fault: 'later', words: 'the channel has failed inside', as: 'failed' },
  1340: { fault: 'content', words: 'the time is over in which the channel takes such a message' },
  1360: { fault: 'recipient', words: 'its time was over before it was delivered', as: 'expired' },
  1380: { fault: 'content', words: 'the media could not be fetched' },
  1381: { fault: 'content', words: 'the media are too large' },
  1382: { fault: 'content', words: 'the channel does not take this kind of media' },
  1400: { fault: 'credentials', words: 'the channel is not one of this account’s' },
  1410: { fault: 'content', words: 'something in the message is not as the channel wants it' },
  1420: { fault: 'credentials', words: 'the sender is none of this account’s on this channel' },
  1430: { fault: 'recipient', words: 'the channel does not take this address' },
  1440: { fault: 'content', words: 'the channel does not take this type of message' },
  1460: { fault: 'later', words: 'the sender has sent as much as it may on one day' },
  1461: { fault: 'recipient', words: 'WhatsApp does not bring this person any more marketing for now' },
  1470: { fault: 'credentials', words: 'a rule of Fraud Defender blocks the message' },
  1472: { fault: 'credentials', words: 'the burst protection of Fraud Defender blocks the message' },
  1473: { fault: 'credentials', words: 'Fraud Defender takes the message for pumped traffic' },
  1474: { fault: 'credentials', words: 'a rule of Fraud Defender blocks the country' },
  1475: { fault: 'credentials', words: 'a rule of Fraud Defender blocks the network' },
  1476: { fault: 'credentials', words: 'no messages may come from this sender' },
  1480: { fault: 'credentials', words: 'the country wants another entity id' },
  1481: { fault: 'credentials', words: 'the country does not know the sender' },
  1482: { fault: 'credentials', words: 'the country wants another content id' },
  1483: { fault: 'credentials', words: 'the country knows of no consent' },
  1484: { fault: 'credentials', words: 'the sender does not satisfy the rules of the country' },
  2001: { fault: 'content', words: 'the channel took the message for fraud' },
}

export function meaningOf(code: string | undefined): VonageMeaning | undefined {
  return lookUp(MEANINGS, code)
}

/** What a status `rejected` with this code is to us. */
export function statusOfRejected(code: string | undefined): Report['status'] {
  return meaningOf(code)?.as ?? 'rejected'
}

/** What a code says to people; of one that we do not know, where to look it up. Undefined without a code. */
export function wordsFor(code: string | undefined): string | undefined {
  if (code === undefined) return undefined
  return meaningOf(code)?.words ?? `error ${code}, see https://developer.vonage.com/en/api-errors/messages`
}

/** The code in an error of Vonage's: the fragment of its type, or its title where that is a number. */
export function codeIn(error: unknown): string | undefined {
  const fields = fieldsOf(error)
  const fragment = /#(\d{3,5})$/.exec(textIn(fields?.type) ?? '')?.[1]
  return fragment ?? /^\d{3,5}$/.exec(textIn(fields?.title) ?? '')?.[0]
}
