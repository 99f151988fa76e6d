import { decodeJwt } from 'jose'
import type { Clock } from '../../engine/ports/clock.ts'
import type { HttpClient } from '../../http/http-client.ts'
import { fieldsOf } from '../../json/loose-json.ts'
import type { Hosts } from './discovery.ts'
import { countOf, wordOf } from './json.ts'
import { type Call, jsonOf, successOf, unreadable } from './trouble.ts'

/** An application install of LivePerson (OAuth 2.0 client credentials). */
export type ClientCredentials = { clientId: string; clientSecret: string; scope?: string | undefined }

export type Tokens = {
  /** A bearer token that is good for a while yet. Throws `SourceTrouble`. */
  current(signal: AbortSignal): Promise<string>
  /** LivePerson did not want this one any more. */
  discard(token: string): void
}

/** So that a token does not run out on the way; also more than clocks differ. */
const RENEW_EARLY_MS = 60_000
/** For a token that does not say how long it is good; LivePerson's are good for an hour. */
const ASSUMED_MS = 10 * 60_000

const CALL: Call = {
  what: 'a token',
  refused: {
    credentials: 'check clientId and clientSecret, and that the install belongs to this account',
    request: 'check clientId, clientSecret and scope',
  },
}

export function createTokens(
  client: ClientCredentials & { account: string; scheme: string },
  { http, hosts, clock }: { http: HttpClient; hosts: Hosts; clock: Clock },
): Tokens {
  let current: { token: string; until: number } | undefined

  const ask = async (signal: AbortSignal): Promise<{ token: string; until: number }> => {
    const host = await hosts.find('sentinel', signal)
    const url = `${client.scheme}://${host}/sentinel/api/v2/account/${encodeURIComponent(client.account)}/app/token`
    const form = new URLSearchParams({
      client_id: client.clientId,
      client_secret: client.clientSecret,
      grant_type: 'client_credentials',
      ...(client.scope !== undefined && { scope: client.scope }),
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    const result = await http.call({ url, headers, body: form.toString() }, signal)
    if (result.kind === 'not-sent') hosts.forget()
    const now = clock.now()
    const json = fieldsOf(jsonOf(successOf(result, CALL, now), CALL))
    const token = wordOf(json?.access_token)
    if (token === undefined || /\s/.test(token)) throw unreadable(CALL)
    const seconds = countOf(json?.expires_in)
    const until = expiryOf(token) ?? now + (seconds === undefined ? ASSUMED_MS : seconds * 1000)
    return { token, until }
  }

  return {
    current: async (signal) => {
      if (current === undefined || current.until - RENEW_EARLY_MS <= clock.now()) current = await ask(signal)
      return current.token
    },
    discard: (token) => {
      if (current?.token === token) current = undefined
    },
  }
}

/** LivePerson's answer does not say how long a token is good; the token itself does. */
function expiryOf(token: string): number | undefined {
  try {
    const { exp } = decodeJwt(token)
    return exp === undefined ? undefined : exp * 1000
  } catch {
    return undefined
  }
}
