import type { AttemptError, Message, RevokeOutcome, SendOutcome, SkipReason } from './message.ts'
import type { Step } from './sequence.ts'
import type { Status } from './status-ladder.ts'
import type { TimelineEntry } from './timeline.ts'
import type { InquiryAnswer, Item, Leaving } from './watch.ts'

/** What goes into a decision and what comes out of it: events are facts, effects are requests, both plain data. */
export type Event =
  | { type: 'due'; at: number }
  /** `elsewhere`: another connection could take the step now. */
  | {
      type: 'settled'
      at: number
      step: number
      try: number
      fence: number
      outcome: SendOutcome
      elsewhere?: boolean
    }
  /** The answer to a `revoke` with this fence. */
  | { type: 'revoked'; at: number; step: number; fence: number; outcome: RevokeOutcome }
  /** `connection`: who reports, where that is known. */
  | { type: 'receipt'; at: number; step: number; report: Report; connection?: string }
  | { type: 'cancel'; at: number }
  /** What the chat platform told of an unread streak; `eventAt` by the platform's clock. */
  | { type: 'items-joined'; at: number; items: readonly Item[] }
  | { type: 'items-left'; at: number; ids: readonly string[]; how: Leaving; eventAt?: number }
  /** The answer to an `inquire` with this fence. */
  | { type: 'inquired'; at: number; fence: number; answer: InquiryAnswer }

/** What a provider said of an attempt, in our words. */
export type Report = {
  status: Exclude<Status, 'queued'>
  /** The provider's clock: shown, and used for order inside one message, never for timers. */
  providerAt?: number
  /** The provider's own word for the status. */
  native?: string
  error?: AttemptError
}

export type Effect =
  /** Call the channel, unless the message's wake-up is no longer `fence` at the moment before. */
  | { type: 'send'; step: number; try: number; connection: string; fence: number }
  /** Take back what was sent, and answer with the same `fence`. */
  | { type: 'revoke'; step: number; try: number; connection: string; fence: number; providerRef?: string }
  /** Find out what is still unread and where the person can be reached, and answer with the same `fence`. */
  | { type: 'inquire'; step: number; fence: number }
  /** Keep the words of a notice with the message. */
  | { type: 'word'; step: number; notice: object }
  /** Tell the sender of the message that this attempt's status changed. */
  | { type: 'publish'; step: number; status: Status; at: number; error?: AttemptError; skipped?: SkipReason }

/** Where a step would go now. */
export type Route =
  | { kind: 'send'; connection: string; takesIdempotencyKey: boolean; revokes?: boolean }
  | { kind: 'skip'; reason: SkipReason; detail?: string }
  /** The connection is busy; ask again then. */
  | { kind: 'later'; at: number }

export type Context = {
  route: (step: Step, index: number) => Route
  /** Whether there is room to ask about one more streak; absent: there is. */
  mayAsk?: () => 'now' | { later: number }
  /** How long a claimed message is held; longer than any call to a provider. */
  leaseMs: number
  /** How long a receipt is waited for where no timer ends the step. */
  horizonMs: number
  /** How long a send is retried where the step has no `fallbackAfter`. */
  retryForMs: number
}

export type Advanced = { message: Message; entries: readonly TimelineEntry[]; effects: readonly Effect[] }
