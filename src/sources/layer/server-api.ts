import { STATUS_CODES } from 'node:http'
import type { Clock } from '../../engine/ports/clock.ts'
import { SourceTrouble } from '../../engine/ports/source.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient, type HttpAnswer, type HttpClient, retryAfterMs } from '../../http/http-client.ts'
import { type Fields, fieldsOf } from '../../json/loose-json.ts'

/** Layer's Server API, as far as we ask it. */
export type ServerApi = {
  /**
   * What stands at this path of the app; its parts are escaped here. Undefined when Layer says that there is no such thing
   * (404), or that there was one (410). Throws `SourceTrouble`.
   */
  get(path: readonly string[], signal: AbortSignal): Promise<Fields | undefined>
  close(): Promise<void>
}

export type ServerApiOptions = { baseUrl: string; appId: string; token: string; version: string; clock: Clock }

/** Right before a notice somebody waits for this: what Layer cannot say by then, it cannot say. */
const TIMEOUT_MS = 10_000
/** For a platform that is busy and does not say for how long. */
const BUSY_MS = 5_000

export function createServerApi(options: ServerApiOptions): ServerApi {
  const { baseUrl, appId, token, version, clock } = options
  const http: HttpClient = createHttpClient({ timeoutMs: TIMEOUT_MS })
  const root = `${withoutSlash(baseUrl)}/apps/${appId.slice(appId.lastIndexOf('/') + 1)}`
  const headers = { authorization: `Bearer ${token}`, accept: `application/vnd.layer+json; version=${version}` }
  return {
    async get(path, signal) {
      if (path.some((part) => part === '.' || part === '..')) return undefined // no URL can name such a thing
      const url = [root, ...path.map(encodeURIComponent)].join('/')
      const result = await http.call({ method: 'GET', url, headers }, signal)
      if (result.kind !== 'answered') throw new SourceTrouble('away', `Layer did not answer: ${result.detail}`)
      return readAnswer(result, version, clock.now())
    },
    close: http.close,
  }
}

function readAnswer(answer: HttpAnswer, version: string, now: number): Fields | undefined {
  const { status } = answer
  const said = `Layer answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  const later = retryAfterMs(answer, now)
  if (status >= 200 && status < 300) return readFound(answer, said)
  switch (status) {
    case 401:
    case 403:
      throw new SourceTrouble('credentials', `${said}: "token" is not, or no longer, a token of this app`)
    case 404:
    case 410:
      // Layer explains itself in JSON, or says nothing. A page that is not found is another server, and nobody's absence.
      if (answer.text.trim() === '' || fieldsOf(answer.json) !== undefined) return undefined
      throw new SourceTrouble('configuration', `${said} with a page that is not Layer's: check "baseUrl"`)
    case 406:
      throw new SourceTrouble('configuration', `${said}: it does not know "apiVersion" ${version}`)
    case 408:
    case 425:
    case 429:
      throw new SourceTrouble('busy', said, { retryAfterMs: later ?? BUSY_MS })
  }
  if (status >= 500) throw new SourceTrouble('away', said, { retryAfterMs: later })
  if (status >= 300 && status < 400) {
    throw new SourceTrouble('configuration', `${said}, which is not followed: check "baseUrl"`)
  }
  throw new SourceTrouble('unreadable', said)
}

function readFound({ json, complete, text }: HttpAnswer, said: string): Fields {
  const fields = fieldsOf(json)
  if (fields !== undefined) return fields
  // Half an answer, or a page in its place, comes from whatever stands before Layer.
  if (!complete || /^\s*</.test(text)) throw new SourceTrouble('away', `${said} without the JSON that belongs to it`)
  throw new SourceTrouble('unreadable', `${said} with something that is not a JSON object`)
}
