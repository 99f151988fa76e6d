import type { SendOutcome } from '../domain/message.ts'
import type { Clock } from '../engine/ports/clock.ts'
import { createHttpClient, type HttpResult } from '../http/http-client.ts'
import { createGoogleTokens, type GoogleLogin, type NoToken, type TokenResult } from './google-tokens.ts'

/**
 * Calls to an API of Google's, each with a token of the service account. A token that the API does not take is replaced
 * once and the call is repeated: a 401 says that nothing was done, so that holds for calls of every kind.
 */
export type GoogleApi = {
  /** Answers with a value whatever happens. `no-token` means that the API was not called. */
  call(request: GoogleRequest, signal: AbortSignal): Promise<GoogleResult>
  /** A token, to see whether the account is good; the one that is kept, where one is. */
  logIn(signal: AbortSignal): Promise<LoggedIn>
  /** Lets running calls finish and closes what is pooled. */
  close(): Promise<void>
}

export type GoogleRequest = { method: 'POST' | 'DELETE'; url: string; json?: unknown }
export type GoogleResult = HttpResult | NoToken
export type LoggedIn = TokenResult | (HttpResult & { kind: 'not-sent' })

const LOGIN_RETRY_MS = 5_000

export function createGoogleApi(login: GoogleLogin, clock: Clock): GoogleApi {
  const http = createHttpClient()
  const tokens = createGoogleTokens(login, http, clock)
  const running = new Set<Promise<GoogleResult>>()

  const callWith = (token: string, { method, url, json }: GoogleRequest, signal: AbortSignal) =>
    http.call(
      {
        method,
        url,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(json !== undefined && { 'content-type': 'application/json' }),
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      },
      signal,
    )

  const logIn = (signal: AbortSignal) => unlessCalledOff(() => tokens.get(), signal)

  const callTwice = async (request: GoogleRequest, signal: AbortSignal): Promise<GoogleResult> => {
    const first = await logIn(signal)
    if (first.kind !== 'token') return first
    const answer = await callWith(first.token, request, signal)
    if (answer.kind !== 'answered' || answer.status !== 401) return answer
    tokens.drop(first.token)
    const second = await logIn(signal)
    return second.kind === 'token' ? callWith(second.token, request, signal) : second
  }

  const call = (request: GoogleRequest, signal: AbortSignal): Promise<GoogleResult> => {
    const calling = callTwice(request, signal)
    running.add(calling)
    const finished = () => running.delete(calling)
    calling.then(finished, finished)
    return calling
  }

  const close = async () => {
    await Promise.allSettled(running)
    await http.close()
  }
  return { call, logIn, close }
}

/** What it means for a send that there was no token: nothing has left. */
export function outcomeWithoutToken({ why, detail, retryAfterMs }: NoToken): SendOutcome {
  if (why === 'refused') return { kind: 'rejected', reason: 'credentials', detail }
  return { kind: 'retry', afterMs: retryAfterMs ?? LOGIN_RETRY_MS, detail }
}

/** Somebody who gives up waiting for a token leaves it to the others. */
async function unlessCalledOff(ask: () => Promise<TokenResult>, signal: AbortSignal): Promise<LoggedIn> {
  const calledOff = { kind: 'not-sent', detail: 'called off before anything was sent' } as const
  if (signal.aborted) return calledOff
  const { promise, resolve } = Promise.withResolvers<typeof calledOff>()
  const stop = () => resolve(calledOff)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([ask(), promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
