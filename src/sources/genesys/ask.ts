import type { Clock } from '../../engine/ports/clock.ts'
import { SourceTrouble } from '../../engine/ports/source.ts'
import { isSuccess, wordsOf } from '../../genesys-cloud/answer-words.ts'
import type { Cloud, CloudRequest } from '../../genesys-cloud/cloud.ts'
import { type HttpAnswer, retryAfterMs } from '../../http/http-client.ts'

/** What is asked, for people who read of trouble: `the conversation`, and the permission without which it is refused. */
export type Question = CloudRequest & { what: string; permission: string }

/**
 * Asks Genesys Cloud, and throws `SourceTrouble` for whatever is no answer in JSON. Statuses in `expected` are the caller's
 * to judge, whatever their bodies are.
 */
export async function ask(
  cloud: Cloud,
  clock: Clock,
  { what, permission, ...request }: Question,
  signal: AbortSignal,
  expected: readonly number[] = [],
): Promise<HttpAnswer> {
  const result = await cloud.call(request, signal)
  if (result.kind === 'no-token') {
    const { why, detail, retryAfterMs: after } = result
    throw new SourceTrouble(TROUBLES[why], detail, { retryAfterMs: after })
  }
  if (result.kind !== 'answered') throw new SourceTrouble('away', `${what}: ${result.detail}`)
  if (expected.includes(result.status)) return result
  if (isSuccess(result) && result.json !== undefined) return result
  throw troubleOf(result, { what, permission }, clock.now())
}

const TROUBLES = { refused: 'credentials', misplaced: 'configuration', busy: 'busy', away: 'away' } as const

function troubleOf(answer: HttpAnswer, { what, permission }: Pick<Question, 'what' | 'permission'>, now: number) {
  const { status } = answer
  const words = `${what}: Genesys Cloud ${wordsOf(answer)}`
  const after = { retryAfterMs: retryAfterMs(answer, now) }
  if (isSuccess(answer)) return new SourceTrouble('unreadable', `${words}, with a body that is not JSON`)
  if (status === 401) return new SourceTrouble('credentials', `${words} to a new token`)
  if (status === 403) return new SourceTrouble('credentials', `${words}: the client's role needs ${permission}`)
  if (status === 429) return new SourceTrouble('busy', words, after)
  if (status >= 500 || status === 408) return new SourceTrouble('away', words, after)
  if (status < 400)
    return new SourceTrouble('configuration', `${words}, which is not followed: check region and apiUrl`)
  return new SourceTrouble('unreadable', words)
}
