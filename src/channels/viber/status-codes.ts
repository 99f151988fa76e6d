import { lookUp } from '../../json/loose-json.ts'
import type { Meaning } from '../error-meaning.ts'

/**
 * `status` of Viber's answers, which all come with HTTP 200. Viber's own sentences are not repeated.
 * https://creators.viber.com/docs/bots-api/errors
 */
export const OK = 0

const MEANINGS: Readonly<Record<string, Meaning>> = {
  1: { fault: 'credentials', words: 'the address of the webhook is not valid' },
  2: { fault: 'credentials', words: 'the auth token is not valid' },
  3: { fault: 'content', words: 'something in the message is not as Viber wants it' },
  4: { fault: 'content', words: 'the message lacks a field' },
  5: { fault: 'recipient', words: 'there is nobody with this id on Viber' },
  6: { fault: 'recipient', words: 'the person does not subscribe to the bot' },
  7: { fault: 'credentials', words: 'the bot is blocked' },
  8: { fault: 'credentials', words: 'there is no bot to this auth token' },
  9: { fault: 'credentials', words: 'the bot is suspended' },
  10: { fault: 'credentials', words: 'the bot has no webhook: set one first' },
  11: { fault: 'recipient', words: 'the person has no device that can show messages of bots' },
  12: { fault: 'later', words: 'too many requests at one time' },
  13: { fault: 'content', words: 'the message asks for a version of Viber that the person does not have' },
  14: { fault: 'content', words: 'the message has fields that its version of Viber does not know' },
  15: { fault: 'credentials', words: 'the bot may not do this' },
  16: { fault: 'content', words: 'this kind of reply is not allowed' },
  17: { fault: 'content', words: 'the bot is not an inline one' },
  18: { fault: 'content', words: 'the bot has no public chat' },
  19: { fault: 'content', words: 'the message cannot be broadcast' },
  20: { fault: 'content', words: 'the bot may not broadcast' },
}

/** Of a status that we do not know, the number is all that there is to say. */
export function meaningOf(status: number): Meaning {
  const known = lookUp(MEANINGS, status)
  return known ?? { fault: 'content', words: `status ${status}, see https://creators.viber.com/docs/bots-api/errors` }
}
