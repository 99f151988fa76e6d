import { createBearerTokens, type Login, type NoToken, type TokenResult } from './bearer-tokens.ts'
import { createHttpClient, type HttpClientOptions, type HttpResult } from './http-client.ts'

/**
 * Calls to an API in JSON, each with a token. A token that the API does not take is replaced once and the call is repeated: a
 * 401 says that nothing was done, so that holds for calls of every kind.
 */
export type AuthorisedCalls = {
  /** Answers with a value whatever happens. `no-token` means that the API was not called. */
  call(request: AuthorisedRequest, signal: AbortSignal): Promise<AuthorisedResult>
  /** A token, to see whether the login is good; the one that is kept, where one is. */
  logIn(signal: AbortSignal): Promise<LoggedIn>
  /** Lets running calls finish and closes what is pooled. */
  close(): Promise<void>
}

export type AuthorisedRequest = { method: string; url: string; json?: unknown }
export type AuthorisedResult = HttpResult | NoToken
export type LoggedIn = TokenResult | (HttpResult & { kind: 'not-sent' })

export function createAuthorisedCalls(
  login: Login,
  now: () => number,
  options: HttpClientOptions = {},
): AuthorisedCalls {
  const http = createHttpClient(options)
  const tokens = createBearerTokens(login, http, now)
  const running = new Set<Promise<AuthorisedResult>>()

  const callWith = (token: string, { method, url, json }: AuthorisedRequest, signal: AbortSignal) =>
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

  const logIn = (signal: AbortSignal) => unlessCalledOff(tokens.get, signal)

  const callTwice = async (request: AuthorisedRequest, signal: AbortSignal): Promise<AuthorisedResult> => {
    const first = await logIn(signal)
    if (first.kind !== 'token') return first
    const answer = await callWith(first.token, request, signal)
    if (answer.kind !== 'answered' || answer.status !== 401) return answer
    tokens.drop(first.token)
    const second = await logIn(signal)
    return second.kind === 'token' ? callWith(second.token, request, signal) : second
  }

  const call = (request: AuthorisedRequest, signal: AbortSignal): Promise<AuthorisedResult> => {
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
