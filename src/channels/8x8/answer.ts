import type { SendOutcome } from '../../domain/message.ts'
import { type HttpAnswer, type HttpResult, retryAfterMs } from '../../http/http-client.ts'
import { fieldsOf, idIn } from '../../json/loose-json.ts'
import { outcomeOfCode, outcomeOfMeaning } from '../error-meaning.ts'
import { outcomeOf } from '../send-outcome.ts'
import { apiMeaning, apiWords } from './api-codes.ts'

const LATER_MS = 30_000

/**
 * What an answer to a send means, in the words of both of 8x8's APIs: Messaging Apps say `status.state`, SMS `status.code`.
 * A 5xx and a lost answer are uncertain, for 8x8 has no idempotency key.
 */
export function outcomeOfAnswer(result: HttpResult, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  if (usual.kind === 'accepted') return outcomeOfMessage(result)
  if (result.status < 400 || result.status >= 500) return usual
  const code = codeIn(fieldsOf(result.json)?.code)
  if (code === undefined) return usual
  const detail = `8x8 answered ${result.status}: ${apiWords(code)}`
  return outcomeOfCode(usual, apiMeaning(code), { detail, code, afterMs: retryAfterMs(result, now) ?? LATER_MS })
}

function outcomeOfMessage({ json, status: httpStatus }: HttpAnswer): SendOutcome {
  const { umid, status } = fieldsOf(json) ?? {}
  const { state, code: word, errorCode } = fieldsOf(status) ?? {}
  const said = typeof state === 'string' ? state : word
  const providerRef = idIn(umid)
  if (said === 'rejected' || said === 'REJECTED') {
    const code = codeIn(errorCode)
    const { fault = 'content' } = apiMeaning(code) ?? {}
    const detail = `8x8 refused the message: ${code === undefined ? 'it gives no code' : apiWords(code)}`
    return outcomeOfMeaning({ fault }, { detail, code, afterMs: LATER_MS })
  }
  if (typeof said === 'string' && providerRef !== undefined) return { kind: 'accepted', providerRef }
  // It said yes, but not in 8x8's words: somebody in between may have answered, or the answer broke off.
  return { kind: 'uncertain', detail: `answered ${httpStatus} without the id and the status of a message` }
}

/** 8x8's own sentences are not repeated: they may quote the number. */
export function codeIn(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 1e6 ? String(value) : undefined
}
