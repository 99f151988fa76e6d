import { type HttpAnswer, type HttpClient, type HttpRequest, type HttpResult, retryAfterMs } from './http-client.ts'

/**
 * The token of an API that gives one for a login. It is asked for when somebody needs it, once for all who wait, and kept
 * until shortly before it ends; there is nothing to refresh it with, so it is asked for again. While the login refuses us it
 * is left alone for a moment: a thousand messages that fall due must not become a thousand wrong logins.
 */
export type BearerTokens = {
  get(): Promise<TokenResult>
  /** The API did not take this token: the next who asks gets another. */
  drop(token: string): void
}

export type Login = {
  /** What operators know it by, such as `Google's login`. */
  name: string
  request(now: number): HttpRequest | Promise<HttpRequest>
  /** An answer in words for operators, such as `answered 401`; says nothing that is secret. */
  wordsOf(answer: HttpAnswer): string
  /** Why an answer brings no token, where that does not pass by itself: whose fault it is, and what to check. */
  faultOf(answer: HttpAnswer): { why: 'refused' | 'misplaced'; check: string }
}

export type TokenResult = { kind: 'token'; token: string } | NoToken

export type NoToken = {
  kind: 'no-token'
  /** `refused`: who we are; `misplaced`: where we asked; `busy` and `away` pass by themselves. */
  why: 'refused' | 'misplaced' | 'busy' | 'away'
  /** For operators; says nothing that is secret. */
  detail: string
  retryAfterMs?: number
}

const RENEW_BEFORE_MS = 60_000 // longer than a call takes, so that no token ends on its way
const UNKNOWN_LIFE_S = 300
const REFUSED_FOR_MS = 10_000
const BUSY_FOR_MS = 5_000
const LONGEST_HOLD_MS = 60_000

export function createBearerTokens(login: Login, http: HttpClient, now: () => number): BearerTokens {
  let current: { token: string; renewAt: number } | undefined
  let asking: Promise<TokenResult> | undefined
  let failed: { until: number; result: NoToken } | undefined

  const ask = async (): Promise<TokenResult> => {
    const request = await login.request(now())
    // No caller's signal: the token is for all who wait, and one of them may give up. The client's time-out ends it.
    const answer = await http.call(request, new AbortController().signal)
    const at = now()
    const read = readAnswer(login, answer, at)
    if (read.kind === 'no-token') {
      const passes = read.why === 'busy' || read.why === 'away'
      const holdMs = passes ? (read.retryAfterMs ?? 0) : REFUSED_FOR_MS
      if (holdMs > 0) failed = { until: at + Math.min(holdMs, LONGEST_HOLD_MS), result: read }
      return read
    }
    const lifeMs = read.lifeSeconds * 1000
    current = { token: read.token, renewAt: at + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 10) }
    return { kind: 'token', token: read.token }
  }

  const get = async (): Promise<TokenResult> => {
    const at = now()
    if (current !== undefined && at < current.renewAt) return { kind: 'token', token: current.token }
    if (failed !== undefined && at < failed.until) return failed.result
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }

  const drop = (token: string) => {
    if (current?.token === token) current = undefined
  }
  return { get, drop }
}

type Read = NoToken | { kind: 'read'; token: string; lifeSeconds: number }

function readAnswer(login: Login, answer: HttpResult, now: number): Read {
  const none = (why: NoToken['why'], words: string, after?: number): NoToken => {
    const detail = `${login.name}${words}`
    return { kind: 'no-token', why, detail, ...(after !== undefined && { retryAfterMs: after }) }
  }
  if (answer.kind !== 'answered') return none('away', `: ${answer.detail}`)
  const { status, json } = answer
  const words = ` ${login.wordsOf(answer)}`
  const isSuccess = status >= 200 && status < 300
  const { access_token: token, expires_in: life }: Record<string, unknown> = Object(json)
  // A token goes into a header: what cannot stand there is none.
  if (isSuccess && typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) {
    return { kind: 'read', token, lifeSeconds: typeof life === 'number' && life > 0 ? life : UNKNOWN_LIFE_S }
  }
  const after = retryAfterMs(answer, now)
  if (status === 429) return none('busy', words, after ?? BUSY_FOR_MS)
  if (status >= 500 || status === 408) return none('away', words, after)
  const { why, check } = login.faultOf(answer)
  return none(why, `${words}${isSuccess ? ' without a token' : ''}: ${check}`)
}
