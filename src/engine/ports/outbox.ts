import type { AttemptError, SkipReason } from '../../domain/message.ts'
import type { Status } from '../../domain/status-ladder.ts'
import type { Envelope } from './message-store.ts'
import type { Reply } from './reply-store.ts'

/** What is on its way to a sender of messages. */
export type Delivery = {
  id: string
  /** Calls made so far. */
  attempts: number
  /** Where it goes now: the message's own URL, or the webhook of its subaccount. Absent: nobody wants it any more. */
  endpoint?: Endpoint
} & (ReceiptDelivery | ReplyDelivery)

/** A receipt; written in the transaction that changed the attempt. */
export type ReceiptDelivery = {
  kind: 'receipt'
  envelope: Envelope
  /** Counts a message's receipts upwards: the receiver orders by it, not by arrival. */
  eventNumber: number
  /** Index of the step. */
  step: number
  channel: string
  status: Status
  at: number
  error?: AttemptError
  /** The step was not tried, for this reason. */
  skipped?: SkipReason
}
/** What a person wrote back. */
export type ReplyDelivery = { kind: 'reply'; subAccountId: string; reply: Reply }
export type Endpoint = { url: string; httpAuthorization?: string; signingSecret: string }

export type DeliveryResult =
  | { id: string; kind: 'delivered' }
  | { id: string; kind: 'again'; at: number; error: string }
  | { id: string; kind: 'given-up'; error: string }

export type Outbox = {
  /**
   * Takes up to `limit` deliveries that are due, earliest first, and moves them to `leaseUntil`, so that a crash repeats
   * them then. Passes over the lanes in `busy`, so that one slow endpoint blocks nobody else.
   */
  claimDeliveries(now: number, limit: number, leaseUntil: number, busy: readonly string[]): Promise<Claimed[]>
  settleDeliveries(results: readonly DeliveryResult[]): Promise<void>
  nextDeliveryAt(busy: readonly string[]): Promise<number | undefined>
}
/** `lane` names the endpoint: a message's own URL, or the subaccount. */
export type Claimed = { lane: string; delivery: Delivery }
