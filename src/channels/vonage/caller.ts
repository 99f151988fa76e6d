import { createHttpClient, type HttpResult } from '../../http/http-client.ts'
import type { World } from '../define-channel.ts'
import { authorizationOf, type Login } from './login.ts'

type Request = { method: string; url: string; json?: unknown; about: string }
export type Caller = {
  call(request: Request, signal: AbortSignal): Promise<HttpResult>
  /** Lets running calls finish, those too whose token is not yet signed. */
  close(): Promise<void>
}

/** Calls Vonage, logged in. */
export function createCaller(login: Login, { clock, connectionId }: World): Caller {
  const http = createHttpClient()
  const running = new Set<Promise<HttpResult>>()
  let count = 0

  const make = async ({ method, url, json, about }: Request, signal: AbortSignal): Promise<HttpResult> => {
    count += 1
    const authorization = await authorizationOf(login, clock.now(), `${connectionId} ${about} ${count}`)
    const headers = { authorization, accept: 'application/json' }
    if (json === undefined) return http.call({ method, url, headers }, signal)
    const body = JSON.stringify(json)
    return http.call({ method, url, headers: { ...headers, 'content-type': 'application/json' }, body }, signal)
  }

  return {
    call: async (request, signal) => {
      const result = make(request, signal)
      running.add(result)
      try {
        return await result
      } finally {
        running.delete(result)
      }
    },
    close: async () => {
      await Promise.allSettled(running)
      await http.close()
    },
  }
}
