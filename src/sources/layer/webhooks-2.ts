import type { SourceEvent, Span } from '../../domain/source-event.ts'
import { fieldsOf } from '../../json/loose-json.ts'
import { type Envelope, key, type Reader, type Reading } from './envelope.ts'
import { describe, end, factsOf, NO_CONVERSATION } from './layer-conversation.ts'
import { aboutMessage, deletedEvents, editedEvents, receiptEvents, sentEvents } from './layer-message.ts'
import { bareId, textOf, userIds } from './loose-json.ts'

/** Webhooks 2.0 and 3.0: users are identities, and a receipt names a range of positions in a conversation. */
export const WEBHOOKS_2: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['Message.created', aboutMessage((message, { at }) => sentEvents(message, at))],
  ['Message.updated', updated()],
  ['Message.deleted', aboutMessage((message, { at }) => deletedEvents(message, at))],
  ['MessagePart.created', partChanged],
  ['MessagePart.updated', partChanged],
  ['MessagePart.deleted', partChanged],
  ['Receipt.created', readReceipt],
  ['Conversation.created', describe],
  ['Conversation.updated', describe],
  ['Conversation.deleted', end],
  ['Participation.created', participation('joined')],
  ['Participation.deleted', participation('left')],
])

function updated(): Reader {
  return aboutMessage((message, envelope) => [
    ...editedEvents(message, envelope),
    ...receiptEvents(message, envelope.at),
  ])
}

/** One part is not the text of a message: it is an edit only where the message comes with it. */
function partChanged(envelope: Envelope): Reading {
  return fieldsOf(envelope.body.message)?.parts === undefined ? [] : updated()(envelope)
}

/** How Layer writes that a message was read or delivered; the word for the second is seen in several forms. */
const RECEIPTS: ReadonlyMap<string | undefined, 'read' | 'delivered'> = new Map([
  ['read', 'read'],
  ['delivery', 'delivered'],
  ['delivered', 'delivered'],
])

function readReceipt({ actor, at, body }: Envelope): Reading {
  if (body.channel != null && body.conversation == null) return []
  const conversation = bareId(body.conversation)
  if (conversation === undefined) return NO_CONVERSATION
  const receipt = fieldsOf(body.receipt)
  const word = textOf(receipt?.type)?.toLowerCase()
  if (receipt === undefined || word === undefined) return { unreadable: 'receipt.type is missing' }
  const type = RECEIPTS.get(word)
  if (type === undefined) return []
  if (actor === undefined) return { unreadable: 'actor.id is missing' }
  const span = spanOf(receipt.positions)
  if (span === undefined) return { unreadable: 'receipt.positions has no from and to that are whole numbers' }
  const { from, to } = span
  return [{ key: key(type, conversation, actor, from, to), at, conversation, type, person: actor, span }]
}

function spanOf(positions: unknown): Extract<Span, { from: number }> | undefined {
  const { from, to } = fieldsOf(positions) ?? {}
  if (!isPosition(from) || !isPosition(to)) return undefined
  return { from: Math.min(from, to), to: Math.max(from, to) }
}

function isPosition(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function participation(type: 'joined' | 'left'): Reader {
  return (envelope) => {
    const { event, at, body } = envelope
    const conversation = bareId(body.conversation)
    if (conversation === undefined) return NO_CONVERSATION
    const people = userIds(body.changes)
    const about = factsOf(fieldsOf(body.conversation) ?? {})
    if (people === undefined) {
      // Who takes part now says the same as who came or went.
      return about?.participants ? describe(envelope) : { unreadable: 'changes is not a list of identities' }
    }
    if (people.length === 0) return []
    const changed: SourceEvent = { key: key(type, event), at, conversation, type, people, ...(about && { about }) }
    return [changed]
  }
}
