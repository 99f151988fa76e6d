import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type {
  LayerConversationState,
  LayerIdentity,
  LayerMessageState,
  LayerWebhook,
  layerWords,
} from './layer-bodies.ts'

const WEBHOOKS = /^application\/vnd\.layer\.webhooks\+json; version=([123]\.0)$/
const SERVER_API = /^application\/vnd\.layer\+json; version=(1\.0|1\.1|2\.0|3\.0)$/

export type LayerRestOptions = {
  app: string
  words: ReturnType<typeof layerWords>
  conversations: ReadonlyMap<string, LayerConversationState>
  messages: ReadonlyMap<string, LayerMessageState>
  identities: ReadonlyMap<string, LayerIdentity>
  webhooks: LayerWebhook[]
  isToken(given: string): boolean
  /** `is_unread` and `recipient_status` are null. */
  isVague(): boolean
  newWebhook(wanted: LayerWebhook): LayerWebhook
  challenge(webhook: LayerWebhook): Promise<void>
}

/** A status and JSON, or nothing but the status; `after` runs once it is sent. */
export type LayerAnswer = { status: number; json?: unknown; after?: () => Promise<void> }

/** Layer's REST API: webhooks, and what we ask of the Server API. */
export function layerRest(options: LayerRestOptions): (incoming: IncomingMessage, url: URL) => Promise<LayerAnswer> {
  const {
    app: ourApp,
    words,
    conversations,
    messages,
    identities,
    webhooks,
    isToken,
    isVague,
    newWebhook,
    challenge,
  } = options

  const answerWebhooks = async (method: string, path: readonly string[], body: unknown): Promise<LayerAnswer> => {
    const shown = ({ secret: _, ...webhook }: LayerWebhook) => webhook
    if (path.length === 1 && method === 'GET') return { status: 200, json: webhooks.map(shown) }
    if (path.length === 1 && method === 'POST') {
      const wanted = body as LayerWebhook
      const missing = ['version', 'target_url', 'events', 'secret'].find((name) => !Object.hasOwn(wanted, name))
      if (missing)
        return { status: 422, json: problem(104, 'missing_property', 'Missing property', { property: missing }) }
      const webhook = newWebhook(wanted)
      return { status: 201, json: shown(webhook), after: () => challenge(webhook) }
    }
    const webhook = webhooks.find(({ id }) => id.endsWith(`/${path[1]}`))
    if (webhook === undefined) return { status: 404, json: notFound }
    if (path.length === 2 && method === 'GET') return { status: 200, json: shown(webhook) }
    if (path.length === 2 && method === 'DELETE') {
      webhooks.splice(webhooks.indexOf(webhook), 1)
      return { status: 204 }
    }
    if (path[2] === 'deactivate') {
      Object.assign(webhook, { status: 'inactive', status_reason: 'Deactivated by User' })
      return { status: 200, json: shown(webhook) }
    }
    if (path[2] !== 'activate') return { status: 404, json: notFound }
    webhook.status = 'unverified'
    return { status: 200, json: shown(webhook), after: () => challenge(webhook) }
  }

  const found = <Kind extends { deleted: boolean }>(
    thing: Kind | undefined,
    show: (thing: Kind) => unknown,
  ): LayerAnswer => {
    if (thing === undefined) return { status: 404, json: notFound }
    return thing.deleted ? { status: 410, json: problem(410, 'gone', 'Deleted') } : { status: 200, json: show(thing) }
  }

  const answerServerApi = (path: readonly string[], query: URLSearchParams, version: string): LayerAnswer => {
    const [room, id = '', inner, last] = path
    const shown = (message: LayerMessageState) => ({
      ...words.messageOf(message, version),
      is_unread: null,
      received_at: null,
    })
    if (room === 'conversations' && inner === undefined) {
      return found(conversations.get(id), (conversation) => words.conversationOf(conversation, version))
    }
    if (room === 'conversations' && inner === 'messages' && last === undefined) {
      return found(conversations.get(id), (conversation) => page(conversation.messages, query).map(shown))
    }
    if (room === 'conversations' && inner === 'messages') return found(messages.get(last ?? ''), shown)
    if (room === 'users' && inner === 'identity') {
      return identities.has(id) ? { status: 200, json: words.identityOf(id, version) } : { status: 404, json: notFound }
    }
    if (room === 'users' && inner === 'messages') {
      const message = messages.get(last ?? '')
      const status = message?.statuses.get(id)
      if (status === undefined) return { status: 404, json: notFound }
      const vague = { is_unread: null, recipient_status: null }
      return found(message, (each) => ({ ...shown(each), ...(isVague() ? vague : { is_unread: status !== 'read' }) }))
    }
    return { status: 404, json: notFound }
  }

  const answerRequest = async (incoming: IncomingMessage, url: URL): Promise<LayerAnswer> => {
    const { method = '', headers } = incoming
    const [apps, app, ...path] = url.pathname.slice(1).split('/').map(decodeURIComponent)
    const forWebhooks = path[0] === 'webhooks'
    const [, version] = (forWebhooks ? WEBHOOKS : SERVER_API).exec(headers.accept ?? '') ?? []
    if (version === undefined)
      return { status: 406, json: problem(107, 'invalid_header', 'Invalid Accept header', { header: 'Accept' }) }
    if (!isToken(/^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '')) {
      return { status: 401, json: problem(2, 'authentication_required', 'Invalid token') }
    }
    if (apps !== 'apps' || app !== ourApp) return { status: 404, json: notFound }
    const body = (await buffer(incoming)).toString()
    if (forWebhooks) return answerWebhooks(method, path, body === '' ? {} : JSON.parse(body))
    return method === 'GET' ? answerServerApi(path, url.searchParams, version) : { status: 405 }
  }
  return answerRequest
}

function page(messages: readonly LayerMessageState[], query: URLSearchParams): LayerMessageState[] {
  const newestFirst = messages.filter(({ deleted }) => !deleted).reverse()
  const from = newestFirst.findIndex(({ id }) => query.get('from_id')?.endsWith(id))
  return newestFirst.slice(from + 1, from + 1 + Math.min(Number(query.get('page_size') ?? 100), 100))
}

function problem(code: number, id: string, message: string, data?: Record<string, string>) {
  return { code, id, message, url: 'https://developer.layer.com/docs', ...(data && { data }) }
}

const notFound = problem(102, 'not_found', 'There is no such thing')
