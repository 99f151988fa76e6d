import type { Clock } from '../../engine/ports/clock.ts'
import type { Cloud } from '../../genesys-cloud/cloud.ts'
import { type Fields, idIn, isObject, objectsIn, textIn, timeIn } from '../../json/loose-json.ts'
import { ask } from './ask.ts'

/** What a message says, and what Genesys knows of it beside the conversation. */
export type MessageText = { text?: string; at?: number; gotThrough: boolean }

const MOST_IDS = 1000 // in one call

/**
 * The texts of these messages, by id. Without the permission to read texts, and where Genesys has none, there are none: then
 * the notice says that messages were missed, but not which.
 */
export async function fetchTexts(
  cloud: Cloud,
  clock: Clock,
  { conversation, ids }: { conversation: string; ids: readonly string[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, MessageText>> {
  const answer = await ask(
    cloud,
    clock,
    {
      method: 'POST',
      path: `/api/v2/conversations/messages/${encodeURIComponent(conversation)}/messages/bulk?useNormalizedMessage=true`,
      json: ids.slice(-MOST_IDS),
      what: 'the texts of the messages',
      permission: 'conversation:webmessaging:view',
    },
    signal,
    [400, 403, 404],
  )
  const entities = isObject(answer.json) ? objectsIn(answer.json.entities) : []
  const texts = new Map<string, MessageText>()
  for (const entity of entities) {
    const id = idIn(entity.id)
    if (id !== undefined) texts.set(id, readText(entity))
  }
  return texts
}

const REACHED = ['delivery-success', 'delivered', 'read', 'removed']

function readText(entity: Fields): MessageText {
  const normalized = isObject(entity.normalizedMessage) ? entity.normalizedMessage : {}
  const text = textIn(normalized.text) ?? textIn(entity.textBody)
  const at = timeIn(entity.timestamp)
  const statuses = [entity.status, ...objectsIn(entity.normalizedReceipts).map(({ status }) => status)]
  return {
    gotThrough: statuses.some((status) => REACHED.includes(textIn(status)?.toLowerCase() ?? '')),
    ...(text !== undefined && { text }),
    ...(at !== undefined && { at }),
  }
}
