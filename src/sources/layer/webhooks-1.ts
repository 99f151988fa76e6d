import type { Reader } from './envelope.ts'
import { describe, end } from './layer-conversation.ts'
import {
  aboutMessage,
  deletedEvents,
  type MessageStatus,
  receiptEvents,
  sentEvents,
  withReceipt,
} from './layer-message.ts'

/** Webhooks 1.0: users are bare ids, and each receipt comes with the whole message again, as of then. */
export const WEBHOOKS_1: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['message.sent', aboutMessage((message, { at }) => sentEvents(message, at))],
  ['message.delivered', receipt('delivered')],
  ['message.read', receipt('read')],
  ['message.deleted', aboutMessage((message, { at }) => deletedEvents(message, at))],
  ['conversation.created', describe],
  ['conversation.updated.participants', describe],
  ['conversation.updated.metadata', describe],
  ['conversation.deleted', end],
  // Their names before 1.0 was final; webhooks that were registered then still use them.
  ['conversation.participants_updated', describe],
  ['conversation.metadata_updated', describe],
])

function receipt(status: MessageStatus): Reader {
  return aboutMessage((message, { at, actor }) => receiptEvents(withReceipt(message, actor, status), at))
}
