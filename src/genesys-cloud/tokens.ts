import type { Clock } from '../engine/ports/clock.ts'
import { type HttpAnswer, type HttpClient, type HttpResult, retryAfterMs } from '../http/http-client.ts'
import { isObject } from '../json/loose-json.ts'
import { type Account, addressesOf } from './account.ts'
import { isSuccess, wordsOf } from './answer-words.ts'

/**
 * The token of an OAuth client. It is asked for when somebody needs it, once for all who wait, and kept until shortly before
 * it ends; there is nothing to refresh it with, so it is asked for again. While the login refuses us it is left alone for a
 * moment: a thousand notices that fall due must not become a thousand wrong logins.
 */
export type Tokens = {
  get(): Promise<TokenResult>
  /** The API did not take this token: the next who asks gets another. */
  drop(token: string): void
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

export function createTokens(account: Account, http: HttpClient, clock: Clock): Tokens {
  const { login } = addressesOf(account)
  const basic = Buffer.from(`${account.clientId}:${account.clientSecret}`).toString('base64')
  let current: { token: string; renewAt: number } | undefined
  let asking: Promise<TokenResult> | undefined
  let failed: { until: number; result: NoToken } | undefined

  const ask = async (): Promise<TokenResult> => {
    // No caller's signal: the token is for all who wait, and one of them may give up. The client's time-out ends it.
    const answer = await http.call(
      {
        url: `${login}/oauth/token`,
        headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials',
      },
      new AbortController().signal,
    )
    const now = clock.now()
    const read = readAnswer(answer, now)
    if (read.kind === 'no-token') {
      const holdMs = read.why === 'refused' || read.why === 'misplaced' ? REFUSED_FOR_MS : (read.retryAfterMs ?? 0)
      if (holdMs > 0) failed = { until: now + Math.min(holdMs, LONGEST_HOLD_MS), result: read }
      return read
    }
    const lifeMs = read.lifeSeconds * 1000
    current = { token: read.token, renewAt: now + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 10) }
    return { kind: 'token', token: read.token }
  }

  const get = async (): Promise<TokenResult> => {
    const now = clock.now()
    if (current !== undefined && now < current.renewAt) return { kind: 'token', token: current.token }
    if (failed !== undefined && now < failed.until) return failed.result
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

function readAnswer(result: HttpResult, now: number): NoToken | { kind: 'read'; token: string; lifeSeconds: number } {
  if (result.kind !== 'answered') return none('away', `the login of Genesys Cloud: ${result.detail}`)
  if (isSuccess(result)) {
    const { json } = result
    const token = isObject(json) ? json.access_token : undefined
    const life = isObject(json) ? json.expires_in : undefined
    // A token goes into a header: what cannot stand there is none.
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) {
      return { kind: 'read', token, lifeSeconds: typeof life === 'number' && life > 0 ? life : UNKNOWN_LIFE_S }
    }
    return none('misplaced', `the login ${wordsOf(result)} without a token: check region and loginUrl`)
  }
  return refusalOf(result, now)
}

function refusalOf(answer: HttpAnswer, now: number): NoToken {
  const { status } = answer
  const words = `the login of Genesys Cloud ${wordsOf(answer)}`
  const after = retryAfterMs(answer, now)
  if (status === 400 || status === 401 || status === 403) {
    return none('refused', `${words}: check clientId, clientSecret and region`)
  }
  if (status === 429) return none('busy', words, after ?? BUSY_FOR_MS)
  if (status >= 500 || status === 408) return none('away', words, after)
  return none('misplaced', `${words}: check region and loginUrl`)
}

function none(why: NoToken['why'], detail: string, after?: number): NoToken {
  return { kind: 'no-token', why, detail, ...(after !== undefined && { retryAfterMs: after }) }
}
