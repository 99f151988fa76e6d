import { STATUS_CODES } from 'node:http'
import type { SendOutcome } from '../domain/message.ts'
import { type HttpResult, retryAfterMs } from '../http/http-client.ts'

const RETRY_MS = 1_000
/** For a busy provider that does not say how long. */
const BUSY_MS = 5_000

/**
 * What a result means for a send where the provider has no words of its own for it. A 2xx is `accepted` without an id:
 * an adapter that knows where the id stands looks at 2xx first, and leaves the rest to this.
 */
export function outcomeOf(result: HttpResult, now: number): SendOutcome {
  if (result.kind === 'not-sent') return { kind: 'retry', afterMs: RETRY_MS, detail: result.detail }
  if (result.kind === 'ambiguous') return { kind: 'uncertain', detail: result.detail }
  const { status } = result
  const detail = `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  const code = String(status)
  const afterMs = retryAfterMs(result, now)
  if (status >= 200 && status < 300) return { kind: 'accepted' }
  // A redirect is an answer too: this address is not the one that takes messages.
  if (status < 400) return { kind: 'rejected', reason: 'credentials', detail: `${detail}, which is not followed`, code }
  if (status === 408 || status === 425 || status === 429) return { kind: 'retry', afterMs: afterMs ?? BUSY_MS, detail }
  if (status === 401 || status === 402 || status === 403)
    return { kind: 'rejected', reason: 'credentials', detail, code }
  if (status < 500) return { kind: 'rejected', reason: 'content', detail, code }
  // "Come back later" says that it was not taken; any other 5xx may come from after the taking.
  if (status === 503 && afterMs !== undefined) return { kind: 'retry', afterMs, detail }
  return { kind: 'uncertain', detail }
}
