import type { CheckOutcome } from '../engine/ports/channel.ts'
import type { HttpAnswer, HttpResult } from '../http/http-client.ts'

/** What asking with a login came to, where nothing but the status of an answer tells; `good` reads a 2xx. */
export function checkByStatus(result: HttpResult, good: (answer: HttpAnswer) => CheckOutcome): CheckOutcome {
  if (result.kind !== 'answered') return { kind: 'unknown', detail: result.detail }
  const { status } = result
  if (status >= 200 && status < 300) return good(result)
  if (status === 401 || status === 403) return { kind: 'refused', detail: `the login was refused (${status})` }
  return { kind: 'unknown', detail: `answered ${status}` }
}
