import type { KnownPerson, SourceEvent } from '../../domain/source-event.ts'
import type { RawRequest } from './channel.ts'

/** A chat platform that we watch. It tells what was sent and read, by requests of its own or when it is asked. */
export type Source = {
  /** Verifies and reads a request of the platform. It is answered after its events are committed. */
  handle?(request: RawRequest): Promise<SourceResult> | SourceResult
  /** The platform repeats what it is refused, and then tells nothing more: so what we cannot read is answered as taken. */
  givesUpWhenRefused?: true
  /**
   * Asks the platform what happened since `cursor` (JSON; undefined the first time). The events and the new cursor are
   * committed together; one node at a time polls. Throws `SourceTrouble`.
   */
  poll?(cursor: unknown, signal: AbortSignal): Promise<Polled>
  /** Right before a notice: what of this is still unread? Absent where the platform cannot say. Throws `SourceTrouble`. */
  confirm?(asked: AskedAbout, signal: AbortSignal): Promise<Confirmation>
  /** Where the platform itself knows to reach a person. Throws `SourceTrouble`. */
  personOf?(asked: AskedAbout, signal: AbortSignal): Promise<KnownPerson | undefined>
  /** Lets running calls finish and closes what is pooled. */
  close?(): Promise<void>
}

export type SourceResult =
  /** `ignored` counts events that we understood and have no use for. */
  | { kind: 'events'; events: readonly SourceEvent[]; ignored: number }
  /** A handshake that the platform wants answered. */
  | { kind: 'reply'; status: number; body: string; contentType?: string }
  /** Not from the platform: nothing in it is believed. */
  | { kind: 'refused'; detail: string }
  /** From the platform, but not in a shape that we read. */
  | { kind: 'unreadable'; detail: string }

export type Polled = {
  events: readonly SourceEvent[]
  cursor: unknown
  /** How long to wait before the next poll; 0 when there is more to fetch at once. */
  nextInMs: number
}

/** Whom and what an inquiry is about. */
export type AskedAbout = {
  conversation: string
  person: string
  /** What we take for unread, oldest first. */
  items: readonly { id: string; position?: number; at: number }[]
  /** What the platform's events said of the person. */
  known?: KnownPerson
}

export type Confirmation =
  /** Exactly these; of an id that we had not heard of, `text` and `at` make it a part of the notice. */
  | { kind: 'unread'; items: readonly { id: string; text?: string; at?: number; author?: string }[] }
  | { kind: 'read' }
  /** The conversation, or the person's part in it, is over: nobody is told. */
  | { kind: 'gone'; why: 'conversation-gone' | 'left' }
  /** The platform cannot say. */
  | { kind: 'unknown' }

/** The platform did not do what we asked. The message is for operators: no personal data, no secrets. */
export class SourceTrouble extends Error {
  override readonly name = 'SourceTrouble'
  /** `credentials` and `configuration` want a person; `busy` and `away` pass by themselves. */
  readonly kind: 'credentials' | 'configuration' | 'busy' | 'away' | 'unreadable'
  /** How long the platform asks to be left alone. */
  readonly retryAfterMs: number | undefined

  constructor(
    kind: SourceTrouble['kind'],
    message: string,
    { retryAfterMs }: { retryAfterMs?: number | undefined } = {},
  ) {
    super(message)
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }
}
