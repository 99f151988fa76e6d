import { type Attempt, type Message, type Progress, wakeAtOf } from '../domain/message.ts'
import type { Watch } from '../domain/watch.ts'
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
  last_page: number | null
  progress: string
  sequence_id: string
}

export function fromRow(row: MessageRow, sequence: Message['sequence'], subscribers: ReadonlySet<string>): Held {
  const { progress, attempts, watch } = JSON.parse(row.progress) as {
    progress: Progress
    attempts: Attempt[]
    watch?: Watch
  }
  return {
    message: {
      id: row.id,
      sequence,
      progress,
      attempts,
      ...(watch !== undefined && { watch }),
      ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    },
    subAccountId: row.subaccount_id,
    version: row.version,
    failures: row.failures,
    heldBack: progress.state === 'live' && row.wake_at === null,
    ...(row.dlr_url !== null && { dlrUrl: row.dlr_url }),
    wantsReceipts: row.dlr_url !== null || subscribers.has(row.subaccount_id) || subscribers.has('*'),
    lastPage: row.last_page,
  }
}

/** The row's `wake_at`: a message that is held back has none until it is released. */
export function wakeAtOfHeld({ message, heldBack }: Pick<Held, 'message' | 'heldBack'>): number | null {
  return heldBack ? null : wakeAtOf(message)
}

/** The message after a change. */
export function afterChange({ held, advanced, failures = 0, heldBack = held.heldBack }: Change): Held {
  return { ...held, message: advanced.message, version: held.version + 1, failures, heldBack }
}

/** What changes about a message, as columns. */
export function toRow(held: Held) {
  const { message, failures, lastPage } = held
  return {
    state: message.progress.state,
    wake_at: wakeAtOfHeld(held),
    failures,
    last_page: lastPage,
    progress: progressText(message),
  }
}

export function progressText({ progress, attempts, watch }: Message): string {
  return JSON.stringify({ progress, attempts, watch })
}

/** PostgreSQL refuses to compare a uuid with anything else; an id that is none is simply not known. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)
}
