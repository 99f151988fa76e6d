import type { Report } from '../../domain/advance.ts'
import type { AddressKind } from '../../domain/channel-catalogue.ts'
import type { ContentType, StepContent } from '../../domain/content.ts'
import type { SendOutcome } from '../../domain/message.ts'
import type { User } from '../../domain/recipient.ts'
import type { SuccessStatus } from '../../domain/status-ladder.ts'

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

export type CallbackResult =
  /** `ignored` counts items that we understood and have no use for. */
  | { kind: 'receipts'; receipts: Receipt[]; ignored: number }
  /** A handshake that the provider wants answered. */
  | { kind: 'reply'; status: number; body: string; contentType?: string }
  /** Not from the provider: nothing in it is believed. */
  | { kind: 'refused'; detail: string }
  /** From the provider, but not in a shape that we read. */
  | { kind: 'unreadable'; detail: string }

/** A channel in use: a provider with credentials. */
export type Channel = {
  /** Answers with a value for whatever the provider does; throws only for our own mistakes. Aborts on `signal`. */
  send(outgoing: Outgoing, signal: AbortSignal): Promise<SendOutcome>
  /** Verifies and reads a callback. Absent where the provider never calls back. Pure, except for the clock. */
  receive?(request: RawRequest): CallbackResult | Promise<CallbackResult>
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
}

/** A channel under the name that the operator gave it, with the channel names that it serves. */
export type Connection = {
  id: string
  provider: string
  serves: readonly string[]
  abilities(channel: string): Abilities
  channel: Channel
  limits: { concurrency: number; perSecond?: number }
}
