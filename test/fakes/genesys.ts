import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What happens to the next requests whose method and path match, instead of the right thing. */
export type Trouble = {
  /** Held against `GET /api/v2/conversations/…`, query included. */
  on: RegExp
  /** How often; for ever unless told otherwise. */
  times?: number
} & (
  | { do: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** Does nothing and ends the connection. */
  | { do: 'hang-up' }
  /** Does the right thing, then ends the connection without an answer. */
  | { do: 'cut' }
  /** Does the right thing, and answers on `release`. */
  | { do: 'hold' }
)

export type GenesysRequest = { method: string; path: string; headers: Record<string, string>; body: string }
export type AgentlessEmail = { id: string; body: Record<string, unknown> }

export type GenesysFake = {
  url: string
  /** By id, in the shape of the Conversation API; the other shape is made from it. */
  conversations: Map<string, Record<string, unknown>>
  contacts: Map<string, Record<string, unknown>>
  /** MessageData by message id. */
  texts: Map<string, Record<string, unknown>>
  /** What the client's role allows. */
  permissions: Set<string>
  /** Domains that are set up for agentless e-mail. */
  domains: Set<string>
  requests: GenesysRequest[]
  mails: AgentlessEmail[]
  tokensGiven(): number
  /** Tokens given out so far are not taken any more, long before their time. */
  revokeTokens(): void
  trouble(trouble: Trouble): void
  /** All is well again. */
  heal(): void
  /** Resolves when the next request that is held has been taken. */
  held(): Promise<void>
  release(): void
  close(): Promise<void>
}

export type GenesysFakeOptions = {
  clientId: string
  clientSecret: string
  now: () => number
  tokenLifeSeconds?: number
}

type Answer = { status: number; json?: unknown; headers?: Record<string, string>; body?: string }

const PERMISSIONS = [
  'conversation:communication:view',
  'conversation:webmessaging:view',
  'externalContacts:contact:view',
  'conversation:agentlessEmail:send',
]

/** Genesys Cloud on a free port of this machine, login and API at one address. */
export async function startGenesys(options: GenesysFakeOptions): Promise<GenesysFake> {
  const { clientId, clientSecret, now, tokenLifeSeconds = 86_399 } = options
  const tokens = new Map<string, number>()
  const conversations: GenesysFake['conversations'] = new Map()
  const contacts: GenesysFake['contacts'] = new Map()
  const texts: GenesysFake['texts'] = new Map()
  const permissions = new Set(PERMISSIONS)
  const domains = new Set<string>()
  const requests: GenesysRequest[] = []
  const mails: AgentlessEmail[] = []
  const holding: (() => void)[] = []
  let troubles: Trouble[] = []
  let given = 0
  let holds = Promise.withResolvers<void>()

  const login = ({ headers, body }: GenesysRequest): Answer => {
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
    if (headers.authorization !== basic) return { status: 401, json: { error: 'invalid_client' } }
    const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
    if (!isForm) return { status: 400, json: { error: 'invalid_request' } }
    if (new URLSearchParams(body).get('grant_type') !== 'client_credentials') {
      return { status: 400, json: { error: 'unsupported_grant_type' } }
    }
    given += 1
    const token = `token-${given}`
    tokens.set(token, now() + tokenLifeSeconds * 1000)
    return { status: 200, json: { access_token: token, token_type: 'bearer', expires_in: tokenLifeSeconds } }
  }

  const api = (request: GenesysRequest): Answer => {
    const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? []
    const endsAt = tokens.get(token)
    if (endsAt === undefined || endsAt <= now()) return problem(401, 'bad.credentials', 'Invalid login credentials.')
    const route = ROUTES.find(({ method, path }) => method === request.method && path.test(request.path))
    if (route === undefined) return problem(404, 'not.found', 'The requested resource was not found.')
    if (route.permission !== undefined && !permissions.has(route.permission)) {
      return problem(403, 'missing.permissions', `Missing the following permission: ${route.permission}`)
    }
    const [, ...ids] = route.path.exec(request.path) ?? []
    const json = parse(request.body)
    if (request.body !== '' && json === undefined) return problem(400, 'bad.request', 'The request is not JSON.')
    return route.answer(ids.map(decodeURIComponent), json)
  }

  const ROUTES: readonly {
    method: string
    path: RegExp
    permission?: string
    answer(ids: readonly string[], json: unknown): Answer
  }[] = [
    {
      method: 'GET',
      path: /^\/api\/v2\/conversations\/messages\/([^/?]+)$/,
      answer: ([id = '']) => found(conversations.get(id), (conversation) => withoutCommunications(conversation)),
    },
    {
      method: 'GET',
      path: /^\/api\/v2\/conversations\/([^/?]+)$/,
      permission: 'conversation:communication:view',
      answer: ([id = '']) => found(conversations.get(id), (conversation) => conversation),
    },
    {
      method: 'POST',
      path: /^\/api\/v2\/conversations\/messages\/([^/]+)\/messages\/bulk(?:\?useNormalizedMessage=true)?$/,
      permission: 'conversation:webmessaging:view',
      answer: ([id = ''], json) => {
        if (!Array.isArray(json) || json.length > 1000) return problem(400, 'bad.request', 'Want up to 1000 ids.')
        const entities = json.map((each) => texts.get(String(each))).filter((each) => each?.conversationId === id)
        return { status: 200, json: { entities } }
      },
    },
    {
      method: 'PATCH',
      path: /^\/api\/v2\/conversations\/([^/]+)\/participants\/([^/]+)\/attributes$/,
      answer: ([id = '', participantId], json) => {
        const participant = participantsOf(conversations.get(id)).find((each) => each.id === participantId)
        if (participant === undefined) return problem(404, 'not.found', 'No such participant.')
        const { attributes } = record(json)
        participant.attributes = { ...record(participant.attributes), ...record(attributes) }
        return { status: 200, json: { attributes: participant.attributes } }
      },
    },
    {
      method: 'GET',
      path: /^\/api\/v2\/externalcontacts\/contacts\/([^/?]+)$/,
      permission: 'externalContacts:contact:view',
      answer: ([id = '']) => found(contacts.get(id), (contact) => contact),
    },
    {
      method: 'POST',
      path: /^\/api\/v2\/conversations\/emails\/agentless$/,
      permission: 'conversation:agentlessEmail:send',
      answer: (_ids, json) => takeMail(record(json)),
    },
  ]

  const takeMail = (body: Record<string, unknown>): Answer => {
    const { senderType, fromAddress, toAddresses, textBody, htmlBody } = body
    if (senderType !== 'Outbound') return problem(400, 'bad.request', 'senderType must be Outbound.')
    const domain = String(record(fromAddress).email).split('@')[1] ?? ''
    if (!domains.has(domain)) return problem(400, 'bad.request', `The fromAddress domain ${domain} is not configured.`)
    if (!Array.isArray(toAddresses) || toAddresses.length !== 1) {
      return problem(400, 'bad.request', 'toAddresses must have exactly one entry.')
    }
    const { email } = record(toAddresses[0])
    if (typeof email !== 'string' || !/^\S+@\S+\.\S+$/.test(email)) {
      return problem(400, 'invalid.email.address', `toAddresses: ${email} is not an e-mail address.`)
    }
    if (typeof textBody !== 'string' && typeof htmlBody !== 'string') {
      return problem(400, 'bad.request', 'A body is required.')
    }
    const id = `5f7d6a10-0000-4000-8000-${String(mails.length + 1).padStart(12, '0')}`
    mails.push({ id, body })
    const { subject } = body
    return { status: 200, json: { id, conversationId: `mail-${id}`, senderType, fromAddress, toAddresses, subject } }
  }

  const server = createServer(async (incoming, response) => {
    const request = await read(incoming)
    requests.push(request)
    const line = `${request.method} ${request.path}`
    const trouble = troubles.find(({ on, times = 1 }) => times > 0 && on.test(line))
    if (trouble?.times !== undefined) trouble.times -= 1
    if (trouble?.do === 'answer') return write(response, trouble)
    if (trouble?.do === 'hang-up') return incoming.socket.destroy()
    const answer = line === 'POST /oauth/token' ? login(request) : api(request)
    if (trouble?.do === 'cut') return incoming.socket.destroy()
    if (trouble?.do !== 'hold') return write(response, answer)
    holding.push(() => write(response, answer))
    holds.resolve()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    conversations,
    contacts,
    texts,
    permissions,
    domains,
    requests,
    mails,
    tokensGiven: () => given,
    revokeTokens: () => tokens.clear(),
    trouble: (trouble) => {
      troubles.push({ ...trouble })
    },
    heal: () => {
      troubles = []
    },
    held: () => holds.promise,
    release: () => {
      for (const answer of holding.splice(0)) answer()
      holds = Promise.withResolvers()
    },
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function found<T>(value: T | undefined, show: (value: T) => unknown): Answer {
  return value === undefined
    ? problem(404, 'not.found', 'The requested resource was not found.')
    : { status: 200, json: show(value) }
}

/** Errors as the API words them; they quote what was sent. */
function problem(status: number, code: string, message: string): Answer {
  const contextId = '7272d362-23b2-4c14-9d40-dc7b7683153a'
  return { status, json: { message, code, status, contextId, details: [], errors: [] } }
}

/** The shape of `/conversations/messages/{id}`: messages stand right under their participant, a contact is an object. */
function withoutCommunications(conversation: Record<string, unknown>): Record<string, unknown> {
  const participants = participantsOf(conversation).map(({ externalContactId, messages, ...participant }) => ({
    ...participant,
    ...(externalContactId !== undefined && { externalContact: { id: externalContactId } }),
    messages: records(messages).flatMap((communication) => records(communication.messages)),
  }))
  return { ...conversation, participants }
}

function participantsOf(conversation: Record<string, unknown> | undefined): Record<string, unknown>[] {
  return records(conversation?.participants)
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map((each) => each as Record<string, unknown>) : []
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function read(incoming: IncomingMessage): Promise<GenesysRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
  return { method: incoming.method ?? '', path: incoming.url ?? '', headers, body: Buffer.concat(chunks).toString() }
}

function write(response: ServerResponse, { status, json, headers, body }: Answer): void {
  const type = json === undefined ? 'text/html' : 'application/json'
  response.writeHead(status, { 'content-type': type, 'inin-correlation-id': 'c0ffee-1', ...headers })
  response.end(json === undefined ? (body ?? '') : JSON.stringify(json))
}
