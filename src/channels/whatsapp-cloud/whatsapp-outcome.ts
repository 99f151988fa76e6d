import { STATUS_CODES } from 'node:http'
import type { SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome } from '../../engine/ports/channel.ts'
import { type HttpAnswer, type HttpResult, retryAfterMs } from '../../http/http-client.ts'
import { fieldsOf, idIn, isObject, objectsIn, wordsIn } from '../../json/loose-json.ts'
import { outcomeOfMeaning } from '../error-meaning.ts'
import { outcomeOf } from '../send-outcome.ts'
import { codeIn, type MetaMeaning, meaningOf, wordsFor } from './error-codes.ts'

/** Longer than any `wamid` that is known; they are base64 of several ids. */
export const LONGEST_WAMID = 256

/**
 * What an answer to a send means. Meta's code is asked before the HTTP status; without one, a 5xx and a lost answer are
 * uncertain, for there is no idempotency key.
 */
export function outcomeOfAnswer(result: HttpResult, now: number): SendOutcome {
  if (result.kind !== 'answered') return outcomeOf(result, now)
  const [message] = objectsIn(fieldsOf(result.json)?.messages)
  const providerRef = idIn(message?.id, LONGEST_WAMID)
  if (isGood(result) && providerRef !== undefined) return { kind: 'accepted', providerRef }
  return failureOf(result, now)
}

/** What an answer to the question for the sender's number means. */
export function checkOfAnswer(result: HttpResult, now: number): CheckOutcome {
  if (result.kind !== 'answered') return { kind: 'unknown', detail: result.detail }
  const { id, verified_name, quality_rating } = fieldsOf(result.json) ?? {}
  if (isGood(result) && idIn(id) !== undefined) {
    const quality = wordsIn(quality_rating)
    const told = [wordsIn(verified_name), quality && `quality ${quality}`].filter((each) => each !== undefined)
    return { kind: 'good', ...(told.length > 0 && { detail: told.join(', ') }) }
  }
  const failure = failureOf(result, now)
  if (failure.kind === 'rejected') return { kind: 'refused', detail: failure.detail }
  const detail = 'detail' in failure ? failure.detail : 'it answered nothing that tells'
  return { kind: 'unknown', detail }
}

const BUSY_MS = 5_000

function failureOf(result: HttpAnswer, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  const error = errorIn(result.json)
  if (error === undefined) return withoutCode(result, usual)
  const meaning = meaningOfError(error, result.status)
  const detail = `Meta answered ${result.status}: ${meaning?.words ?? wordsFor(error.code)}`
  const code = String(error.code)
  const afterMs = retryAfterMs(result, now) ?? meaning?.afterMs ?? BUSY_MS
  const later: SendOutcome = { kind: 'retry', afterMs, detail }
  const isMetaFailing = result.status >= 500
  if (meaning === undefined) {
    if (error.isTransient && !isMetaFailing) return later
    if (usual.kind === 'rejected') return { ...usual, detail, code }
    return usual.kind === 'retry' ? { ...usual, detail } : { kind: 'uncertain', detail }
  }
  const { fault, suppress } = meaning
  // "Something went wrong" after a 5xx may mean: after the message was taken.
  if (fault === 'unclear') return isMetaFailing ? { kind: 'uncertain', detail } : later
  return outcomeOfMeaning({ fault, suppress }, { detail, code, afterMs })
}

/** Somebody in between has answered, or what `baseUrl` names is not Meta. */
function withoutCode({ status }: HttpAnswer, usual: SendOutcome): SendOutcome {
  if (usual.kind === 'accepted') return { kind: 'uncertain', detail: `answered ${status} without the id of a message` }
  if (status !== 404) return usual
  const detail = `answered 404 ${STATUS_CODES[404]}: check baseUrl, version and phoneNumberId`
  return { kind: 'rejected', reason: 'credentials', detail, code: '404' }
}

type MetaError = { code: number; subcode?: number; isTransient: boolean }

function errorIn(json: unknown): MetaError | undefined {
  const error = fieldsOf(json)?.error
  if (!isObject(error)) return undefined
  const code = codeIn(error.code)
  if (code === undefined) return undefined
  const subcode = codeIn(error.error_subcode)
  return { code, ...(subcode !== undefined && { subcode }), isTransient: error.is_transient === true }
}

const BAD_PARAMETER = 100
const NO_SUCH_OBJECT = 33
const NO_OBJECT = 803

/** A number that is not there comes as a bad parameter too, but it is for the operator to mend and not for the sender. */
function meaningOfError({ code, subcode }: MetaError, status: number): MetaMeaning | undefined {
  const isMissing = code === BAD_PARAMETER && (subcode === NO_SUCH_OBJECT || status === 404)
  return meaningOf(isMissing ? NO_OBJECT : code)
}

function isGood({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300
}
