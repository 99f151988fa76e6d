import type { StoredItem } from '../../domain/conversation.ts'
import type { Known, Observation } from '../../domain/observe.ts'
import type { ConversationFacts, KnownPerson, SourceEvent } from '../../domain/source-event.ts'
import type { TimelineEntry } from '../../domain/timeline.ts'
import type { Change, Held, NewMessage, ReaderNotice, Saved } from './message-store.ts'

/** What one source told at one time. */
export type EventBatch = {
  subAccountId: string
  source: string
  events: readonly SourceEvent[]
  /** Committed with the events, if this node still has its turn; else nothing is. */
  turn?: { holder: string; cursor: unknown; nextAt: number }
}

export type ConversationKey = { subAccountId: string; source: string; conversation: string }

/** A conversation under its lock, with the events that are new about it. */
export type FoundConversation = ConversationKey & {
  events: readonly SourceEvent[]
  known: Known
  held: ReadonlyMap<string, Held>
}

/** What is to be saved. A streak that opens brings the first entries of its timeline. */
export type Observed = {
  changes: Pick<Observation['changes'], 'conversation' | 'readers' | 'items'>
  advanced: readonly Change[]
  opened: readonly (NewMessage & { entries: readonly TimelineEntry[] })[]
}

export type WatchStore = {
  /**
   * Takes in what was told: one transaction, in which each conversation is locked while `decide` decides on it. An event
   * whose key is known is left out. Throws `TurnLost`, with nothing written, when a turn is over.
   */
  observe(
    told: readonly EventBatch[],
    decide: (found: FoundConversation) => Observed,
    now: number,
  ): Promise<ObserveResult>
  /** The same without taking anything in. */
  look(told: EventBatch): Promise<FoundConversation[]>

  /** Messages of the platform; what is not known, or was deleted, is left out. */
  items(key: ConversationKey, ids: readonly string[]): Promise<StoredItem[]>
  /** What is known of the conversation itself. */
  conversation(key: ConversationKey): Promise<ConversationFacts>
  /** What the platform's events said of a person. */
  knownPerson(key: ConversationKey, person: string): Promise<KnownPerson | undefined>
  /** What streaks tell, by the umid: for each the latest that was worded for a step up to `step`. */
  notices(wanted: readonly { umid: string; step: number }[]): Promise<Map<string, NoticeText>>
  /** What is known of somebody, in up to `limit` conversations: those with unread messages first. */
  person(subAccountId: string, source: string, person: string, limit: number): Promise<PersonIn[]>
  /** How much somebody has not read; known by the platform's id or by his own in the directory. */
  unread(subAccountId: string, source: string, person: string): Promise<number>

  /** Makes this node the one that polls a source until `until`, or says until when another is, or that it is too early. */
  takeTurn(turn: { subAccountId: string; source: string; holder: string; now: number; until: number }): Promise<Turn>
  /** Ends the turn early, and says when the next is. */
  endTurn(turn: { subAccountId: string; source: string; holder: string; nextAt: number }): Promise<void>

  /** Drops keys of events and texts of messages from before these moments. */
  sweepWatched(before: { events: number; items: number }): Promise<void>
}

/** A person in one conversation; `streaks` by the rule that opened them, the latest last. */
export type PersonIn = { conversation: string; unread: number; streaks: Readonly<Record<string, readonly string[]>> }

export type ObserveResult = {
  saved: Saved
  opened: readonly NewMessage[]
  readers: readonly ReaderNotice[]
  /** For each of `told`, how many of its events were known. */
  repeated: readonly number[]
}

export type Turn = { kind: 'taken'; cursor: unknown } | { kind: 'later'; at: number }

/** Another node has taken over. */
export class TurnLost extends Error {
  override readonly name = 'TurnLost'
}

/** A notice as it was worded. */
export type NoticeText = { text: string; subject: string; body: string; html: string }
