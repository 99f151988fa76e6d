import type { Author, ConversationFacts, SourceEvent } from './source-event.ts'

/** What is known of a conversation, beside who has read what. */
export type Conversation = {
  about: ConversationFacts
  /** When that was so, by the platform's clock: an older event that comes late adds only what is missing. */
  describedAt?: number
  endedAt?: number
}

/** A message of a chat platform, as it was told, edited or deleted; the same for all who are to read it. */
export type StoredItem = {
  id: string
  position?: number
  at: number
  text?: string
  author?: Pick<Author, 'id' | 'name' | 'kind'>
  /** False while only an edit or a deletion of it was heard of. */
  sent: boolean
  editedAt?: number
  deleted?: true
  /** For whom it was, as far as it was told. */
  to?: readonly string[]
  /** The message that this one repeats under another id. */
  sameAs?: string
}

/** Where the first message with a sender's key is remembered, among the ids of messages. */
export function dedupeId(key: string): string {
  return `dedupe:${key}`
}

export const NEW_CONVERSATION: Conversation = { about: {} }

/** The conversation after an event: newer facts replace older ones. */
export function describe(conversation: Conversation, { about, at }: Pick<SourceEvent, 'about' | 'at'>): Conversation {
  if (about === undefined) return conversation
  const isNewer = at >= (conversation.describedAt ?? Number.NEGATIVE_INFINITY)
  const [older, newer] = isNewer ? [conversation.about, about] : [about, conversation.about]
  const metadata = { ...older.metadata, ...newer.metadata }
  return {
    ...conversation,
    about: { ...older, ...newer, ...(Object.keys(metadata).length > 0 && { metadata }) },
    describedAt: Math.max(at, conversation.describedAt ?? at),
  }
}

/** Whose readers an event can change; `all` of the conversation where it does not say. */
export function concerns(event: SourceEvent, conversation: Conversation): readonly string[] | 'all' {
  const { participants } = describe(conversation, event).about
  if (event.about?.participants !== undefined && !sameMembers(participants, conversation.about.participants))
    return 'all'
  switch (event.type) {
    case 'sent': {
      const { recipients = participants ?? [], author } = event
      return author.id === undefined ? recipients : [...recipients, author.id, ...(author.aliases ?? [])]
    }
    case 'edited':
      return event.mentions ?? []
    case 'read':
    case 'delivered':
      return [event.person]
    case 'joined':
    case 'left':
      return event.people
    case 'deleted':
    case 'ended':
      return 'all'
    case 'described':
      return []
  }
}

function sameMembers(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((each) => b.includes(each))
}

/** The ids of the messages that an event names. */
export function itemsNamed(event: SourceEvent): readonly string[] {
  switch (event.type) {
    case 'sent': {
      const { id, dedupeKey } = event.item
      return dedupeKey === undefined ? [id] : [id, dedupeId(dedupeKey)]
    }
    case 'edited':
      return [event.id]
    case 'deleted':
      return event.ids
    case 'read':
    case 'delivered':
      return 'ids' in event.span ? event.span.ids : []
    default:
      return []
  }
}
