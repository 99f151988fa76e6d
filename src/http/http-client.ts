import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'

/**
 * One call to a provider, and what is known after it. The difference that matters is whether the request may have left:
 *
 *   not-sent    no connection stood (name, refusal, TLS, called off before): it may be tried again, nobody saw it
 *   answered    there is a status; what it means is the provider's affair
 *   ambiguous   the request was written and no answer came (time-out, reset, called off): the provider may have taken it
 *
 * This speaks through node:http and not through `fetch`, because fetch does not say whether it had begun to write.
 * Redirects are not followed: a signature or token must not travel to another host.
 */
export type HttpRequest = {
  /** POST unless told otherwise. */
  method?: string
  url: string
  headers?: Readonly<Record<string, string>>
  body?: string | Buffer
}

export type HttpAnswer = {
  kind: 'answered'
  status: number
  /** Names in lower case; what came several times is joined by commas. */
  headers: Readonly<Record<string, string>>
  text: string
  /** The text as JSON, or undefined when it is none, or not all of it is here. */
  json: unknown
  /** False when the answer broke off or was too long: then `text` is its beginning. */
  complete: boolean
}

export type HttpResult = HttpAnswer | { kind: 'not-sent'; detail: string } | { kind: 'ambiguous'; detail: string }

export type HttpClient = {
  /** Answers with a value whatever the provider does; throws for an address or a header that no request can have. */
  call(request: HttpRequest, signal: AbortSignal): Promise<HttpResult>
  /** Lets running calls finish, then closes the connections that are kept. */
  close(): Promise<void>
}

export type HttpClientOptions = {
  /** For a whole call, from looking up the name to the last byte of the answer. */
  timeoutMs?: number
  /** Of an answer's body; nobody's answer to a send is longer. */
  maxAnswerBytes?: number
}

const TIMEOUT_MS = 30_000
const MAX_ANSWER_BYTES = 256 * 1024
/** Below the five seconds after which many servers drop a quiet connection: writing into a dropped one is ambiguous. */
const KEEP_QUIET_CONNECTION_MS = 4_000

/** Each connection of the operator has a client of its own, so that one provider's sockets are never another's. */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { timeoutMs = TIMEOUT_MS, maxAnswerBytes = MAX_ANSWER_BYTES } = options
  const agentOptions = { keepAlive: true, timeout: KEEP_QUIET_CONNECTION_MS }
  const agents = { 'http:': new HttpAgent(agentOptions), 'https:': new HttpsAgent(agentOptions) }
  const running = new Set<Promise<HttpResult>>()

  const call = async (request: HttpRequest, signal: AbortSignal): Promise<HttpResult> => {
    const url = new URL(request.url)
    const secure = url.protocol === 'https:'
    const timeout = AbortSignal.timeout(timeoutMs)
    const stop = AbortSignal.any([signal, timeout])
    if (stop.aborted) return notSent(whyStopped(timeout))
    const { promise, resolve, reject } = Promise.withResolvers<HttpResult>()
    let written = false
    let answered = false
    const sent = (secure ? requestHttps : requestHttp)(url, {
      method: request.method ?? 'POST',
      agent: secure ? agents['https:'] : agents['http:'],
      headers: { ...request.headers, 'content-length': String(Buffer.byteLength(request.body ?? '')) },
      signal: stop,
    })
    sent.on('socket', (socket: Socket) => {
      const begun = () => {
        written = true
      }
      if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', begun)
      else begun()
    })
    sent.on('response', (response) => {
      answered = true
      readAnswer(response, maxAnswerBytes).then(resolve, reject)
    })
    sent.on('error', (error) => {
      if (answered) return // the status is known, and the answer tells that it is not complete
      const why = stop.aborted ? whyStopped(timeout) : describe(error)
      resolve(written ? { kind: 'ambiguous', detail: `${why} after the request was written` } : notSent(why))
    })
    sent.end(request.body)
    running.add(promise)
    const finished = () => running.delete(promise)
    promise.then(finished, finished)
    return promise
  }

  const close = async () => {
    await Promise.allSettled(running)
    for (const agent of Object.values(agents)) agent.destroy()
  }
  return { call, close }
}

function notSent(why: string): HttpResult {
  return { kind: 'not-sent', detail: `${why} before anything was sent` }
}

function whyStopped(timeout: AbortSignal): string {
  return timeout.aborted ? 'timed out' : 'called off'
}

/** The status is an answer even when its body breaks off, or goes on for ever. */
function readAnswer(response: IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  const { promise, resolve } = Promise.withResolvers<HttpAnswer>()
  const chunks: Buffer[] = []
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, Math.max(0, maxBytes - bytes)))
    bytes += chunk.length
    if (bytes > maxBytes) response.destroy()
  })
  response.on('error', () => {}) // 'close' follows, and `complete` says that it broke off
  response.on('close', () => {
    const complete = response.complete && bytes <= maxBytes
    const text = Buffer.concat(chunks).toString()
    resolve({
      kind: 'answered',
      status: response.statusCode ?? 0,
      headers: Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(', ') : (value ?? ''),
        ]),
      ),
      text,
      json: complete ? parseJson(text) : undefined,
      complete,
    })
  })
  return promise
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Without the host, the path or the query: addresses and tokens stand in them. */
function describe(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return `${WORDS[code] ?? 'the connection failed'} (${code})`
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  CERT_HAS_EXPIRED: "the host's certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the host's certificate is not trusted",
  SELF_SIGNED_CERT_IN_CHAIN: "the host's certificate is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the host's certificate is not trusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "the host's certificate is for another name",
}

const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000

/**
 * How long an answer asks to wait, as seconds or as a date; undefined when it does not say. A date is measured by the
 * provider's own clock where the answer shows it, so that ours may be wrong.
 */
export function retryAfterMs(answer: Pick<HttpAnswer, 'headers'>, now: number): number | undefined {
  const value = answer.headers['retry-after']?.trim()
  if (!value) return undefined
  const shown = Date.parse(answer.headers.date ?? '')
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - (Number.isNaN(shown) ? now : shown)
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS)
}
