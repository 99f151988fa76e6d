import { type Fields, idIn, isObject, objectsIn, textIn, timeIn } from '../../json/loose-json.ts'

/** A conversation as far as reminders need it, from either of the two shapes in which Genesys Cloud gives it. */
export type Conversation = { participants: readonly Participant[] }

export type Participant = {
  id?: string
  /** The person who chats with us, as opposed to agents, bots, flows and queues. */
  isCustomer: boolean
  /** Of an agent or a bot; queues and flows have names that say nothing to a customer. */
  name?: string
  externalContactId?: string
  attributes: Readonly<Record<string, string>>
  /** Of all communications. */
  messages: readonly MessageDetail[]
}

export type MessageDetail = {
  id: string
  /** In Genesys' words, in lower case, such as `delivery-failed`. */
  status: string
  at?: number
}

const CUSTOMERS = ['customer', 'external']
const NAMED = ['agent', 'user', 'bot']

/** Undefined for what is no conversation. */
export function readConversation(json: unknown): Conversation | undefined {
  if (!isObject(json) || !Array.isArray(json.participants)) return undefined
  return { participants: objectsIn(json.participants).map(readParticipant) }
}

function readParticipant(participant: Fields): Participant {
  const purpose = textIn(participant.purpose)?.toLowerCase() ?? ''
  const id = idIn(participant.id)
  const name = NAMED.includes(purpose) ? textIn(participant.name) : undefined
  const linked = isObject(participant.externalContact) ? participant.externalContact.id : undefined
  const externalContactId = idIn(participant.externalContactId) ?? idIn(linked)
  return {
    isCustomer: CUSTOMERS.includes(purpose),
    attributes: readAttributes(participant.attributes),
    messages: objectsIn(participant.messages).flatMap(readMessages),
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    ...(externalContactId !== undefined && { externalContactId }),
  }
}

function readAttributes(attributes: unknown): Record<string, string> {
  if (!isObject(attributes)) return {}
  const entries = Object.entries(attributes).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries)
}

/** `messages[]` are communications with messages of their own, or messages already: it depends on the path that was asked. */
function readMessages(entry: Fields): MessageDetail[] {
  if (Array.isArray(entry.messages)) return objectsIn(entry.messages).flatMap(readMessages)
  const id = idIn(entry.messageId)
  if (id === undefined) return []
  const at = timeIn(entry.messageTime)
  return [{ id, status: textIn(entry.messageStatus)?.toLowerCase() ?? '', ...(at !== undefined && { at }) }]
}

/** The participant who chats with us; of several, the one that is linked to a contact. */
export function customerOf({ participants }: Conversation): Participant | undefined {
  const customers = participants.filter(({ isCustomer }) => isCustomer)
  return customers.find(({ externalContactId }) => externalContactId !== undefined) ?? customers[0]
}
