import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStory, type Notification, SALES, type Story, type StoryRecord } from './liveperson-conversations.ts'
import { createGate, type FakeCredentials } from './liveperson-oauth.ts'

/** Which of the fake's services a failure is for. */
export type Place = 'domain' | 'token' | 'search' | 'consumer' | 'byId' | 'skills'

export type Failure =
  | { do: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  | { do: 'cut' }
  /** The beginning of an answer, and then nothing more. */
  | { do: 'break-off'; body: string }
  /** Takes the request and says nothing until the fake is closed. */
  | { do: 'silence' }

export type FakeOptions = {
  account?: string
  credentials?: FakeCredentials
  now: () => number
  /** How far the history is behind. */
  lagMs?: number
  skills?: { id: number; name: string; deleted?: boolean }[]
  /** Searches with a larger `offset` are refused. */
  deepestOffset?: number
  /** The largest page, for tests with few conversations; LivePerson's is 100. */
  largestPage?: number
  /** Searches cut a conversation with more lines short, and call it partial. */
  mostLines?: number
}

export type Asked = {
  place: Place
  method: string
  path: string
  query: URLSearchParams
  headers: Record<string, string>
  json: Record<string, unknown>
}

export type LivePersonFake = Story & {
  /** What `domainUrl` is set to. */
  url: string
  account: string
  requests: Asked[]
  lag(ms: number): void
  /** The next requests of this kind fail, after `skip` that do not. */
  fail(place: Place, failure: Failure, options?: { times?: number; skip?: number }): void
  /** Parts of the storage do not answer: results are incomplete, and say so. */
  lose(conversations: string[]): void
  expireTokens(): void
  setSkills(skills: NonNullable<FakeOptions['skills']>): void
  /** A webhook as LivePerson posts it: signed, by SHA-1 in base64 unless told otherwise. */
  signed(body: string | Notification, options?: Signing): { body: string; headers: Record<string, string> }
  /** Posts a webhook, again as long as it is not taken; answers the statuses that it was given. */
  deliver(url: string, notification: Notification, options?: Signing & { tries?: number }): Promise<number[]>
  close(): Promise<void>
}

export type Signing = { secret?: string; algorithm?: 'sha1' | 'sha256'; encoding?: 'base64' | 'hex'; account?: string }

export const FAKE_CREDENTIALS = {
  oauth1: { consumerKey: 'key', consumerSecret: 'key+secret/=', token: 'token', tokenSecret: 'token secret' },
  oauth2: { clientId: 'client', clientSecret: 'client-secret' },
} as const satisfies FakeCredentials
export const WEBHOOK_SECRET = 'example_client_secret'

const DAY_MS = 24 * 3_600_000
const TEN_MINUTES_MS = 600_000
const LONGEST_RANGE_MS = 92 * DAY_MS

/**
 * LivePerson on a free port: the domain API, the token service, the three searches of the Messaging Interactions API, the
 * skills, and a sender of webhooks. All services share the port, so the domain API names one host for each.
 */
export async function startLivePerson(options: FakeOptions): Promise<LivePersonFake> {
  const {
    account = '12345678',
    credentials = FAKE_CREDENTIALS,
    now,
    deepestOffset = 10_000,
    largestPage = 100,
  } = options
  const story = createStory(account, now)
  const gate = createGate(account, credentials, now)
  const requests: Asked[] = []
  const failures: { place: Place; failure: Failure; times: number; skip: number }[] = []
  const lost = new Set<string>()
  let lagMs = options.lagMs ?? 0
  let skills: NonNullable<FakeOptions['skills']> = options.skills ?? [SALES]
  let revision = 1

  const services = (host: string) =>
    ['msgHist', 'accountConfigReadOnly', 'sentinel', 'agentVep'].map((service) => ({ service, account, baseURI: host }))

  const search = (place: Place, query: URLSearchParams, body: Record<string, unknown>): Answer => {
    const problem = objectionTo(place, query, body, { deepestOffset, largestPage })
    if (problem !== undefined) return { status: 400, json: { error: problem } }
    const all = story.records({ lagMs, whole: place === 'byId' })
    const matching = all.filter((record) => matches(place, record, body)).sort((a, b) => startOf(a) - startOf(b))
    if (query.get('sort') === 'start:desc') matching.reverse()
    const found = matching.filter(({ info }) => !lost.has(info.conversationId))
    const offset = Number(query.get('offset') ?? 0)
    const page = found.slice(offset, offset + Math.min(Number(query.get('limit') ?? 50), largestPage))
    if (found.length === 0 && matching.length === 0) return { status: 204 }
    const shardsStatusResult = { partialResult: matching.length !== found.length }
    const records = page.map((record) =>
      partsOf(cutShort(record, place, options.mostLines), body.contentToRetrieve, query.get('v')),
    )
    return {
      status: 200,
      json: { _metadata: { count: found.length, shardsStatusResult }, conversationHistoryRecords: records },
    }
  }

  const answer = async (asked: Asked, host: string, form: string): Promise<Answer> => {
    const { place, query, json, headers, method } = asked
    if (place === 'domain') {
      if (!asked.path.includes(`/account/${account}/`)) return { status: 401, json: { error: 'invalid site' } }
      return { status: 200, json: { baseURIs: services(host) } }
    }
    if (place === 'token') return gate.token(new URLSearchParams(form))
    const url = `http://${host}${asked.path}`
    const objection = gate.objection({ method, url, authorization: headers.authorization })
    if (objection !== undefined) return { status: 401, json: { error: objection } }
    if (place !== 'skills') return search(place, query, json)
    if (headers['if-match'] === String(revision)) return { status: 304 }
    const listed = skills.filter((skill) => skill.deleted !== true || query.get('include_deleted') === 'true')
    const shown = listed.map((skill) => ({ deleted: false, ...skill }))
    return { status: 200, json: shown, headers: { 'ac-revision': String(revision) } }
  }

  const server = createServer(async (incoming, response) => {
    const body = await bodyOf(incoming)
    const path = incoming.url ?? ''
    const place = placeOf(incoming.method ?? '', path, account)
    if (place === undefined) return send(response, { status: 404, json: { error: 'no such thing' } })
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
    const query = new URL(path, 'http://host.invalid').searchParams
    const asked = { place, method: incoming.method ?? '', path, query, headers, json: asObject(body) }
    requests.push(asked)
    const failure = nextFailure(failures, place)
    if (failure?.do === 'cut') return incoming.socket.destroy()
    if (failure?.do === 'silence') return
    if (failure?.do === 'break-off') {
      response.writeHead(200, { 'content-length': '100000' })
      return response.write(failure.body, () => incoming.socket.destroy())
    }
    if (failure !== undefined) return response.writeHead(failure.status, failure.headers).end(failure.body ?? '')
    send(response, await answer(asked, incoming.headers.host ?? '', body))
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))

  const signed: LivePersonFake['signed'] = (notification, signing = {}) => {
    const { secret = WEBHOOK_SECRET, algorithm = 'sha1', encoding = 'base64' } = signing
    const body = typeof notification === 'string' ? notification : JSON.stringify(notification)
    const digest = createHmac(algorithm, secret).update(body).digest(encoding)
    const headers = {
      'content-type': 'application/json',
      'x-liveperson-account-id': signing.account ?? account,
      'x-liveperson-client-id': 'client',
      'x-liveperson-signature': `${algorithm}=${digest}`,
    }
    return { body, headers }
  }

  return {
    ...story,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account,
    requests,
    lag: (ms) => {
      lagMs = ms
    },
    fail: (place, failure, { times = 1, skip = 0 } = {}) => void failures.push({ place, failure, times, skip }),
    lose: (conversations) => {
      lost.clear()
      for (const id of conversations) lost.add(id)
    },
    expireTokens: gate.expireTokens,
    setSkills: (next) => {
      skills = next
      revision += 1
    },
    signed,
    deliver: async (url, notification, { tries = 5, ...signing } = {}) => {
      const statuses: number[] = []
      while (statuses.length < tries && !statuses.some((status) => status === 200 || status === 201)) {
        const response = await fetch(url, { method: 'POST', ...signed(notification, signing) })
        await response.arrayBuffer()
        statuses.push(response.status)
      }
      return statuses
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

type Answer = { status: number; json?: unknown; headers?: Record<string, string> }

function placeOf(method: string, path: string, account: string): Place | undefined {
  const [bare = ''] = path.split('?')
  if (method === 'GET' && /^\/api\/account\/[^/]+\/service\/baseURI\.json$/.test(bare)) return 'domain'
  const history = `/messaging_history/api/account/${account}/conversations`
  const places: Readonly<Record<string, Place>> = {
    [`POST /sentinel/api/v2/account/${account}/app/token`]: 'token',
    [`POST ${history}/search`]: 'search',
    [`POST ${history}/consumer/search`]: 'consumer',
    [`POST ${history}/conversation/search`]: 'byId',
    [`GET /api/account/${account}/configuration/le-users/skills`]: 'skills',
  }
  return places[`${method} ${bare}`]
}

/** What the documentation forbids. */
function objectionTo(
  place: Place,
  query: URLSearchParams,
  body: Record<string, unknown>,
  limits: { deepestOffset: number; largestPage: number },
): string | undefined {
  const source = query.get('source') ?? ''
  if (source === '' || source.length > 20) return 'source is required, at most 20 characters'
  if (Number(query.get('limit') ?? 50) > 100) return 'limit is at most 100'
  if (Number(query.get('offset') ?? 0) > limits.deepestOffset) return 'the offset is too large'
  if (place === 'consumer')
    return body.consumer && Array.isArray(body.status) ? undefined : 'consumer and status are required'
  if (place === 'byId') {
    const ids = Array.isArray(body.conversationIds) ? body.conversationIds : [body.conversationId]
    return ids[0] !== undefined && ids.length <= 100 ? undefined : 'one to 100 conversation ids are required'
  }
  const { from, to } = rangeOf(body)
  if (from === undefined || to === undefined) return 'start is required'
  return to - from > LONGEST_RANGE_MS ? 'the range is longer than three months' : undefined
}

function rangeOf(body: Record<string, unknown>): { from: number | undefined; to: number | undefined } {
  const { from, to } = (body.start ?? {}) as { from?: number; to?: number }
  return { from, to: to === -1 && from !== undefined ? from + LONGEST_RANGE_MS : to }
}

function matches(place: Place, record: StoryRecord, body: Record<string, unknown>): boolean {
  const { info } = record
  const isAmong = (filter: unknown, value: unknown) =>
    !Array.isArray(filter) || filter.map(String).includes(String(value))
  if (place === 'byId') {
    return isAmong(body.conversationIds ?? [body.conversationId], info.conversationId)
  }
  if (!isAmong(body.status, info.status)) return false
  const consumers = record.consumerParticipants as { participantId: string }[]
  if (place === 'consumer') return consumers.some(({ participantId }) => participantId === body.consumer)
  const { from = 0, to = 0 } = rangeOf(body)
  const earliest = Math.floor(from / TEN_MINUTES_MS) * TEN_MINUTES_MS
  const latest = Math.ceil(to / TEN_MINUTES_MS) * TEN_MINUTES_MS
  const inRange = startOf(record) >= earliest && startOf(record) <= latest
  return inRange && isAmong(body.latestSkillIds, info.latestSkillId) && isAmong(body.source, info.source)
}

function cutShort(record: StoryRecord, place: Place, mostLines = 1000): StoryRecord {
  const lines = record.messageRecords as unknown[]
  if (place === 'byId' || lines.length <= mostLines) return record
  return { ...record, info: { ...record.info, isPartial: true }, messageRecords: lines.slice(0, mostLines) }
}

function startOf({ info }: StoryRecord): number {
  return Number(info.startTimeL)
}

const BY_DEFAULT = ['messageRecords', 'messageStatuses', 'agentParticipants', 'consumerParticipants', 'sdes']

/** Parts that were not asked for are absent, and `unAuthSdes` is there in version 2 alone. */
function partsOf(record: StoryRecord, wanted: unknown, version: string | null): Record<string, unknown> {
  const parts = Array.isArray(wanted) ? wanted.map(String) : BY_DEFAULT
  const entries = Object.entries(record).filter(([name]) => name === 'info' || parts.includes(name))
  return Object.fromEntries(entries.filter(([name]) => name !== 'unAuthSdes' || version === '2'))
}

function nextFailure(
  failures: { place: Place; failure: Failure; times: number; skip: number }[],
  place: Place,
): Failure | undefined {
  const next = failures.find((each) => each.place === place && each.times > 0)
  if (next === undefined) return undefined
  if (next.skip > 0) {
    next.skip -= 1
    return undefined
  }
  next.times -= 1
  return next.failure
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function asObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    return {}
  }
}

function send(response: ServerResponse, { status, json, headers }: Answer): void {
  const body = json === undefined ? '' : JSON.stringify(json)
  response
    .writeHead(status, { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers })
    .end(body)
}
