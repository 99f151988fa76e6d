import { type Attempt, type Message, type Progress, wakeAtOf } from '../domain/message.ts'
import type { Change, Held } from '../engine/ports/message-store.ts'

/** A message's narrow row as it is read, beside its sequence. */
export type MessageRow = {
  id: string
  subaccount_id: string
  version: number
  failures: number
  wake_at: number | null
  expires_at: number | null
  dlr_url: string | null
  progress: string
  sequence: string
}

export function fromRow(row: MessageRow, sequence: Message['sequence']): Held {
  const { progress, attempts } = JSON.parse(row.progress) as { progress: Progress; attempts: Attempt[] }
  return {
    message: {
      id: row.id,
      sequence,
      progress,
      attempts,
      ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    },
    subAccountId: row.subaccount_id,
    version: row.version,
    failures: row.failures,
    heldBack: progress.state === 'live' && row.wake_at === null,
    ...(row.dlr_url !== null && { dlrUrl: row.dlr_url }),
  }
}

/** The row after a change. A message that is held back keeps its progress and has no wake-up until it is released. */
export function toRow({ held, advanced, failures = 0, heldBack = held.heldBack }: Change) {
  const { message } = advanced
  return {
    id: message.id,
    state: message.progress.state,
    wake_at: heldBack ? null : wakeAtOf(message),
    version: held.version + 1,
    failures,
    progress: JSON.stringify({ progress: message.progress, attempts: message.attempts }),
  }
}

/** PostgreSQL refuses to compare a uuid with anything else; an id that is none is simply not known. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)
}
