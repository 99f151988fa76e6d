import type { SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome, RevokeOutcome } from '../../engine/ports/channel.ts'
import { type HttpResult, retryAfterMs } from '../../http/http-client.ts'
import { fieldsOf, idIn } from '../../json/loose-json.ts'
import { outcomeOfMeaning } from '../error-meaning.ts'
import { outcomeOf } from '../send-outcome.ts'
import { codeIn, meaningOf, wordsFor } from './error-codes.ts'

const BUSY_MS = 5_000
const THROTTLED = '1000'

/**
 * What an answer to a send means. A 5xx and a lost answer are uncertain: Vonage has no idempotency key. Of the codes that
 * pass by themselves only throttling is retried here, for a 422 is about what was asked and stays as it is.
 */
export function outcomeOfSend(result: HttpResult, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  const { status, json } = result
  if (usual.kind === 'accepted') {
    const providerRef = idIn(fieldsOf(json)?.message_uuid)
    if (providerRef !== undefined) return { kind: 'accepted', providerRef }
    // It said yes, but not in Vonage's words: somebody in between may have answered, or the answer broke off.
    return { kind: 'uncertain', detail: `answered ${status} without the id of a message` }
  }
  if (status === 404) {
    return { kind: 'rejected', reason: 'credentials', detail: 'there is no Messages API at this address', code: '404' }
  }
  const code = codeIn(json)
  if (code === undefined || status < 400 || status >= 500) return usual
  const detail = `Vonage answered ${status}: ${wordsFor(code)}`
  if (usual.kind === 'retry') return { ...usual, detail }
  const afterMs = retryAfterMs(result, now) ?? BUSY_MS
  if (code === THROTTLED) return { kind: 'retry', afterMs, detail }
  const { fault = 'later', suppress } = meaningOf(code) ?? {}
  const otherwise = usual.kind === 'rejected' ? usual.reason : 'content'
  const isLogin = status === 401 || status === 402 || status === 403
  return outcomeOfMeaning(
    { fault: isLogin || fault === 'later' ? otherwise : fault, suppress },
    { detail, code, afterMs },
  )
}

/**
 * What an answer to a recall means. Vonage takes the request and hands it on; whether the message was stopped it does not
 * tell, then or later. https://developer.vonage.com/en/messages/guides/rcs/rcs-message-revocation
 */
export function outcomeOfRevoke(result: HttpResult): RevokeOutcome {
  if (result.kind !== 'answered') return { kind: 'unclear', detail: result.detail }
  const { status, json } = result
  if (status === 202) {
    return {
      kind: 'unclear',
      detail: 'Vonage has taken the request, and does not tell whether the message was stopped',
    }
  }
  const words = wordsFor(codeIn(json))
  return { kind: 'unclear', detail: `Vonage answered ${status}${words === undefined ? '' : `: ${words}`}` }
}

/** What the answer to a question for the balance means. */
export function outcomeOfCheck(result: HttpResult): CheckOutcome {
  if (result.kind !== 'answered') return { kind: 'unknown', detail: result.detail }
  const { status, json } = result
  if (status === 401 || status === 403) return { kind: 'refused', detail: 'Vonage does not take this key and secret' }
  const balance = fieldsOf(json)?.value
  if (status !== 200 || typeof balance !== 'number') return { kind: 'unknown', detail: `Vonage answered ${status}` }
  return { kind: 'good', detail: `a balance of ${balance.toFixed(2)} EUR` }
}
