import type { NoReminder } from '../domain/observe.ts'
import type { Mismatch } from '../domain/reminder-rule.ts'
import type { SourceEvent } from '../domain/source-event.ts'
import type { SuccessStatus } from '../domain/status-ladder.ts'
import type { RawRequest } from './ports/channel.ts'
import type { SourceResult } from './ports/source.ts'
import type { PersonIn } from './ports/watch-store.ts'
import type { SourceHealth } from './source-health.ts'

/** What watching chat platforms does for its callers. */
export type WatchApi = {
  /** A request of a platform: verified, committed, then answered. Undefined for a source that we do not have. */
  receive(sourceId: string, request: RawRequest): Promise<SourceResult | undefined>
  /** Commits events; `repeated` counts those whose key came before. A subaccount's own chat is the source `events`. */
  observe(
    subAccountId: string,
    source: string,
    events: readonly SourceEvent[],
  ): Promise<{ accepted: number; repeated: number }>
  /** What an event would lead to if it came now; nothing is changed. */
  dryRun(subAccountId: string, source: string, event: SourceEvent): Promise<DryRun>
  /** How many messages of a source's conversations a person has not read. */
  unread(subAccountId: string, source: string, person: string): Promise<number>
  /** Calls `listener` whenever that number may have changed, on any node. Returns the function that ends it. */
  onUnread(subAccountId: string, source: string, person: string, listener: () => void): () => void
  /** What is known of somebody, in up to 100 conversations: those with unread messages first. */
  person(subAccountId: string, source: string, person: string): Promise<readonly PersonIn[]>
  /** A subaccount's sources, its own chat last, and how they are doing. */
  sources(subAccountId: string): readonly SourceView[]
}

export type SourceView = {
  id: string
  platform: string
  isPolled: boolean
  takesWebhooks: boolean
  /** As this node has seen it since it started. */
  health: SourceHealth
}

export type { NoReminder } from '../domain/observe.ts'

/** For each person whom an event is about, what would happen and why. */
export type DryRun = { people: readonly DryRunPerson[] }
export type DryRunPerson = {
  person: string
  /** Every rule that was asked, in order, up to the one that applies. */
  rules: readonly { id: string; mismatch?: Mismatch }[]
  would: /** A new reminder, unless the message is read before. */
    | { result: 'remind'; rule: string; steps: readonly DryRunStep[] }
    /** It would be told with what is unread already. */
    | { result: 'join'; rule: string; umid: string; steps: readonly DryRunStep[] }
    | { result: 'nothing'; why: NoReminder }
    /** The reminders that would be called off, entirely or in part. */
    | { result: 'call-off'; umids: readonly string[] }
}
export type DryRunStep = {
  channel: string
  /** The earliest moment; each later step counts from the one before being sent. */
  at: number
  waitsFor: SuccessStatus
  /** `unknown`: nobody could say in time. */
  address: 'known' | 'missing' | 'unknown'
}
