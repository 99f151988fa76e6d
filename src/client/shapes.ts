import type { Content } from '../domain/content.ts'
import type { MessageState, Outcome } from '../domain/message.ts'
import type { User } from '../domain/recipient.ts'
import type { Status } from '../domain/status-ladder.ts'
import type { Fact, TimelineCode } from '../domain/timeline.ts'

export type { MessageState, Outcome } from '../domain/message.ts'

/** What goes over the wire, as JSON. Times are ISO 8601 in UTC; steps are counted from 1. */
export type SequenceStep = {
  channel: string
  /** Seconds, 10 to 86400. Without it only a refusal or a failure falls back. */
  fallbackAfter?: number
  successStatus?: 'Accepted' | 'Sent' | 'Delivered' | 'Read'
  onUncertain?: 'wait' | 'resend'
}

export type MessageRequest = {
  user: User
  /** `text` and the others, in any case. */
  type: string
  content: Content
  /** Absent: the subaccount's default sequence. */
  channels?: SequenceStep[]
  clientMessageId?: string
  scheduled?: string
  expiry?: string
  dlrCallbackUrl?: string
  context?: { umid: string }
}
export type BatchRequest = {
  messages: (Partial<MessageRequest> & { user: User })[]
  /** What the messages have in common. */
  template?: Partial<Omit<MessageRequest, 'user'>>
  clientBatchId?: string
  includeMessagesInResponse?: boolean
}

export type Accepted = {
  umid: string
  clientMessageId?: string
  user: User
  status: { state: string; timestamp: string; errorCode?: number; errorMessage?: string }
  /** What was accepted and still looks wrong. */
  warnings?: string[]
}
export type BatchAnswer = {
  batchId: string
  clientBatchId?: string
  acceptedCount: number
  rejectedCount: number
  messages?: Accepted[]
}
export type CancelAnswer = {
  cancelledCount: 0 | 1
  result: 'cancelled' | 'too-late' | 'ended' | 'undecided'
  step?: number
  at?: string
  outcome?: Outcome
}

export type TimelineEntry = {
  version: number
  at: string
  code: TimelineCode
  step?: number
  channel?: string
  /** One plain sentence. */
  text: string
  facts: Record<string, Fact>
}
export type MessageOutcome = {
  state: Outcome
  at: string
  step?: number
  channel?: string
  status?: Status
  /** More than one attempt reached the person. */
  doubleExposure: boolean
}
export type TimelineStep = {
  step: number
  channel: string
  successStatus: string
  fallbackAfter?: number
  /** Null: not tried so far. */
  status: Status | null
  openedAt?: string
  leftAt?: string
  deadlineAt?: string
  connection?: string
  try?: number
  uncertain?: boolean
  inFlight?: boolean
  withdrawn?: boolean
  skipped?: string
  error?: { code?: string; message: string }
  times: Partial<Record<Status, string>>
}
export type Planned = {
  at: string
  what: 'send' | 'ask' | 'answer' | 'fall-back' | 'give-up' | 'expire'
  step: number
  channel: string
  text: string
}
export type Timeline = {
  umid: string
  subAccountId: string
  clientMessageId?: string
  state: MessageState
  /** Deciding on it failed too often; it waits for a person. */
  heldBack: boolean
  outcome: MessageOutcome | null
  acceptedAt: string
  /** The service's clock when it answered. */
  now: string
  scheduledAt?: string
  expiresAt?: string
  steps: TimelineStep[]
  timeline: TimelineEntry[]
  next: Planned | null
}

/** What `watch` tells, in the order in which it was decided. */
export type WatchEvent =
  | { type: 'timeline'; umid: string; version: number; state: MessageState; entries: TimelineEntry[] }
  | { type: 'ended'; umid: string; outcome: MessageOutcome }
