import { lookUpChannel } from '../domain/channel-catalogue.ts'
import { type Content, type ContentType, contentForChannel } from '../domain/content.ts'
import type { Sequence } from '../domain/sequence.ts'
import { type SmsEncoding, smsParts } from '../domain/sms-text.ts'
import { ApiError } from './errors.ts'
import { readEncoding } from './read-content.ts'

/** What an SMS step sends, for the answer. */
export type SmsFacts = { encoding: SmsEncoding; parts: number }

const MOST_PARTS = 10 // more are cut off by SMS providers, or refused

/**
 * A text that is too long for a step's channel is refused at the door: the provider would refuse it, or cut it. Judged is
 * what the channel will be given; content that it carries as it is has limits that only its provider knows. Answers with
 * what the SMS step sends, if there is one.
 */
export function checkLengths(
  type: ContentType,
  content: Content,
  sequence: Sequence,
  carries: (channel: string) => readonly ContentType[],
): SmsFacts | undefined {
  let sms: SmsFacts | undefined
  for (const { channel } of sequence) {
    // What a channel carries makes no difference to plain text.
    const given = contentForChannel(type, content, { name: channel, carries: type === 'text' ? [] : carries(channel) })
    if (given?.type !== 'text' || !given.text) continue
    if (channel === 'SMS') sms = checkSms(given.text, content)
    else checkLength(given.text, content, channel)
  }
  return sms
}

function checkLength(text: string, content: Content, channel: string): void {
  const { maxTextLength: max, countsUtf16 } = lookUpChannel(channel) ?? {}
  if (max === undefined || text.length <= max) return // it never has more characters than UTF-16 units
  const length = countsUtf16 ? text.length : [...text].length
  if (length > max) throw tooLong(text, content, `has ${length} characters; ${channel} takes at most ${max}`)
}

function checkSms(text: string, content: Content): SmsFacts {
  const wanted = readEncoding(content.sms?.encoding ?? 'AUTO')
  const { encoding, parts, foreign } = smsParts(text, wanted)
  if (wanted === 'GSM7' && foreign !== undefined) {
    const message = `GSM7 has no ${described(foreign)}, which is in the text; use AUTO or UCS2`
    throw new ApiError(1003, 'content.sms.encoding', message)
  }
  if (parts > MOST_PARTS) {
    const why = wanted === 'AUTO' && foreign !== undefined ? `, because of ${described(foreign)}` : ''
    const instead = text === content.text ? 'shorten it, or give the SMS a content.fallbackText' : 'shorten it'
    throw tooLong(text, content, `takes ${parts} SMS parts in ${encoding}${why}; at most ${MOST_PARTS}: ${instead}`)
  }
  return { encoding, parts }
}

/** Named after the field that the text came from. */
function tooLong(text: string, content: Content, message: string): ApiError {
  return text === content.text
    ? new ApiError(3006, 'content.text', message)
    : new ApiError(3017, 'content.fallbackText', message)
}

/** A mark without a letter, a space or a control character would not be seen. */
function described(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character) ? `"${character}" (${code})` : code
}
