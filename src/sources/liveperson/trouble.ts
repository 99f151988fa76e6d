import { SourceTrouble } from '../../engine/ports/source.ts'
import { type HttpAnswer, type HttpResult, retryAfterMs } from '../../http/http-client.ts'

/** How an answer that is no success reads for the operator. */
export type Call = {
  /** Completes "LivePerson … for": such as `the open conversations`. */
  what: string
  /** What a refusal of the credentials, or of the request itself, is most likely about. */
  refused: { credentials: string; request: string }
}

/** The answer, if it is one of success; else throws what went wrong. Nothing that LivePerson wrote is quoted. */
export function successOf(result: HttpResult, call: Call, now: number): HttpAnswer {
  if (result.kind !== 'answered')
    throw new SourceTrouble('away', `LivePerson was asked for ${call.what}: ${result.detail}`)
  const { status } = result
  if ((status >= 200 && status < 300) || status === 304) return result
  const said = `LivePerson answered ${status} when asked for ${call.what}`
  if (status === 401 || status === 403) throw new SourceTrouble('credentials', `${said}: ${call.refused.credentials}`)
  const patience = { retryAfterMs: retryAfterMs(result, now) }
  if (status === 429) throw new SourceTrouble('busy', said, patience)
  // 408 and 425 ask for another try as 5xx do; a redirect is a proxy's, for the API has none.
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 425
  if (isRefusal) throw new SourceTrouble('configuration', `${said}: ${call.refused.request}`)
  throw new SourceTrouble('away', said, patience)
}

/** The JSON of a success. Half an answer, and the page of a proxy, mean that LivePerson itself is not there. */
export function jsonOf(answer: HttpAnswer, call: Call): unknown {
  if (answer.json !== undefined) return answer.json
  const why = answer.complete ? 'something that is not JSON' : 'only a part of its answer'
  throw new SourceTrouble('away', `LivePerson answered ${answer.status} with ${why} when asked for ${call.what}`)
}

export function unreadable(call: Call): SourceTrouble {
  return new SourceTrouble(
    'unreadable',
    `LivePerson answered in a shape that is not documented when asked for ${call.what}`,
  )
}
