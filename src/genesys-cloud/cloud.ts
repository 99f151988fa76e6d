import type { Clock } from '../engine/ports/clock.ts'
import { createHttpClient, type HttpResult } from '../http/http-client.ts'
import { type Account, addressesOf } from './account.ts'
import { createTokens, type NoToken, type TokenResult } from './tokens.ts'

/**
 * Calls to the API of Genesys Cloud, each with a token. A token that the API does not take is replaced once and the call is
 * repeated: a 401 says that nothing was done, so that holds for calls of every kind.
 */
export type Cloud = {
  /** Answers with a value whatever happens. `no-token` means that the API was not called. */
  call(request: CloudRequest, signal: AbortSignal): Promise<CloudResult>
  /** Lets running calls finish and closes what is pooled. */
  close(): Promise<void>
}

export type CloudRequest = {
  method: 'GET' | 'POST' | 'PATCH'
  /** From `/api/v2` on. */
  path: string
  json?: unknown
}

export type CloudResult = HttpResult | NoToken

const TIMEOUT_MS = 20_000
const MAX_ANSWER_BYTES = 8 * 1024 * 1024 // a long conversation with all that its participants carry

export function createCloud(account: Account, clock: Clock): Cloud {
  const { api } = addressesOf(account)
  const http = createHttpClient({ timeoutMs: TIMEOUT_MS, maxAnswerBytes: MAX_ANSWER_BYTES })
  const tokens = createTokens(account, http, clock)
  const running = new Set<Promise<CloudResult>>()

  const callWith = (token: string, { method, path, json }: CloudRequest, signal: AbortSignal) =>
    http.call(
      {
        method,
        url: `${api}${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(json !== undefined && { 'content-type': 'application/json' }),
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      },
      signal,
    )

  const callTwice = async (request: CloudRequest, signal: AbortSignal): Promise<CloudResult> => {
    const first = await unlessCalledOff(tokens.get(), signal)
    if (first.kind !== 'token') return first
    const answer = await callWith(first.token, request, signal)
    if (answer.kind !== 'answered' || answer.status !== 401) return answer
    tokens.drop(first.token)
    const second = await unlessCalledOff(tokens.get(), signal)
    return second.kind === 'token' ? callWith(second.token, request, signal) : second
  }

  const call = (request: CloudRequest, signal: AbortSignal): Promise<CloudResult> => {
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
  return { call, close }
}

/** Somebody who gives up waiting for a token leaves it to the others. */
async function unlessCalledOff(
  token: Promise<TokenResult>,
  signal: AbortSignal,
): Promise<TokenResult | (HttpResult & { kind: 'not-sent' })> {
  const calledOff = { kind: 'not-sent', detail: 'called off before anything was sent' } as const
  if (signal.aborted) return calledOff
  const { promise, resolve } = Promise.withResolvers<typeof calledOff>()
  const stop = () => resolve(calledOff)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([token, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
