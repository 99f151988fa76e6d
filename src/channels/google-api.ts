import { SignJWT } from 'jose'
import type { SendOutcome } from '../domain/message.ts'
import type { Clock } from '../engine/ports/clock.ts'
import { type AuthorisedCalls, createAuthorisedCalls } from '../http/authorised-calls.ts'
import type { Login, NoToken } from '../http/bearer-tokens.ts'
import type { HttpAnswer } from '../http/http-client.ts'
import { fieldsOf, lookUp } from '../json/loose-json.ts'
import type { ServiceAccount } from './google-service-account.ts'

/**
 * Calls to an API of Google's, each with a token of the service account: a word signed with its key is exchanged for one.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export type GoogleApi = AuthorisedCalls

export type GoogleLogin = {
  account: ServiceAccount
  scope: string
  /** Where to ask, if not where the key file says. */
  tokenUrl?: string
}

const LOGIN_RETRY_MS = 5_000
/** The longest that Google takes. */
const WORD_LIFE_S = 3600

export function createGoogleApi(google: GoogleLogin, clock: Clock): GoogleApi {
  const { account, tokenUrl = account.tokenUrl } = google
  const login: Login = {
    name: "Google's login",
    request: async (now) => ({
      url: tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: await signedWord(google, now),
      }).toString(),
    }),
    wordsOf: ({ status }) => `answered ${status}`,
    faultOf: (answer) => ({ why: 'refused', check: whatToCheck(answer) }),
  }
  return createAuthorisedCalls(login, () => clock.now())
}

/** What it means for a send that there was no token: nothing has left. */
export function outcomeWithoutToken({ why, detail, retryAfterMs }: NoToken): SendOutcome {
  if (why === 'refused') return { kind: 'rejected', reason: 'credentials', detail }
  return { kind: 'retry', afterMs: retryAfterMs ?? LOGIN_RETRY_MS, detail }
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

/** Google's own sentences are not repeated: they may quote what was sent. */
function whatToCheck({ status, json }: HttpAnswer): string {
  if (status >= 200 && status < 300) return 'check tokenUrl'
  const code = fieldsOf(json)?.error
  const known = lookUp(REFUSALS, code)
  return known ?? 'check the service account and tokenUrl'
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
