import type { Clock } from '../../engine/ports/clock.ts'
import { SourceTrouble } from '../../engine/ports/source.ts'
import { withoutSlash } from '../../http/base-url.ts'
import type { HttpClient } from '../../http/http-client.ts'
import { fieldsOf, objectsIn } from '../../json/loose-json.ts'
import { type Call, jsonOf, successOf, unreadable } from './trouble.ts'

export type Service = 'msgHist' | 'accountConfigReadOnly' | 'sentinel'

/** Where the services of an account live; LivePerson moves them, so no host is written down anywhere. */
export type Hosts = {
  /** `host` or `host:port`, without a scheme. Throws `SourceTrouble`. */
  find(service: Service, signal: AbortSignal): Promise<string>
  /** A host could not be reached: the next `find` asks anew. */
  forget(): void
}

const KEEP_MS = 6 * 3_600_000

export function createHosts(
  { account, domainUrl }: { account: string; domainUrl: string },
  { http, clock }: { http: HttpClient; clock: Clock },
): Hosts {
  let known: { hosts: ReadonlyMap<string, string>; until: number } | undefined
  const call: Call = {
    what: `the services of the account ${account}`,
    refused: {
      credentials: `there is no LivePerson account ${account}; check account`,
      request: `there is no LivePerson account ${account}; check account`,
    },
  }

  const ask = async (signal: AbortSignal): Promise<ReadonlyMap<string, string>> => {
    const path = `/api/account/${encodeURIComponent(account)}/service/baseURI.json?version=1.0`
    const url = withoutSlash(domainUrl) + path
    const result = await http.call({ method: 'GET', url, headers: { accept: 'application/json' } }, signal)
    // An account that does not exist is 400, 401 or 404 here; no credentials are sent, so none can be wrong.
    if (result.kind === 'answered' && [400, 401, 403, 404].includes(result.status)) {
      throw new SourceTrouble('configuration', `the domain API answered ${result.status}: ${call.refused.request}`)
    }
    const json = fieldsOf(jsonOf(successOf(result, call, clock.now()), call))
    const entries =
      json?.baseURIs === undefined ? [json].filter((each) => each !== undefined) : objectsIn(json.baseURIs)
    const hosts = new Map<string, string>()
    for (const { service, baseURI } of entries) {
      // Only a bare host is taken: what stands here is sent our credentials.
      if (typeof service === 'string' && typeof baseURI === 'string' && /^[A-Za-z0-9.-]+(:\d{1,5})?$/.test(baseURI)) {
        hosts.set(service, baseURI)
      }
    }
    if (hosts.size === 0) throw unreadable(call)
    return hosts
  }

  return {
    find: async (service, signal) => {
      if (known === undefined || known.until <= clock.now()) {
        known = { hosts: await ask(signal), until: clock.now() + KEEP_MS }
      }
      const host = known.hosts.get(service)
      if (host !== undefined) return host
      known = undefined // it may be there the next time
      const message = `the LivePerson account ${account} has no service ${service}; its account team can switch it on`
      throw new SourceTrouble('configuration', message)
    },
    forget: () => {
      known = undefined
    },
  }
}
