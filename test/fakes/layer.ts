import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type LayerConversationState,
  type LayerHappening,
  type LayerIdentity,
  type LayerMessageState,
  type LayerPart,
  type LayerWebhook,
  layerWords,
} from './layer-bodies.ts'
import { type LayerAnswer, layerRest } from './layer-rest.ts'

/** What the Server API does with requests whose path matches, until it is told otherwise. */
export type LayerBehaviour = { on?: RegExp } & (
  | { do: 'serve' }
  /** Serves as soon as so many requests wait. */
  | { do: 'gather'; count: number }
  | { do: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** Reads the request and ends the connection. */
  | { do: 'cut' }
  /** The head of an answer, and half of its body. */
  | { do: 'cut-inside' }
)

/** One request to a webhook; a repeat of it is the same to the byte. */
export type LayerRequest = {
  webhook: LayerWebhook
  type: string
  requestId: string
  headers: Readonly<Record<string, string>>
  body: string
  /** What was answered, try by try; 0 where there was no answer. */
  answers: number[]
}

export type LayerFake = {
  baseUrl: string
  appId: string
  token: string
  /** Users with an identity; those without one are answered with 404. */
  identities: Map<string, LayerIdentity>
  webhooks: LayerWebhook[]
  /** All that went to webhooks, or is held, in the order of the events. */
  requests: LayerRequest[]
  /** What came to the Server API. */
  calls: { method: string; path: string; status: number }[]
  /** Most calls that were open at one time. */
  mostAtOnce(): number
  behave(behaviour: LayerBehaviour): void
  /** No token is good any more. */
  expireTokens(): void
  /** From now on `is_unread` and `recipient_status` are null, as they may be. */
  becomeVague(): void

  /** Resolves when every webhook that was registered over HTTP has been asked whether it is there. */
  settled(): Promise<void>
  /** Registers a webhook as the REST call does; answers once the challenge is answered, or not. */
  register(hook: Pick<LayerWebhook, 'version' | 'target_url' | 'secret'> & Partial<LayerWebhook>): Promise<LayerWebhook>
  createConversation(participants: readonly string[], metadata?: Record<string, unknown>): Promise<string>
  /** As a user, or as the app under a name; answers the id of the message. */
  say(conversation: string, sender: string | { name: string }, text: string | LayerPart[]): Promise<string>
  edit(message: string, text: string): Promise<void>
  /** The person's device reports these messages, in one go. */
  receipt(status: 'delivered' | 'read', person: string, messages: readonly string[]): Promise<void>
  deleteMessage(message: string): Promise<void>
  deleteConversation(conversation: string): Promise<void>
  join(conversation: string, people: readonly string[]): Promise<void>
  leave(conversation: string, people: readonly string[]): Promise<void>
  describe(conversation: string, metadata: Record<string, unknown>): Promise<void>

  /** From now on requests are kept back. */
  hold(): void
  /** Sends what is held, in an order and as often as `arrange` says, over so many connections; then holds no more. */
  release(arrange?: (held: LayerRequest[]) => readonly LayerRequest[], connections?: number): Promise<void>
  /** Tries once more what was not answered with 2xx. After the fifth repeat the webhook is inactive, and all of it dropped. */
  retry(): Promise<void>
  /** Sends a request as it is, and answers the status; 0 for no answer. */
  post(request: LayerRequest): Promise<number>
  close(): Promise<void>
}

const REPEATS = 5
const APP = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
const FIRST_POSITION = 177_831_018_496 // as recorded: more than 32 bits hold
const EVERYTHING = ['message', 'conversation', 'Message', 'Receipt', 'Conversation', 'Participation']

/**
 * Layer on a free port of this machine, with one app: its users act through the functions, what comes of it goes to the
 * registered webhooks, and the REST API answers. `now` is the time by which it stamps. Layer wants an answer within a second;
 * a crowded test machine is given five.
 */
export async function startLayer(options: { now: () => number; answerWithinMs?: number }): Promise<LayerFake> {
  const { now, answerWithinMs = 5_000 } = options
  const conversations = new Map<string, LayerConversationState>()
  const messages = new Map<string, LayerMessageState>()
  const identities: LayerFake['identities'] = new Map()
  const webhooks: LayerWebhook[] = []
  const requests: LayerRequest[] = []
  const calls: LayerFake['calls'] = []
  let token: string | undefined = 'layer-server-token'
  let behaviour: LayerBehaviour = { do: 'serve' }
  let isVague = false
  let isHolding = false
  let held: LayerRequest[] = []
  let backoff: LayerRequest[] = []
  let ids = 0
  let open = 0
  let mostOpen = 0
  const gathered: (() => void)[] = []
  const challenges: Promise<void>[] = []

  const newId = () => `${String(++ids).padStart(8, '0')}-0000-4000-8000-000000000000`
  const iso = () => new Date(now()).toISOString()
  const words = layerWords(APP, () => baseUrl, identities)
  const conversationAt = (id: string) => known(conversations, id)
  const messageAt = (id: string) => known(messages, id)

  const compose = (webhook: LayerWebhook, happening: LayerHappening): LayerRequest[] =>
    words.eventsOf(happening, webhook.version).map(({ type, actor, body }) => {
      // A new message, its event and the request that tells of it have one id.
      const id = happening.what === 'sent' ? happening.message.id : newId()
      const who = actor === undefined ? undefined : words.actorOf(actor, webhook.version)
      const isOld = webhook.version === '1.0'
      const event = { created_at: iso(), type, id, ...(isOld && who && { actor: who }) }
      const all = {
        event,
        ...(!isOld && who && { actor: who }),
        ...body,
        ...(webhook.config && { config: webhook.config }),
      }
      const text = JSON.stringify(all)
      return { webhook, type, requestId: id, headers: signedHeaders(webhook, type, id, text), body: text, answers: [] }
    })

  const post = async (request: LayerRequest): Promise<number> => {
    const { webhook, headers, body } = request
    const status = await answerOf(webhook.target_url, { method: 'POST', headers, body, redirect: 'manual' })
    request.answers.push(status)
    return status
  }

  const deliver = async (request: LayerRequest): Promise<void> => {
    const status = await post(request)
    if (status >= 200 && status < 300) return
    if (request.answers.length <= REPEATS) {
      backoff.push(request)
      return
    }
    request.webhook.status = 'inactive'
    request.webhook.status_reason = 'Too many failures'
    backoff = backoff.filter(({ webhook }) => webhook !== request.webhook)
  }

  const tell = async (happening: LayerHappening): Promise<void> => {
    const composed = webhooks
      .filter(({ status }) => status === 'active')
      .flatMap((webhook) => compose(webhook, happening))
      .filter(({ webhook, type }) => webhook.events.some((each) => type === each || type.startsWith(`${each}.`)))
    requests.push(...composed)
    if (isHolding) held.push(...composed)
    else await Promise.all(composed.map(deliver))
  }

  const answerOf = async (url: string, init: RequestInit, body?: string): Promise<number> => {
    try {
      const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(answerWithinMs) })
      const text = await answer.text()
      return body === undefined || text === body ? answer.status : 0
    } catch {
      return 0
    }
  }

  const challenge = async (webhook: LayerWebhook): Promise<void> => {
    const word = `challenge ${newId()}+/=`
    const url = `${webhook.target_url}?verification_challenge=${encodeURIComponent(word)}`
    webhook.status = (await answerOf(url, { method: 'GET' }, word)) === 200 ? 'active' : 'inactive'
    if (webhook.status === 'inactive') webhook.status_reason = 'Verification failed'
  }

  const newWebhook = (wanted: Partial<LayerWebhook> & Pick<LayerWebhook, 'version' | 'target_url' | 'secret'>) => {
    const id = `layer:///apps/${APP}/webhooks/${newId()}`
    const webhook: LayerWebhook = { events: EVERYTHING, ...wanted, id, status: 'unverified' }
    webhooks.push(webhook)
    return webhook
  }

  const answerRequest = layerRest({
    app: APP,
    words,
    conversations,
    messages,
    identities,
    webhooks,
    isToken: (given) => given === token,
    isVague: () => isVague,
    newWebhook,
    challenge,
  })

  const server = createServer(async (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost')
    const todo: LayerBehaviour = behaviour.on?.test(url.pathname) === false ? { do: 'serve' } : behaviour
    const call = { method: incoming.method ?? '', path: url.pathname, status: 0 }
    calls.push(call)
    mostOpen = Math.max(mostOpen, ++open)
    const leave = () => {
      open -= 1 // before the answer, for the next call may follow at once
    }
    if (todo.do === 'cut' || todo.do === 'cut-inside') leave()
    if (todo.do === 'cut') return incoming.socket.destroy()
    if (todo.do === 'cut-inside') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"id":"layer', () => incoming.socket.destroy())
      return
    }
    if (todo.do === 'answer') {
      call.status = todo.status
      leave()
      response.writeHead(todo.status, todo.headers).end(todo.body ?? '')
      return
    }
    if (todo.do === 'gather') {
      const { promise, resolve } = Promise.withResolvers<void>()
      gathered.push(resolve)
      if (gathered.length >= todo.count) for (const serve of gathered.splice(0)) serve()
      await promise
    }
    const answer = await answerRequest(incoming, url)
    call.status = answer.status
    leave()
    if (answer.after) challenges.push(once(response, 'close').then(answer.after))
    send(response, answer)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    baseUrl,
    appId: `layer:///apps/${APP}`,
    token,
    identities,
    webhooks,
    requests,
    calls,
    mostAtOnce: () => mostOpen,
    behave: (next) => {
      behaviour = next
    },
    expireTokens: () => {
      token = undefined
    },
    becomeVague: () => {
      isVague = true
    },
    async settled() {
      await Promise.all(challenges)
    },
    async register(hook) {
      const webhook = newWebhook(hook)
      await challenge(webhook)
      return webhook
    },
    async createConversation(participants, metadata = {}) {
      const conversation = {
        id: newId(),
        createdAt: iso(),
        participants: [...participants],
        metadata,
        messages: [],
        deleted: false,
      }
      conversations.set(conversation.id, conversation)
      await tell({ what: 'created', conversation })
      return conversation.id
    },
    async say(where, who, text) {
      const conversation = conversationAt(where)
      const sender = typeof who === 'string' ? { user: who } : who
      const message: LayerMessageState = {
        id: newId(),
        conversation,
        parts: typeof text === 'string' ? [{ mime_type: 'text/plain', body: text }] : text,
        sentAt: iso(),
        sender,
        position: FIRST_POSITION + messages.size * 1_000,
        statuses: new Map(conversation.participants.map((user) => [user, user === who ? 'read' : 'sent'])),
        deleted: false,
      }
      messages.set(message.id, message)
      conversation.messages.push(message)
      await tell({ what: 'sent', message, actor: typeof who === 'string' ? who : undefined })
      return message.id
    },
    async edit(id, text) {
      const message = messageAt(id)
      message.parts = [{ mime_type: 'text/plain', body: text }]
      await tell({ what: 'updated', message, actor: 'user' in message.sender ? message.sender.user : undefined })
    },
    async receipt(status, person, ids) {
      const reported = ids.map(messageAt).filter(({ statuses }) => statuses.get(person) !== 'read')
      for (const { statuses } of reported) statuses.set(person, status)
      await tell({ what: 'receipt', status, person, messages: reported })
    },
    async deleteMessage(id) {
      const message = messageAt(id)
      message.deleted = true
      await tell({ what: 'deleted', message, actor: 'user' in message.sender ? message.sender.user : undefined })
    },
    async deleteConversation(id) {
      const conversation = conversationAt(id)
      conversation.deleted = true
      await tell({ what: 'ended', conversation })
    },
    async join(id, people) {
      const conversation = conversationAt(id)
      conversation.participants.push(...people)
      await tell({ what: 'joined', conversation, people })
    },
    async leave(id, people) {
      const conversation = conversationAt(id)
      conversation.participants = conversation.participants.filter((user) => !people.includes(user))
      await tell({ what: 'left', conversation, people })
    },
    async describe(id, metadata) {
      const conversation = conversationAt(id)
      conversation.metadata = metadata
      await tell({ what: 'metadata', conversation })
    },
    hold: () => {
      isHolding = true
    },
    async release(arrange = (requests) => requests, connections = 1) {
      const queue = arrange(held).values()
      held = []
      isHolding = false
      const line = async () => {
        for (const request of queue) await deliver(request)
      }
      await Promise.all(Array.from({ length: connections }, line))
    },
    async retry() {
      const again = backoff
      backoff = []
      for (const request of again) if (request.webhook.status === 'active') await deliver(request)
    },
    post,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function signedHeaders(webhook: LayerWebhook, type: string, requestId: string, body: string): Record<string, string> {
  return {
    'content-type': `application/vnd.layer.webhooks+json; version=${webhook.version}`,
    'layer-webhook-event-type': type,
    'layer-webhook-id': webhook.id,
    'layer-webhook-request-id': requestId,
    'layer-webhook-signature': createHmac('sha1', webhook.secret).update(body).digest('hex'),
    'user-agent': 'layer-webhooks/1.0',
  }
}

function send(response: ServerResponse, { status, json }: LayerAnswer): void {
  response.writeHead(status, json === undefined ? {} : { 'content-type': 'application/json' })
  response.end(json === undefined ? undefined : JSON.stringify(json))
}

function known<Value>(map: ReadonlyMap<string, Value>, id: string): Value {
  const value = map.get(id)
  if (value === undefined) throw new Error(`Layer has no ${id}`)
  return value
}
