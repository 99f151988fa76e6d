import { wakeAtOf } from '../src/domain/message.ts'
import type { NewMessage } from '../src/engine/ports/message-store.ts'
import { progressText } from '../src/store/rows.ts'
import { SEQUENCE } from './workload.ts'

/** An id as long as the engine's own. */
export const SEQUENCE_ROW = { id: 'raw'.padEnd(22, '-'), body: JSON.stringify(SEQUENCE) }

/** What a new message adds to the database: a narrow row, its envelope and its alarm. */
export type NewRow = {
  id: string
  subaccount_id: string
  sequence_id: string
  wake_at: number | null
  progress: string
  body: string
}

export function newRows(messages: readonly NewMessage[]): NewRow[] {
  return messages.map(({ envelope, message }) => ({
    id: message.id,
    subaccount_id: envelope.subAccountId,
    sequence_id: SEQUENCE_ROW.id,
    wake_at: wakeAtOf(message),
    progress: progressText(message),
    body: JSON.stringify(envelope),
  }))
}
