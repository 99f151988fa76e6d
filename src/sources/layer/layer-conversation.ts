import type { ConversationFacts, SourceEvent } from '../../domain/source-event.ts'
import { type Fields, fieldsOf } from '../../json/loose-json.ts'
import { type Envelope, key, type Reading } from './envelope.ts'
import { bareId, textOf, userIds } from './loose-json.ts'

export const NO_CONVERSATION = { unreadable: 'conversation.id is missing' }

/** News of a conversation, if there are any: who takes part, and what the app has noted of it. */
export function describe({ event, at, body }: Envelope): Reading {
  const conversation = bareId(body.conversation)
  if (conversation === undefined) return NO_CONVERSATION
  const about = factsOf(fieldsOf(body.conversation) ?? {})
  if (about === undefined) return []
  return [{ key: key('described', event), at, conversation, about, type: 'described' }]
}

export function end({ at, body }: Envelope): Reading {
  const conversation = bareId(body.conversation)
  if (conversation === undefined) return NO_CONVERSATION
  const ended: SourceEvent = { key: key('ended', conversation), at, conversation, type: 'ended' }
  return [ended]
}

/** Undefined when nothing is said. */
export function factsOf({ participants: list, metadata: tree }: Fields): ConversationFacts | undefined {
  const participants = userIds(list)
  const metadata = fieldsOf(tree) && Object.fromEntries(flatten(tree))
  if (participants === undefined && metadata === undefined) return undefined
  return { ...(participants && { participants }), ...(metadata && { metadata }) }
}

const DEEPEST = 10

/** `{ order: { id: '7' } }` becomes `order.id`: rules compare texts by one name. */
function flatten(value: unknown, path = '', depth = 0): [string, string][] {
  const fields = fieldsOf(value)
  if (fields !== undefined && depth < DEEPEST) {
    const names = Object.entries(fields).map(([name, each]) => [path === '' ? name : `${path}.${name}`, each] as const)
    return names.flatMap(([name, each]) => flatten(each, name, depth + 1))
  }
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : textOf(value)
  const name = textOf(path)
  return text === undefined || name === undefined || path === '' ? [] : [[name, text]]
}
