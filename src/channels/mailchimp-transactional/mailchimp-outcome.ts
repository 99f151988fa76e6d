import type { SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome } from '../../engine/ports/channel.ts'
import type { HttpAnswer, HttpResult } from '../../http/http-client.ts'
import { type Fields, fieldsOf, idIn, lookUp, objectsIn } from '../../json/loose-json.ts'
import { checkByStatus } from '../check-by-status.ts'
import { type Meaning, outcomeOfMeaning } from '../error-meaning.ts'
import { outcomeOf } from '../send-outcome.ts'
import { refusalFor } from './refusals.ts'

/**
 * What an answer to a send means. A 200 may hold a refusal: it lists what became of each recipient, of which we have one. An
 * error has a name, which says more than its HTTP status (Mailchimp has answered 500 to a wrong key); its sentence may quote
 * the mail and stays where it is.
 */
export function outcomeOfAnswer(result: HttpResult, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  const named = namedError(result)
  if (named !== undefined) return named
  if (usual.kind === 'accepted') return resultOf(result)
  // Of a subaccount it would have said so.
  const isAstray = usual.kind === 'rejected' && result.status === 404
  return isAstray ? { ...usual, reason: 'credentials', detail: `${usual.detail}: check baseUrl` } : usual
}

/** Of those that say what is to be done; any other is read by its HTTP status. `later`: it was not taken, and it passes. */
const ERRORS: Readonly<Record<string, Meaning>> = {
  Invalid_Key: { fault: 'credentials', words: 'the API key is not valid' },
  PaymentRequired: { fault: 'credentials', words: 'the account has to be paid for' },
  MC_Exception_PaymentRequired: { fault: 'credentials', words: 'the account has to be paid for' },
  PoorReputation: { fault: 'credentials', words: 'the account’s reputation is too low' },
  Unknown_Subaccount: { fault: 'credentials', words: 'there is no such subaccount' },
  ServiceUnavailable: { fault: 'later', words: 'sending is down for maintenance' },
}
const MAINTENANCE_MS = 30_000

function namedError({ json, status }: HttpAnswer): SendOutcome | undefined {
  const error = errorIn(json)
  if (error === undefined) return undefined
  const { name, message } = error
  const known = name === 'ValidationError' ? faultOf(message) : lookUp(ERRORS, name)
  if (known === undefined) return undefined
  const detail = `Mailchimp answered ${status} ${name}: ${known.words}`
  return outcomeOfMeaning(known, { detail, code: name, afterMs: MAINTENANCE_MS })
}

/** Which part of the mail is not valid is told in the sentence alone, by the names of fields. */
function faultOf(message: string): Meaning {
  if (/\bfrom_(email|name)\b/.test(message)) return { fault: 'credentials', words: 'the sender (from) is not valid' }
  if (/\b(key|subaccount|tags)\b/.test(message)) return { fault: 'credentials', words: 'a setting is not valid' }
  if (/["']to\b|"email\b/.test(message)) return { fault: 'recipient', words: 'the address is not valid' }
  return { fault: 'content', words: 'something in the mail is not valid' }
}

function errorIn(json: unknown): { name: string; message: string } | undefined {
  const { status, name, message } = fieldsOf(json) ?? {}
  if (status !== 'error' || typeof name !== 'string') return undefined
  return { name, message: typeof message === 'string' ? message : '' }
}

/** `queued` and `scheduled` are taken too: no mail is waiting with us any more, and nobody could call it back. */
const TAKEN = ['sent', 'queued', 'scheduled']

function resultOf({ json, status: answered }: HttpAnswer): SendOutcome {
  const [result] = objectsIn(json)
  const status = result?.status
  if (result === undefined || typeof status !== 'string') return unclear(answered)
  if (TAKEN.includes(status)) return acceptance(result)
  // An invalid address has no `reject_reason`.
  if (status === 'invalid') return refused('invalid')
  return status === 'rejected' ? refused(result.reject_reason) : unclear(answered)
}

function acceptance(result: Fields): SendOutcome {
  const providerRef = idIn(result._id)
  return { kind: 'accepted', ...(providerRef !== undefined && { providerRef }) }
}

function refused(given: unknown): SendOutcome {
  const { fault, words, ...more } = refusalFor(given)
  return { kind: 'rejected', reason: fault, detail: `Mailchimp refused it: ${words}`, ...more }
}

/** It said yes, in words that are not of its API: somebody may have the mail. */
function unclear(answered: number): SendOutcome {
  return { kind: 'uncertain', detail: `answered ${answered} without saying what became of the mail` }
}

export function checkOf(result: HttpResult): CheckOutcome {
  if (result.kind === 'answered' && errorIn(result.json)?.name === 'Invalid_Key') {
    return { kind: 'refused', detail: 'the API key is not valid' }
  }
  return checkByStatus(result, ({ json }) =>
    fieldsOf(json)?.PING === 'PONG!'
      ? { kind: 'good' }
      : { kind: 'unknown', detail: 'the answer is not one of Mailchimp’s' },
  )
}
