import type { Report } from '../../domain/advance.ts'
import type { AddressKind } from '../../domain/channel-catalogue.ts'
import type { ContentType, StepContent } from '../../domain/content.ts'
import type { RevokeOutcome, SendOutcome } from '../../domain/message.ts'
import type { User } from '../../domain/recipient.ts'
import type { SuccessStatus } from '../../domain/status-ladder.ts'
import type { SuppressionReason } from '../../domain/suppression.ts'

export type { RevokeOutcome } from '../../domain/message.ts'

/** One send: what a channel needs to reach one person once. */
export type Outgoing = {
  umid: string
  /** Counted from 1, as people count. */
  step: number
  /** `umid.step`: a provider that can echo a reference should carry this one, for receipts that come before the answer. */
  attemptRef: string
  /** The same for each repeat of one try. */
  idempotencyKey: string
  subAccountId: string
  channel: string
  address: string
  user: User
  content: StepContent
  clientMessageId?: string
  /** How long the step is given, so that a provider can let the message die with it. */
  validForMs?: number
  /** When the step is over, the message is to be taken back before it dies by itself. */
  willBeRevoked?: true
}

/** A callback as it came: raw bytes, because signatures cover bytes. */
export type RawRequest = {
  method: string
  /** Path and query as requested. */
  url: string
  headers: Readonly<Record<string, string | undefined>>
  body: Buffer
}

/** A receipt names its attempt by our reference or by the provider's own id. */
export type Receipt = { attemptRef: string; report: Report } | { providerRef: string; report: Report }

/** What a provider tells of a person rather than of an attempt. `address` as in `Outgoing`. */
export type Heard =
  /** Nothing more goes to this address on this channel. */
  | { kind: 'suppress'; channel: string; address: string; reason: SuppressionReason }
  /** The person has asked for messages again. */
  | { kind: 'lift'; channel: string; address: string }
  /** The person wrote to us. `id` is the provider's, the same when it tells it twice. */
  | { kind: 'reply'; channel: string; address: string; id: string; text?: string; at?: number }

/** What a provider tells of its own accord. */
export type Told = {
  receipts: Receipt[]
  /** Absent: nothing of that kind. */
  heard?: Heard[]
  /** How many items we understood and have no use for. */
  ignored: number
}

export type CallbackResult =
  | ({ kind: 'receipts' } & Told)
  /** A handshake that the provider wants answered. */
  | { kind: 'reply'; status: number; body: string; contentType?: string }
  /** Not from the provider: nothing in it is believed. */
  | { kind: 'refused'; detail: string }
  /** From the provider, but not in a shape that we read. */
  | { kind: 'unreadable'; detail: string }

/** A send that was made and is to be taken back; `validForMs` as the provider was told. */
export type Revocation = Pick<
  Outgoing,
  'umid' | 'attemptRef' | 'idempotencyKey' | 'channel' | 'address' | 'validForMs'
> & {
  /** When it left, in epoch milliseconds. */
  leftAt: number
  /** The provider's own id, where its answer to the send gave one. */
  providerRef?: string
}

/** Whether a provider takes the credentials; nothing is sent to find out. */
export type CheckOutcome =
  /** `detail` is what the provider says of the account, in a few words. */
  | { kind: 'good'; detail?: string }
  | { kind: 'refused'; detail: string }
  /** It could not be asked. */
  | { kind: 'unknown'; detail: string }

/** A channel in use: a provider with credentials. */
export type Channel = {
  /** Answers with a value for whatever the provider does; throws only for our own mistakes. Aborts on `signal`. */
  send(outgoing: Outgoing, signal: AbortSignal): Promise<SendOutcome>
  /** Verifies and reads a callback. Absent where the provider never calls back. Pure, except for the clock. */
  receive?(request: RawRequest): CallbackResult | Promise<CallbackResult>
  /** Takes back what was sent, while it has not arrived. Present where `abilities` say `revokes`. Aborts on `signal`. */
  revoke?(sent: Revocation, signal: AbortSignal): Promise<RevokeOutcome>
  /** Tries the credentials. Absent where a provider has nothing that could be asked. Aborts on `signal`. */
  check?(signal: AbortSignal): Promise<CheckOutcome>
  /** Opens what has to be open for receipts to come in, and keeps it open; for providers that do not call back over HTTP. */
  start?(): void
  /** Lets running sends finish and closes what is pooled. */
  close?(): Promise<void>
}

/** What a channel can do; shared code asks this and never who the provider is. */
export type Abilities = {
  /** Statuses that come back; empty where even acceptance is unknown. */
  reports: readonly SuccessStatus[]
  address: AddressKind
  /** Content types that it carries as they are; `text` is always among them. */
  carries: readonly ContentType[]
  /** The provider sends once for each idempotency key, so an uncertain send may be repeated. */
  takesIdempotencyKey: boolean
  /** The shortest and the longest life that one message can be given; absent where it cannot be given one. */
  validity?: { minMs: number; maxMs: number }
  /** What has not arrived can be taken back. */
  revokes?: true
  /** What people write back comes in, STOP among it. */
  hearsReplies?: true
}

/** A channel under the name that the operator gave it, with the channel names that it serves. */
export type Connection = {
  id: string
  provider: string
  serves: readonly string[]
  abilities(channel: string): Abilities
  channel: Channel
  limits: { concurrency: number; perSecond?: number }
  /** When the receipts of what it took are overdue; absent: nobody looks. */
  receiptsWithinMs?: number
}
