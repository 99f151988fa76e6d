import type { Clock } from '../engine/ports/clock.ts'
import { type AuthorisedResult, createAuthorisedCalls, type LoggedIn } from '../http/authorised-calls.ts'
import type { Login } from '../http/bearer-tokens.ts'
import { type Account, addressesOf } from './account.ts'
import { wordsOf } from './answer-words.ts'

/** Calls to the API of Genesys Cloud, each with a token of the OAuth client. */
export type Cloud = {
  /** Answers with a value whatever happens. `no-token` means that the API was not called. */
  call(request: CloudRequest, signal: AbortSignal): Promise<CloudResult>
  /** A token, to see whether the login is good. */
  logIn(signal: AbortSignal): Promise<LoggedIn>
  /** Lets running calls finish and closes what is pooled. */
  close(): Promise<void>
}

export type CloudRequest = {
  method: 'GET' | 'POST' | 'PATCH'
  /** From `/api/v2` on. */
  path: string
  json?: unknown
}

export type CloudResult = AuthorisedResult

const TIMEOUT_MS = 20_000
const MAX_ANSWER_BYTES = 8 * 1024 * 1024 // a long conversation with all that its participants carry

export function createCloud(account: Account, clock: Clock): Cloud {
  const { api } = addressesOf(account)
  const options = { timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES }
  const { call, logIn, close } = createAuthorisedCalls(loginOf(account), () => clock.now(), options)
  return { call: ({ path, ...request }, signal) => call({ ...request, url: `${api}${path}` }, signal), logIn, close }
}

function loginOf(account: Account): Login {
  const { login } = addressesOf(account)
  const basic = Buffer.from(`${account.clientId}:${account.clientSecret}`).toString('base64')
  return {
    name: 'the login of Genesys Cloud',
    request: () => ({
      url: `${login}/oauth/token`,
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
    }),
    wordsOf,
    faultOf: ({ status }) =>
      status === 400 || status === 401 || status === 403
        ? { why: 'refused', check: 'check clientId, clientSecret and region' }
        : { why: 'misplaced', check: 'check region and loginUrl' },
  }
}
