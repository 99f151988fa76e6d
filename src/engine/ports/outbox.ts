import type { AttemptError, SkipReason } from '../../domain/message.ts'
import type { Status } from '../../domain/status-ladder.ts'
import type { Envelope } from './message-store.ts'

/** A receipt on its way to the sender of a message; written in the transaction that changed the attempt. */
export type Delivery = {
  id: string
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
  /** Calls made so far. */
  attempts: number
  /** Where it goes now: the message's own URL, or the webhook of its subaccount. Absent: nobody wants it any more. */
  endpoint?: Endpoint
}
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
