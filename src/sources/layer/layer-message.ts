import type { Author, KnownPerson, NewItem, SourceEvent } from '../../domain/source-event.ts'
import { type Fields, fieldsOf } from '../../json/loose-json.ts'
import { type Envelope, key, type Reader, type Reading } from './envelope.ts'
import { bareId, textOf, userId, wordsOf } from './loose-json.ts'

/** A message as all versions of webhooks, and the Server API, show it. */
export type LayerMessage = {
  conversation: string
  item: NewItem
  author: Author
  /** How far it came with each user, its author among them. Absent: not said. */
  statuses?: ReadonlyMap<string, MessageStatus>
  /** What is known of its author. */
  people?: Readonly<Record<string, KnownPerson>>
}

const STATUSES = ['sent', 'delivered', 'read'] as const
export type MessageStatus = (typeof STATUSES)[number]

/** Undefined for a message of a channel: everybody may come and go there, and nobody is waited for. */
function readMessage({ body }: Envelope): LayerMessage | undefined | { unreadable: string } {
  const raw = fieldsOf(body.message)
  const id = bareId(raw)
  if (raw === undefined || id === undefined) return { unreadable: 'message.id is missing' }
  const where = raw.conversation ?? body.conversation ?? undefined
  if (where === undefined) return undefined
  const conversation = bareId(where)
  if (conversation === undefined) return { unreadable: 'message.conversation.id is missing' }
  const { position } = raw
  const text = plainText(raw.parts)
  const statuses = statusesOf(raw.recipient_status)
  const author = authorOf(raw.sender)
  const { id: person, name } = author
  return {
    conversation,
    item: {
      id,
      ...(Number.isSafeInteger(position) && { position: position as number }),
      ...(text !== undefined && { text }),
    },
    author,
    ...(statuses && { statuses }),
    ...(person !== undefined && name !== undefined && { people: Object.fromEntries([[person, { name }]]) }),
  }
}

/** A reader of webhooks that carry a message. */
export function aboutMessage(read: (message: LayerMessage, envelope: Envelope) => Reading): Reader {
  return (envelope) => {
    const message = readMessage(envelope)
    if (message === undefined) return []
    return 'unreadable' in message ? message : read(message, envelope)
  }
}

function authorOf(sender: unknown): Author {
  const fields = fieldsOf(sender)
  const id = userId(fields)
  const name = wordsOf(fields?.display_name) ?? wordsOf(fields?.name)
  if (id !== undefined) {
    const kind = textOf(fields?.identity_type)?.toLowerCase() === 'bot' ? 'bot' : 'person'
    return { id, kind, ...(name !== undefined && { name }) }
  }
  // The app itself, under a name that it chose.
  return { kind: 'system', ...(name !== undefined && { name }) }
}

/** Undefined when nobody is in it: a message that is for nobody does not exist, so it was not said. */
export function statusesOf(value: unknown): ReadonlyMap<string, MessageStatus> | undefined {
  const statuses = new Map<string, MessageStatus>()
  for (const [user, word] of Object.entries(fieldsOf(value) ?? {})) {
    const id = userId(user)
    const status = STATUSES.find((each) => each === textOf(word)?.toLowerCase()) ?? 'sent'
    if (id !== undefined) statuses.set(id, status)
  }
  return statuses.size === 0 ? undefined : statuses
}

/** All text of a message, part by part; undefined when there is none, as in a picture. */
function plainText(parts: unknown): string | undefined {
  if (!Array.isArray(parts)) return undefined
  const texts = parts.map((part) => partText(fieldsOf(part) ?? {})).filter((text) => text !== undefined)
  return texts.length === 0 ? undefined : texts.join('\n')
}

function partText({ mime_type: mimeType, body, encoding }: Fields): string | undefined {
  const type = textOf(mimeType)?.split(';')[0]?.trim().toLowerCase()
  const isBase64 = textOf(encoding)?.toLowerCase() === 'base64'
  const text = textOf(isBase64 && typeof body === 'string' ? Buffer.from(body, 'base64').toString() : body)
  if (text === undefined || type === 'text/plain') return text
  // How Layer's own user interface of 2018 writes text.
  return type === 'application/vnd.layer.text+json' ? textOf(fieldsOf(parsed(text))?.text) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The event of a new message, and of those who have it already. */
export function sentEvents(message: LayerMessage, at: number): SourceEvent[] {
  const { conversation, item, author, statuses, people } = message
  const recipients = statuses && [...statuses.keys()].filter((user) => user !== author.id)
  const sent: SourceEvent = {
    key: key('sent', conversation, item.id),
    at,
    conversation,
    type: 'sent',
    item,
    author,
    ...(recipients && { recipients }),
    ...(people && { people }),
  }
  return [sent, ...receiptEvents(message, at)]
}

/**
 * How far a message came with each of its recipients. A webhook about one receipt shows all of them, and all are told: they
 * only move forward, and so what an earlier webhook should have said is made up for when that one is lost.
 */
export function receiptEvents({ conversation, item, author, statuses }: LayerMessage, at: number): SourceEvent[] {
  return [...(statuses ?? [])].flatMap(([person, type]): SourceEvent[] => {
    if (type === 'sent' || person === author.id) return []
    const span = { ids: [item.id] }
    return [{ key: key(type, conversation, item.id, person), at, conversation, type, person, span }]
  })
}

/** With what the one who acted has just done, unless the message shows more already. */
export function withReceipt(message: LayerMessage, actor: string | undefined, status: MessageStatus): LayerMessage {
  if (actor === undefined) return message
  const known = message.statuses?.get(actor) ?? 'sent'
  const further = STATUSES.indexOf(known) > STATUSES.indexOf(status) ? known : status
  return { ...message, statuses: new Map(message.statuses).set(actor, further) }
}

export function deletedEvents({ conversation, item }: LayerMessage, at: number): SourceEvent[] {
  return [{ key: key('deleted', conversation, item.id), at, conversation, type: 'deleted', ids: [item.id] }]
}

/** None when it carries no text: then the one that we know may stand. */
export function editedEvents({ conversation, item }: LayerMessage, { event, at }: Envelope): SourceEvent[] {
  if (item.text === undefined) return []
  return [{ key: key('edited', event), at, conversation, type: 'edited', id: item.id, text: item.text }]
}
