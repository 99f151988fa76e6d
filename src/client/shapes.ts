import type { AddressKind } from '../domain/channel-catalogue.ts'
import type { Content, ContentType } from '../domain/content.ts'
import type { MessageState, Outcome } from '../domain/message.ts'
import type { User } from '../domain/recipient.ts'
import type { ConversationFacts, KnownPerson } from '../domain/source-event.ts'
import type { Status } from '../domain/status-ladder.ts'
import type { Fact, TimelineCode } from '../domain/timeline.ts'

export type { MessageState, Outcome } from '../domain/message.ts'

/** What goes over the wire, as JSON. Times are ISO 8601 in UTC; steps are counted from 1. */

export type StatusName = 'Accepted' | 'Sent' | 'Delivered' | 'Read'

export type SequenceStep = {
  channel: string
  /** Seconds, 10 to 86400. Without it only a refusal or a failure falls back. */
  fallbackAfter?: number
  successStatus?: StatusName
  onUncertain?: 'wait' | 'resend'
  revokeOnFallback?: boolean
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
  /** What the SMS step sends; each part is paid for as one SMS. */
  sms?: { encoding: 'GSM7' | 'UCS2'; parts: number }
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
  what: 'send' | 'ask' | 'answer' | 'revoke' | 'fall-back' | 'give-up' | 'expire'
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

/** Something that happened in your own chat. */
export type ChatEvent = ConversationFacts & {
  /** Tells this event from all others. Without it an event is known by what it says. */
  key?: string
  /** ISO 8601 with its zone, or milliseconds since 1970. Without it: now. */
  at?: string | number
  conversation: string
} & (
    | {
        type: 'message.sent'
        id: string
        position?: number
        text?: string
        /** `id` is needed for a person. */
        author: { id?: string; kind?: 'person' | 'bot' | 'system'; name?: string; aliases?: readonly string[] }
        recipients?: readonly string[]
        mentions?: readonly string[]
        people?: Readonly<Record<string, KnownPerson>>
      }
    | { type: 'message.edited'; id: string; text: string; mentions?: readonly string[] }
    | { type: 'message.deleted'; ids: readonly string[] }
    | ({ type: 'message.read' | 'message.delivered'; person: string } & (
        | { ids: readonly string[] }
        | { from: number; to: number }
        | { upTo: number }
        | { until: string | number }
      ))
    | { type: 'participant.joined' | 'participant.left'; person: string }
    | { type: 'conversation.updated' | 'conversation.ended' }
  )
export type EventsAnswer = {
  accepted: number
  /** How many had come before. */
  repeated: number
}

/** What can be known of a person; addresses are named as in a message's `user`. */
export type ContactFields = {
  name?: string
  email?: string
  /** E.164, or a national number together with `defaultCountry`. */
  msisdn?: string
  lineUserId?: string
  channelUserId?: string
  /** BCP 47, such as `pt-BR`. */
  language?: string
  /** IANA name, such as `Europe/Berlin`. */
  timeZone?: string
}
export type Nullable<T> = { [Field in keyof T]: T[Field] | null }
export type Contact = ContactFields & {
  id: string
  createdAt: string
  updatedAt: string
  /** What was stored and still looks wrong. */
  warnings?: string[]
}
export type ContactPage = { contacts: Contact[]; next: string | null }

export type ImportFinding = {
  /** Of the file, counted from 1. */
  line: number
  /** Absent: the whole line. */
  field?: string
  message: string
}
export type ImportAnswer = {
  created: number
  replaced: number
  refused: number
  problems: ImportFinding[]
  /** What was stored and still looks wrong. */
  warnings: ImportFinding[]
}

/** A provider under the name that the configuration gave it, and what it can do for one channel. */
export type ChannelConnection = {
  id: string
  provider: string
  reports: StatusName[]
  address: AddressKind
  /** Content types that it carries as they are. */
  carries: ContentType[]
  /** The shortest and the longest life that it can give one message, in seconds. */
  validity?: { min: number; max: number }
  /** What has not arrived can be taken back. */
  revokes: boolean
  takesIdempotencyKey: boolean
  hearsReplies: boolean
  /** As the answering node sees it. */
  health: 'up' | 'down' | 'trying'
  because?: string
  since?: string
}
export type ChannelView = {
  channel: string
  /** False: known, but without a connection here. */
  connected: boolean
  successStatuses: StatusName[]
  address: AddressKind
  /** In characters; for `Line` in UTF-16 units. */
  maxTextLength?: number
  otherSpellings: string[]
  /** In the order in which they are tried. */
  connections: ChannelConnection[]
}
export type ChannelsAnswer = { channels: ChannelView[] }
