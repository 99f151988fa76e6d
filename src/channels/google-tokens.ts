import { SignJWT } from 'jose'
import type { Clock } from '../engine/ports/clock.ts'
import { type HttpAnswer, type HttpClient, type HttpResult, retryAfterMs } from '../http/http-client.ts'
import { fieldsOf } from '../json/loose-json.ts'
import type { ServiceAccount } from './google-service-account.ts'

/**
 * The tokens of a service account: a word signed with its key is exchanged for one. It is asked for when somebody needs it,
 * once for all who wait, and kept until a minute before it ends. While Google refuses the account it is left alone for a
 * moment: a thousand messages that fall due must not become a thousand wrong logins.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export type GoogleTokens = {
  get(): Promise<TokenResult>
  /** An API did not take this token: the next who asks gets another. */
  drop(token: string): void
}

export type TokenResult = { kind: 'token'; token: string } | NoToken

export type NoToken = {
  kind: 'no-token'
  /** `refused`: who we are, or where we asked; `busy` and `away` pass by themselves. */
  why: 'refused' | 'busy' | 'away'
  /** For operators; says nothing that is secret. */
  detail: string
  retryAfterMs?: number
}

export type GoogleLogin = {
  account: ServiceAccount
  scope: string
  /** Where to ask, if not where the key file says. */
  tokenUrl?: string
}

const RENEW_BEFORE_MS = 60_000 // longer than a call takes, so that no token ends on its way
const UNKNOWN_LIFE_S = 300
const REFUSED_FOR_MS = 10_000
const BUSY_FOR_MS = 5_000
const LONGEST_HOLD_MS = 60_000
/** The longest that Google takes. */
const WORD_LIFE_S = 3600

export function createGoogleTokens(login: GoogleLogin, http: HttpClient, clock: Clock): GoogleTokens {
  const { account, tokenUrl = account.tokenUrl } = login
  let current: { token: string; renewAt: number } | undefined
  let asking: Promise<TokenResult> | undefined
  let failed: { until: number; result: NoToken } | undefined

  const ask = async (): Promise<TokenResult> => {
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: await signedWord(login, clock.now()),
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    // No caller's signal: the token is for all who wait, and one of them may give up. The client's time-out ends it.
    const answer = await http.call({ url: tokenUrl, headers, body: form.toString() }, new AbortController().signal)
    const now = clock.now()
    const read = readAnswer(answer, now)
    if (read.kind === 'no-token') {
      const holdMs = read.why === 'refused' ? REFUSED_FOR_MS : (read.retryAfterMs ?? 0)
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

function signedWord({ account, scope }: GoogleLogin, now: number): Promise<string> {
  const at = Math.floor(now / 1000)
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(account.keyId !== undefined && { kid: account.keyId }) })
    .setIssuer(account.email)
    .setAudience(account.tokenUrl)
    .setIssuedAt(at)
    .setExpirationTime(at + WORD_LIFE_S)
    .sign(account.key)
}

function readAnswer(result: HttpResult, now: number): NoToken | { kind: 'read'; token: string; lifeSeconds: number } {
  if (result.kind !== 'answered') return { kind: 'no-token', why: 'away', detail: `Google's login: ${result.detail}` }
  if (result.status < 200 || result.status >= 300) return refusalOf(result, now)
  const { access_token: token, expires_in: life } = fieldsOf(result.json) ?? {}
  // A token goes into a header: what cannot stand there is none.
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) {
    return { kind: 'read', token, lifeSeconds: typeof life === 'number' && life > 0 ? life : UNKNOWN_LIFE_S }
  }
  return refused(`Google's login answered ${result.status} without a token: check tokenUrl`)
}

/** Google's own sentences are not repeated: they may quote what was sent. */
function refusalOf(answer: HttpAnswer, now: number): NoToken {
  const { status } = answer
  const words = `Google's login answered ${status}`
  const after = retryAfterMs(answer, now)
  if (status === 429) return { kind: 'no-token', why: 'busy', detail: words, retryAfterMs: after ?? BUSY_FOR_MS }
  if (status >= 500 || status === 408) {
    return { kind: 'no-token', why: 'away', detail: words, ...(after !== undefined && { retryAfterMs: after }) }
  }
  const code = fieldsOf(answer.json)?.error
  const known = typeof code === 'string' && Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined
  return refused(`${words}: ${known ?? 'check the service account and tokenUrl'}`)
}

const REFUSALS: Readonly<Record<string, string>> = {
  // The word is judged by Google's clock: more than a few minutes apart, and it is refused under the same code.
  invalid_grant: 'the service account or its key is not known, or the clock of this machine is wrong',
  invalid_client: 'the service account is not known',
  invalid_scope: 'the service account may not use this API',
  unauthorized_client: 'the service account may not use this API',
  access_denied: 'the service account may not use this API',
  deleted_client: 'the service account was deleted',
  disabled_client: 'the service account is disabled',
}

function refused(detail: string): NoToken {
  return { kind: 'no-token', why: 'refused', detail }
}
