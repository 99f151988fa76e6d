import type { SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome } from '../../engine/ports/channel.ts'
import { type HttpResult, retryAfterMs } from '../../http/http-client.ts'
import { parseExactJson } from '../../json/exact-json.ts'
import { type Fields, fieldsOf, numberedIdIn, textIn, wordsIn } from '../../json/loose-json.ts'
import { outcomeOfMeaning } from '../error-meaning.ts'
import { outcomeOf } from '../send-outcome.ts'
import { meaningOf, OK } from './status-codes.ts'

/** Viber gives no time. */
const BUSY_MS = 5_000

/**
 * What an answer to a send means. The HTTP status is 200 for errors as well, the JSON decides; where no JSON of Viber's came,
 * somebody in between has answered, and whether the message went is not known.
 */
export function outcomeOfAnswer(result: HttpResult, now: number): SendOutcome {
  const answer = answerIn(result)
  if (answer === undefined) return withoutAnswer(result, now)
  if (answer.status !== OK) return refusalOf(answer.status, result, now)
  const providerRef = numberedIdIn(answer.fields.message_token)
  return { kind: 'accepted', ...(providerRef !== undefined && { providerRef }) }
}

/** What an answer to the question for the account means; `callbackUrl` is where the bot should call. */
export function checkOfAnswer(result: HttpResult, callbackUrl: string): CheckOutcome {
  if (result.kind !== 'answered') return { kind: 'unknown', detail: result.detail }
  const answer = answerIn(result)
  if (answer === undefined)
    return { kind: 'unknown', detail: `answered ${result.status} in words that are not Viber’s` }
  if (answer.status === OK) return { kind: 'good', detail: accountWords(answer.fields, callbackUrl) }
  const { fault, words } = meaningOf(answer.status)
  return { kind: fault === 'later' ? 'unknown' : 'refused', detail: `Viber says: ${words}` }
}

function accountWords({ name, webhook }: Fields, callbackUrl: string): string {
  const account = wordsIn(name) ?? 'a bot without a name'
  const called = textIn(webhook)
  if (called === undefined) return `${account}, without a webhook`
  return called === callbackUrl ? account : `${account}, whose webhook is another address than ours`
}

function answerIn(result: HttpResult): { status: number; fields: Fields } | undefined {
  if (result.kind !== 'answered' || !result.complete) return undefined
  const fields = fieldsOf(parseExactJson(result.text))
  const status = fields?.status
  return fields !== undefined && typeof status === 'number' && Number.isInteger(status) ? { status, fields } : undefined
}

function withoutAnswer(result: HttpResult, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (usual.kind !== 'accepted') return usual
  return { kind: 'uncertain', detail: 'answered 200 in words that are not Viber’s' }
}

function refusalOf(status: number, result: HttpResult, now: number): SendOutcome {
  const meaning = meaningOf(status)
  const afterMs = (result.kind === 'answered' ? retryAfterMs(result, now) : undefined) ?? BUSY_MS
  return outcomeOfMeaning(meaning, { detail: `Viber says: ${meaning.words}`, code: String(status), afterMs })
}
