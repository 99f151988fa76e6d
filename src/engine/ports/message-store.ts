import type { Advanced, Report } from '../../domain/advance.ts'
import type { Content, ContentType } from '../../domain/content.ts'
import type { Message } from '../../domain/message.ts'
import type { User } from '../../domain/recipient.ts'
import type { Texts } from '../../domain/reminder-rule.ts'
import type { TimelineEntry } from '../../domain/timeline.ts'
import type { Suppression } from './suppression-store.ts'

/** What never changes about a message: who, what, and what the sender called it. */
export type Envelope = {
  umid: string
  subAccountId: string
  /** Epoch milliseconds, like every `…At`. */
  acceptedAt: number
  user: User
  type: ContentType
  content: Content
  clientMessageId?: string
  batchId?: string
  clientBatchId?: string
  scheduledAt?: number
  expiresAt?: number
  dlrCallbackUrl?: string
  /** The message that this one quotes. */
  contextUmid?: string
  /** An unread streak: what is watched, for whom, and how the rule words it. */
  watched?: Watched
}
export type Watched = {
  source: string
  conversation: string
  person: string
  rule: string
  texts: Texts
  translations?: Readonly<Record<string, Texts>>
}

export type NewMessage = { envelope: Envelope; message: Message }

/** One request of a caller: all its messages are stored, or none. */
export type Intake = {
  subAccountId: string
  messages: readonly NewMessage[]
  /** The answer is kept with the key, to be given again to the same request. */
  idempotency?: { key: string; bodyHash: string; answer: string; at: number }
}
export type IntakeResult =
  | { kind: 'accepted' }
  /** The same key and body came before: this was the answer. */
  | { kind: 'replayed'; answer: string }
  /** The same key came before with another body. */
  | { kind: 'conflict' }

/** A message as it stands: under its row lock inside a transaction, or as it was after a commit. */
export type Held = {
  message: Message
  subAccountId: string
  version: number
  /** How often deciding on it has failed in a row. */
  failures: number
  /** It waits for a person to release it: whatever comes is recorded, and no wake-up is set. */
  heldBack: boolean
  /** Where receipts for this message go, if it names a URL of its own. */
  dlrUrl?: string
  /** Somebody wants to hear of what becomes of it. */
  wantsReceipts: boolean
  /** For the store: where the message's timeline ends. */
  lastPage: number | null
}
export type Due = Held & {
  envelope: Envelope
  /** What is suppressed of the addresses that it names, by whichever connection. */
  suppressed: readonly Omit<Suppression, 'at'>[]
}

/** What was decided. Saved as one new version of the row with its timeline entries and receipts to the sender. */
export type Change = {
  held: Held
  advanced: Advanced
  failures?: number
  /** Absent: as before. */
  heldBack?: boolean
}

/** A change that was committed, and the message as it stands since. */
export type Committed = Change & { now: Held }
/** What was committed, with the number of receipts to senders that came of it. */
export type Saved = { changes: readonly Committed[]; deliveries: number }
/** Somebody may have more or less to read than before. */
export type ReaderNotice = { subAccountId: string; source: string; person: string }
/** What else is written with changes: providers' ids of attempts; parked receipts that are deleted. */
export type Also = { refs?: readonly ProviderRef[]; unpark?: readonly string[] }

export type ProviderRef = { connection: string; ref: string; umid: string; step: number }
export type ParkedReceipt = { id: string; connection: string; ref: string; report: Report; arrivedAt: number }
export type MatchedReceipt = ParkedReceipt & { umid: string; step: number }

/** A message with everything that is kept about it. */
export type MessageRecord = { envelope: Envelope; message: Message; version: number; heldBack: boolean }
/** Entries of one transition; `version` counts a message's transitions from 1. */
export type TimelinePage = { version: number; entries: readonly TimelineEntry[] }

/**
 * Messages at rest. Every write is one transaction; when its promise resolves, it survives a crash. `decide` gets a message
 * as it stands, and must be pure: if the message changes before the decision is saved, nothing is written, and it is called
 * again with the message under its lock.
 */
export type MessageStore = {
  accept(intakes: readonly Intake[]): Promise<IntakeResult[]>
  /** The answer that was given to the first request with this key, and the hash of that request's body. */
  answerTo(subAccountId: string, key: string): Promise<{ bodyHash: string; answer: string } | undefined>
  /**
   * Decides on up to `limit` messages whose wake-up has come, earliest first; skips those that another node holds. `more`:
   * the limit was reached, so that there may be others. `position` counts from 0, anew when the claim is tried again.
   */
  claimDue(
    now: number,
    limit: number,
    decide: (due: Due, position: number) => Change | undefined,
  ): Promise<Saved & { more: boolean }>
  /** Decides on these messages; unknown ids are passed over. */
  update(umids: readonly string[], decide: (held: Held) => Change | undefined, also?: Also): Promise<Saved>
  /**
   * Saves what was decided on messages as they stood after an earlier commit. Undefined, with nothing written, when one of
   * them has changed since: then only `update` can tell.
   */
  saveUnlessChanged(changes: readonly Change[], also?: Also): Promise<Saved | undefined>
  /** Those of the claims whose message still waits for this very send: live, with `fence` as its wake-up. */
  stillWanted(claims: readonly { umid: string; fence: number }[]): Promise<ReadonlySet<string>>
  /** No message needs attention before this moment; undefined when none is pending. */
  nextWakeAt(): Promise<number | undefined>

  /** Finds attempts by the providers' own ids; what is not known is left out. The key is `connection` + ' ' + `ref`. */
  resolveRefs(
    refs: readonly { connection: string; ref: string }[],
  ): Promise<Map<string, { umid: string; step: number }>>
  park(receipts: readonly ParkedReceipt[]): Promise<void>
  /** Parked receipts whose attempt is known by now; of these refs, or of all. */
  matchParked(refs?: readonly { connection: string; ref: string }[]): Promise<MatchedReceipt[]>

  find(umid: string): Promise<MessageRecord | undefined>
  timeline(umid: string, afterVersion?: number): Promise<TimelinePage[]>
  batch(subAccountId: string, batchId: string): Promise<string[]>
  /** Drops what is past its keeping: parked receipts and idempotency keys from before these moments. */
  sweep(before: { parked: number; idempotency: number }): Promise<{ parked: number; idempotency: number }>
  /** How much is overdue (counted up to 100,000) and how many messages are held back. */
  backlog(now: number): Promise<{ overdue: number; heldBack: number }>
}
