import type { SendOutcome } from '../../domain/message.ts'
import { type HttpAnswer, type HttpResult, retryAfterMs } from '../../http/http-client.ts'
import { isObject } from '../../json/loose-json.ts'
import { outcomeOfCode } from '../error-meaning.ts'
import { outcomeOf } from '../send-outcome.ts'
import { meaningOf, wordsFor } from './error-codes.ts'

/** For a full queue: it empties at about one message in a second. */
const QUEUE_MS = 60_000
const BUSY_MS = 5_000
const TOO_MANY_AT_ONCE = '20429'

/**
 * What an answer to the creation of a message means. A 5xx and a lost answer are uncertain, for Twilio may have made the
 * message before it stumbled; of a 429 Twilio says that nothing was done.
 */
export function outcomeOfAnswer(result: HttpResult, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  if (usual.kind === 'accepted') return acceptance(result)
  if (result.status < 400 || result.status >= 500) return usual
  const code = codeOf(result.json)
  if (code === undefined) return usual
  const detail = `Twilio answered ${result.status}: ${wordsFor(code)}`
  const afterMs = retryAfterMs(result, now) ?? (code === TOO_MANY_AT_ONCE ? BUSY_MS : QUEUE_MS)
  return outcomeOfCode(usual, meaningOf(code), { detail, code, afterMs })
}

function acceptance({ json, status }: HttpAnswer): SendOutcome {
  const sid = isObject(json) ? json.sid : undefined
  if (typeof sid === 'string' && /^(SM|MM)[0-9a-fA-F]{32}$/.test(sid)) return { kind: 'accepted', providerRef: sid }
  // It said yes, but not in Twilio's words: somebody in between may have answered, or the answer broke off.
  return { kind: 'uncertain', detail: `answered ${status} without the id of a message` }
}

/** Twilio's own sentences are not repeated: they quote the number. */
function codeOf(json: unknown): string | undefined {
  const code = isObject(json) ? json.code : undefined
  return typeof code === 'number' && Number.isInteger(code) && code > 0 ? String(code) : undefined
}
