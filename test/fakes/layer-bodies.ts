/** The words of Layer: what it keeps, as its webhooks and its Server API write it in each of their versions. */
export type LayerVersion = '1.0' | '2.0' | '3.0'
export type LayerStatus = 'sent' | 'delivered' | 'read'

export type LayerPart = { mime_type: string; body?: string; encoding?: string; content?: Record<string, unknown> }

export type LayerMessageState = {
  id: string
  conversation: LayerConversationState
  parts: LayerPart[]
  sentAt: string
  /** A user, or the name under which the app itself wrote. */
  sender: { user: string } | { name: string }
  position: number
  statuses: Map<string, LayerStatus>
  deleted: boolean
}
export type LayerConversationState = {
  id: string
  createdAt: string
  participants: string[]
  metadata: Record<string, unknown>
  messages: LayerMessageState[]
  deleted: boolean
}
export type LayerIdentity = {
  display_name?: string | null
  first_name?: string | null
  last_name?: string | null
  phone_number?: string | null
  email_address?: string | null
  identity_type?: 'user' | 'bot'
}

export type LayerWebhook = {
  id: string
  version: LayerVersion
  target_url: string
  events: string[]
  secret: string
  config?: Record<string, string>
  status: 'unverified' | 'active' | 'inactive'
  status_reason?: string
}

/** What happened, before it is put into the words of a version. */
export type LayerHappening =
  | { what: 'sent' | 'updated' | 'deleted'; message: LayerMessageState; actor: string | undefined }
  | { what: 'receipt'; status: 'delivered' | 'read'; person: string; messages: readonly LayerMessageState[] }
  | { what: 'created' | 'ended' | 'metadata'; conversation: LayerConversationState }
  | { what: 'joined' | 'left'; conversation: LayerConversationState; people: readonly string[] }

export type LayerEvent = { type: string; actor?: string | undefined; body: Record<string, unknown> }

/** The words of one app, whose users have these identities. */
export function layerWords(app: string, baseUrl: () => string, identities: ReadonlyMap<string, LayerIdentity>) {
  const url = (...path: string[]) => [`${baseUrl()}/apps/${app}`, ...path].join('/')
  const identityUri = (user: string) => `layer:///identities/${encodeURIComponent(user)}`

  const basicIdentity = (user: string) => ({
    id: identityUri(user),
    url: url('users', encodeURIComponent(user), 'identity'),
    user_id: user,
    display_name: identities.get(user)?.display_name ?? null,
    avatar_url: null,
    ...(identities.get(user)?.identity_type && { identity_type: identities.get(user)?.identity_type }),
  })

  const identityOf = (user: string, version: string) => ({
    ...(version < '2' ? {} : { id: identityUri(user), url: url('users', encodeURIComponent(user), 'identity') }),
    ...(version < '2' ? {} : { user_id: user, identity_type: 'user' }),
    display_name: null,
    avatar_url: null,
    first_name: null,
    last_name: null,
    phone_number: null,
    email_address: null,
    metadata: {},
    ...identities.get(user),
  })

  const conversationOf = (conversation: LayerConversationState, version: string) => ({
    id: `layer:///conversations/${conversation.id}`,
    url: url('conversations', conversation.id),
    messages_url: url('conversations', conversation.id, 'messages'),
    created_at: conversation.createdAt,
    distinct: false,
    participants: conversation.participants.map((user) => (version < '2' ? user : basicIdentity(user))),
    metadata: conversation.metadata,
  })

  const messageOf = (message: LayerMessageState, version: string) => {
    const { id, conversation, sender, statuses } = message
    const uri = `layer:///messages/${id}`
    const old = version < '2'
    const author = 'user' in sender ? (old ? { user_id: sender.user } : basicIdentity(sender.user)) : undefined
    return {
      id: uri,
      ...(old ? {} : { url: url('conversations', conversation.id, 'messages', id) }),
      conversation: { id: `layer:///conversations/${conversation.id}`, url: url('conversations', conversation.id) },
      parts: message.parts.map((part, index) => ({
        id: `${uri}/parts/${version < '3' ? index : `d8150000-0000-4000-8000-${String(index).padStart(12, '0')}`}`,
        ...part,
      })),
      sent_at: message.sentAt,
      sender: author ?? ('name' in sender && old ? { name: sender.name, user_id: null } : null),
      recipient_status: Object.fromEntries(
        [...statuses].map(([user, status]) => [old ? user : identityUri(user), status]),
      ),
      ...(old ? {} : { position: message.position }),
    }
  }

  /** The events that a webhook of this version is sent: 1.0 has one for each message that was read, later ones a range. */
  const eventsOf = (happening: LayerHappening, version: LayerVersion): LayerEvent[] => {
    const old = version === '1.0'
    switch (happening.what) {
      case 'sent':
      case 'updated':
      case 'deleted': {
        const { what, message, actor } = happening
        if (old && what === 'updated') return []
        const type = old
          ? `message.${what}`
          : { sent: 'Message.created', updated: 'Message.updated', deleted: 'Message.deleted' }[what]
        return [{ type, actor, body: { message: messageOf(message, version) } }]
      }
      case 'receipt': {
        const { status, person, messages } = happening
        if (old) {
          const body = (message: LayerMessageState) => ({ message: messageOf(message, version) })
          return messages.map((message) => ({ type: `message.${status}`, actor: person, body: body(message) }))
        }
        const positions = messages.map(({ position }) => position)
        const [first] = messages
        if (first === undefined) return []
        const body = {
          conversation: { id: `layer:///conversations/${first.conversation.id}` },
          receipt: {
            type: status === 'read' ? 'Read' : 'Delivery',
            positions: { from: Math.min(...positions), to: Math.max(...positions) },
          },
        }
        return [{ type: 'Receipt.created', actor: person, body }]
      }
      case 'created':
      case 'ended':
      case 'metadata': {
        const [before, after] = {
          created: ['conversation.created', 'Conversation.created'],
          ended: ['conversation.deleted', 'Conversation.deleted'],
          metadata: ['conversation.updated.metadata', 'Conversation.updated'],
        }[happening.what] as [string, string]
        return [{ type: old ? before : after, body: { conversation: conversationOf(happening.conversation, version) } }]
      }
      case 'joined':
      case 'left': {
        const { what, conversation, people } = happening
        if (old) {
          const body = { conversation: conversationOf(conversation, version) }
          return [{ type: 'conversation.updated.participants', body }]
        }
        const body = {
          conversation: { id: `layer:///conversations/${conversation.id}` },
          changes: people.map((user) => ({ id: identityUri(user) })),
        }
        return [{ type: what === 'joined' ? 'Participation.created' : 'Participation.deleted', body }]
      }
    }
  }

  const actorOf = (user: string, version: LayerVersion) => (version === '1.0' ? { user_id: user } : basicIdentity(user))
  return { eventsOf, actorOf, messageOf, conversationOf, identityOf }
}
