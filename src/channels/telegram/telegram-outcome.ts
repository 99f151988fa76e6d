import type { SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome, RevokeOutcome } from '../../engine/ports/channel.ts'
import type { HttpResult } from '../../http/http-client.ts'
import { fieldsOf, textIn } from '../../json/loose-json.ts'
import { outcomeOf } from '../send-outcome.ts'
import { refusalIn, resultOf } from './bot-api.ts'
import { messageRef } from './chat-id.ts'
import { meaningOf } from './error-words.ts'

const LONGEST_RETRY_AFTER_S = 86_400
const TOKEN_IS_WRONG = 'Telegram does not take the bot’s token'
const NOT_TELEGRAM = 'this is not the Bot API, check baseUrl'

/**
 * What the answer to a sending method means. Telegram knows no repeats, so a lost answer and a 5xx stay uncertain. Its own
 * sentences are not repeated: they may quote what was sent.
 */
export function outcomeOfAnswer(result: HttpResult, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  const { status } = result
  if (usual.kind === 'accepted') {
    return acceptanceIn(resultOf(result)) ?? { kind: 'uncertain', detail: `answered ${status} without a message` }
  }
  const refusal = refusalIn(result)
  if (usual.kind === 'retry') {
    const seconds = refusal?.retryAfterSeconds
    return seconds === undefined ? usual : { ...usual, afterMs: Math.min(seconds, LONGEST_RETRY_AFTER_S) * 1000 }
  }
  if (usual.kind !== 'rejected') return usual
  const refused = { kind: 'rejected', code: String(status) } as const
  if (status === 401 || status === 404) {
    const detail = refusal === undefined ? NOT_TELEGRAM : TOKEN_IS_WRONG
    return { ...refused, reason: 'credentials', detail: `answered ${status}: ${detail}` }
  }
  if (refusal === undefined) return usual
  const meaning = meaningOf(refusal.description)
  if (meaning !== undefined) {
    const { reason, words, suppress } = meaning
    const detail = `Telegram answered ${status}: ${words}`
    return { ...refused, reason, detail, ...(suppress !== undefined && { suppress }) }
  }
  if (status === 403)
    return { ...refused, reason: 'recipient', detail: 'Telegram answered 403: the bot may not write there' }
  return { ...usual, detail: `Telegram answered ${status}` }
}

/**
 * A message is taken, even one that cannot be named: its number is 0 while Telegram itself keeps it for later, and a chat's
 * may have lost digits on the way. https://core.telegram.org/bots/api#message
 */
function acceptanceIn(message: unknown): SendOutcome | undefined {
  const fields = fieldsOf(message)
  const chatId = fieldsOf(fields?.chat)?.id
  const messageId = fields?.message_id
  if (!Number.isInteger(chatId) || !Number.isInteger(messageId)) return undefined
  const isNamed = Number.isSafeInteger(chatId) && Number.isSafeInteger(messageId) && (messageId as number) > 0
  return { kind: 'accepted', ...(isNamed && { providerRef: messageRef(chatId as number, messageId as number) }) }
}

/** The chat's new id, for a group that has become a supergroup: nothing was sent then. */
export function migratedTo(result: HttpResult): number | undefined {
  return result.kind === 'answered' && result.status === 400 ? refusalIn(result)?.migrateTo : undefined
}

/** A message that is deleted is gone, read or not. That it is not there, or cannot be deleted, says nothing of the person. */
export function revocationOf(result: HttpResult): RevokeOutcome {
  if (result.kind !== 'answered') return { kind: 'unclear', detail: result.detail }
  if (resultOf(result) === true) return { kind: 'revoked' }
  const said = refusalIn(result)?.description.toLowerCase() ?? ''
  const words = said.includes('not found')
    ? ': the message is not there'
    : said.includes("can't be deleted")
      ? ': the message cannot be deleted any more'
      : ''
  return { kind: 'unclear', detail: `Telegram answered ${result.status}${words}` }
}

/** The answer to `getMe`. */
export function checkOf(result: HttpResult): CheckOutcome {
  if (result.kind !== 'answered') return { kind: 'unknown', detail: result.detail }
  const bot = fieldsOf(resultOf(result))
  if (bot !== undefined) {
    const name = textIn(bot.username)
    return { kind: 'good', ...(name !== undefined && /^\w{1,64}$/.test(name) && { detail: `the bot is @${name}` }) }
  }
  const { status } = result
  const isRefusal = (status === 401 || status === 404) && refusalIn(result) !== undefined
  if (isRefusal) return { kind: 'refused', detail: `answered ${status}: ${TOKEN_IS_WRONG}` }
  return { kind: 'unknown', detail: `answered ${status}, and not as Telegram does` }
}
