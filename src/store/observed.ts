import { wakeAtOf } from '../domain/message.ts'
import type { ReaderNotice } from '../engine/ports/message-store.ts'
import type { FoundConversation, Observed } from '../engine/ports/watch-store.ts'
import { NEW_ALARMS, NEW_ENVELOPES } from './intake.ts'
import { progressText } from './rows.ts'
import { NEW_PAGES, type Transitions } from './transitions.ts'
import { type Batch, insertInto, upsertInto } from './writes.ts'

const PUT_CONVERSATIONS = upsertInto(
  'conversations',
  { subaccount_id: 'text', source: 'text', id: 'text', body: 'text' },
  ['subaccount_id', 'source', 'id'],
)
const PUT_READERS = upsertInto(
  'readers',
  {
    subaccount_id: 'text',
    source: 'text',
    conversation: 'text',
    person: 'text',
    unread: 'integer',
    contact_id: 'text',
    body: 'text',
  },
  ['subaccount_id', 'source', 'conversation', 'person'],
)
const PUT_ITEMS = upsertInto(
  'items',
  { subaccount_id: 'text', source: 'text', conversation: 'text', id: 'text', arrived_at: 'bigint', body: 'text' },
  ['subaccount_id', 'source', 'conversation', 'id'],
)
const NEW_STREAKS = insertInto('messages', {
  id: 'uuid',
  subaccount_id: 'text',
  sequence_id: 'text',
  state: 'text',
  wake_at: 'bigint',
  version: 'integer',
  last_page: 'bigint',
  progress: 'text',
})

/** What was decided on conversations, as writes, and whose unread messages it changed. */
export function observedBatches(
  decided: readonly { found: FoundConversation; observed: Observed }[],
  now: number,
): { batches: Batch[]; readers: ReaderNotice[] } {
  const conversations: object[] = []
  const readers: object[] = []
  const items: object[] = []
  const notices: ReaderNotice[] = []
  for (const { found, observed } of decided) {
    const { subAccountId, source, conversation, known } = found
    const place = { subaccount_id: subAccountId, source }
    const { changes } = observed
    if (changes.conversation !== undefined) {
      conversations.push({ ...place, id: conversation, body: JSON.stringify(changes.conversation) })
    }
    for (const [person, reader] of changes.readers) {
      const unread = reader.unread.length
      const contact_id = reader.known?.contactId
      readers.push({ ...place, conversation, person, unread, contact_id, body: JSON.stringify(reader) })
      if (unread === (known.readers.get(person)?.unread.length ?? 0)) continue
      notices.push({ subAccountId, source, person })
      if (contact_id !== undefined && contact_id !== person) notices.push({ subAccountId, source, person: contact_id })
    }
    for (const [id, item] of changes.items) {
      items.push({ ...place, conversation, id, arrived_at: now, body: JSON.stringify(item) })
    }
  }
  const batches = [
    { write: PUT_CONVERSATIONS, rows: conversations },
    { write: PUT_READERS, rows: readers },
    { write: PUT_ITEMS, rows: items },
  ]
  return { batches, readers: notices }
}

/** New streaks, each with the first page of its timeline. */
export function newStreaks({ sequences, pageNumbers }: Transitions, opened: Observed['opened']): Batch[] {
  const firstPage = pageNumbers.take(opened.length)
  return [
    {
      write: NEW_STREAKS,
      rows: opened.map(({ message, envelope }, index) => ({
        id: message.id,
        subaccount_id: envelope.subAccountId,
        sequence_id: sequences.idOf(message.sequence),
        state: message.progress.state, // it may have ended with the very events that opened it
        wake_at: wakeAtOf(message),
        version: 1,
        last_page: firstPage + index,
        progress: progressText(message),
      })),
    },
    {
      write: NEW_ENVELOPES,
      rows: opened.map(({ envelope }) => ({
        message_id: envelope.umid,
        subaccount_id: envelope.subAccountId,
        body: JSON.stringify(envelope),
      })),
    },
    {
      write: NEW_PAGES,
      rows: opened.map(({ entries }, index) => ({
        n: firstPage + index,
        version: 1,
        entries: JSON.stringify(entries),
      })),
    },
    {
      write: NEW_ALARMS,
      rows: opened
        .map(({ message }) => ({ at: wakeAtOf(message), message_id: message.id }))
        .filter(({ at }) => at !== null),
    },
  ]
}
