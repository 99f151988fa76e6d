import { sign } from '../src/signing/standard-webhooks.ts'
import type { EntrantName } from './entrants.ts'
import type { Line } from './figures.ts'
import { Helper } from './helper.ts'
import type { Load, LoadResult } from './http-load.ts'
import { CALLBACK_PATH, type HttpReady, type HttpTask, SEND_PATH, type SendTask } from './http-service.ts'
import type { PeerSession } from './peer-session.ts'
import { percentile } from './statistics.ts'
import { CONCURRENCY, HOUR_MS, providerRefOf, TEXT } from './workload.ts'

/** Who serves HTTP: two of the entrants, and the bare route that stores nothing. */
export type HttpName = Extract<EntrantName, 'untilread-sqlite' | 'untilread-postgres' | `bullmq-${string}`> | 'bare'

/** Whether this entrant serves HTTP in the comparison. */
export function servesHttp(name: EntrantName): name is Exclude<HttpName, 'bare'> {
  return name.startsWith('untilread') || name.startsWith('bullmq')
}

const perSecond = (key: string, title: string): Line => ({ key, title, unit: 'per second' })
const LINES = {
  later: perSecond('http-send', `HTTP: send, scheduled, ${CONCURRENCY} at a time`),
  latency: { key: 'http-p99', title: 'HTTP: p99 of the answers to these', unit: 'ms' } satisfies Line,
  now: perSecond('http-send-now', `HTTP: send, due at once, ${CONCURRENCY} at a time`),
  batch: perSecond('http-batch', 'HTTP: messages in batches, 4 at a time'),
  callback: perSecond('http-callback', `HTTP: signed callbacks, ${CONCURRENCY} at a time`),
}

/** One entrant's round; the server and the load are processes of their own. */
export async function measureHttp(name: HttpName, session: PeerSession, record: boolean): Promise<void> {
  await using cleanUp = new AsyncDisposableStack()
  const { sizes, clock, signal, figures } = session
  session.progress(`HTTP: ${name}`)
  const ground = name === 'bare' ? undefined : await session.newGround(name)
  if (ground) cleanUp.defer(() => ground.remove())
  const service = new Helper('./http-service.ts', { signal })
  cleanUp.defer(() => service.end())
  const load = new Helper('./http-load.ts', { signal })
  cleanUp.defer(() => load.end())
  const { port, apiKey, secret } = await service.ask<HttpReady>(taskOf(name, ground?.location))

  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const run = (requests: readonly string[], connections: number) => {
    return load.ask<LoadResult>({ port, requests, connections } satisfies Load)
  }
  const add = (line: Line, value: number) => {
    if (record) figures.add(line, name, value)
  }
  const requests = (body: object) => {
    return Array<string>(sizes.http.requests).fill(post(SEND_PATH, headers, JSON.stringify(body)))
  }
  const scheduled = new Date(clock.now() + HOUR_MS).toISOString()

  await run(requests(messageOf({ scheduled })).slice(0, sizes.http.requests / 3), CONCURRENCY) // for the compilers
  await ground?.rest()
  const later = await run(requests(messageOf({ scheduled })), CONCURRENCY)
  add(LINES.later, sizes.http.requests / later.seconds)
  add(LINES.latency, percentile(later.latencies, 0.99))
  if (name !== 'untilread-sqlite' && name !== 'untilread-postgres') return

  await ground?.rest()
  const now = await run(requests(messageOf({})), CONCURRENCY)
  add(LINES.now, sizes.http.requests / now.seconds)

  const { batches, perBatch } = sizes.http
  const batch = { messages: Array.from({ length: perBatch }, () => messageOf({ scheduled })) }
  const inBatches = Array<string>(batches).fill(post(`${SEND_PATH}/batch`, headers, JSON.stringify(batch)))
  await ground?.rest()
  add(LINES.batch, (batches * perBatch) / (await run(inBatches, 4)).seconds)

  const umids = await service.ask<string[]>({ send: sizes.http.requests } satisfies SendTask)
  const callbacks = umids.map((umid) => callbackOf(umid, secret, clock.now()))
  await ground?.rest()
  add(LINES.callback, umids.length / (await run(callbacks, CONCURRENCY)).seconds)
}

function taskOf(name: HttpName, location = ''): HttpTask {
  if (name === 'bare') return { kind: 'bare' }
  return { kind: name.startsWith('bullmq') ? 'bullmq' : 'untilread', location }
}

function messageOf(more: { scheduled?: string }): object {
  return {
    channels: [{ channel: 'WhatsApp', fallbackAfter: 3600, successStatus: 'Read' }, { channel: 'SMS' }],
    user: { msisdn: '+6590000001' },
    type: 'text',
    content: { text: TEXT },
    ...more,
  }
}

/** As the sandbox's phones call: signed, one receipt each. */
function callbackOf(umid: string, secret: string, now: number): string {
  const id = providerRefOf(umid)
  const body = JSON.stringify({ id, status: 'read', timestamp: new Date(now).toISOString() })
  const headers = { 'content-type': 'application/json', ...sign(secret, `${id}.read`, now / 1000, body) }
  return post(CALLBACK_PATH, headers, body)
}

function post(path: string, headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers, 'content-length': String(Buffer.byteLength(body)) })
  return [`POST ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n')
}
