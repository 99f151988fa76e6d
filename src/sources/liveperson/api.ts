import type { Clock } from '../../engine/ports/clock.ts'
import type { HttpAnswer, HttpClient } from '../../http/http-client.ts'
import type { Hosts, Service } from './discovery.ts'
import { type OAuth1Keys, signOAuth1 } from './oauth1.ts'
import type { Tokens } from './token.ts'
import { type Call, successOf } from './trouble.ts'

export type ApiRequest = Call & {
  service: Service
  method: 'GET' | 'POST'
  /** Without the host, with its query. */
  path: string
  headers?: Readonly<Record<string, string>>
  body?: unknown
}

/** Calls to the account's services, each with the credentials it needs. */
export type Api = {
  /** Answers a success or 304; everything else throws `SourceTrouble`. */
  call(request: ApiRequest, signal: AbortSignal): Promise<HttpAnswer>
}

/** Who we are: a key that signs each request, or an install whose token is sent along. */
export type Identity = { kind: 'oauth1'; keys: OAuth1Keys; newNonce: () => string } | { kind: 'oauth2'; tokens: Tokens }

export function createApi(
  { scheme, identity }: { scheme: string; identity: Identity },
  { http, hosts, clock }: { http: HttpClient; hosts: Hosts; clock: Clock },
): Api {
  const send = async (request: ApiRequest, url: string, authorization: string, signal: AbortSignal) => {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const headers = {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
      authorization,
    }
    const result = await http.call(
      { method: request.method, url, headers, ...(body !== undefined && { body }) },
      signal,
    )
    if (result.kind === 'not-sent') hosts.forget()
    return result
  }

  return {
    call: async (request, signal) => {
      const url = `${scheme}://${await hosts.find(request.service, signal)}${request.path}`
      if (identity.kind === 'oauth1') {
        const once = { nonce: identity.newNonce(), timestampSeconds: clock.now() / 1000 }
        const result = await send(
          request,
          url,
          signOAuth1({ method: request.method, url }, identity.keys, once),
          signal,
        )
        return successOf(result, request, clock.now())
      }
      const token = await identity.tokens.current(signal)
      const result = await send(request, url, `Bearer ${token}`, signal)
      if (result.kind !== 'answered' || result.status !== 401) return successOf(result, request, clock.now())
      // It may have been withdrawn before its time; a second refusal is about us.
      identity.tokens.discard(token)
      const renewed = await identity.tokens.current(signal)
      return successOf(await send(request, url, `Bearer ${renewed}`, signal), request, clock.now())
    },
  }
}
