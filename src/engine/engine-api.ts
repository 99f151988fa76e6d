import type { ContentType } from '../domain/content.ts'
import type { CancelResult } from '../domain/message.ts'
import type { ChannelAbility } from '../domain/sequence.ts'
import type { HealthState } from './connection-health.ts'
import type { Feed } from './feed.ts'
import type { Abilities, CallbackResult, RawRequest, Told } from './ports/channel.ts'
import type { Intake, IntakeResult } from './ports/message-store.ts'

/** A connection as it serves a channel. */
export type ConnectionView = { id: string; provider: string; abilities: Abilities; health: HealthState }

/** What the engine does for its callers: the HTTP API, sources and tests. */
export type EngineApi = {
  /** Stores a request's messages; resolves after the commit. Requests that come while a commit runs share the next one. */
  accept(intake: Intake): Promise<IntakeResult>
  /**
   * Calls a message off for good and tells what that achieved; undefined for an id that we do not know. Where a call to a
   * provider is under way, it waits for that call's outcome, for at most `patienceMs`.
   */
  cancel(umid: string, patienceMs?: number): Promise<CancelResult | undefined>
  /** Takes up a message again that was held back after repeated failures. False when it was not held back. */
  release(umid: string): Promise<boolean>
  /** A provider's callback: verified, committed, then answered. Undefined for a connection that we do not have. */
  receive(connectionId: string, request: RawRequest): Promise<CallbackResult | undefined>
  /** What a channel told of its own accord; resolves when it is stored. */
  take(connectionId: string, told: Told): Promise<void>
  /**
   * What a channel name means for a subaccount (without one: by the order of the configuration), in any spelling; undefined
   * for a name that nobody knows.
   */
  ability(name: string, subAccountId?: string): ChannelAbility | undefined
  /** The connections of a channel, in our spelling, in the order in which they are listed for a subaccount. */
  connectionsFor(channel: string, subAccountId?: string): readonly ConnectionView[]
  /** The content types that a channel carries as they are; by its first connection. */
  carries(channel: string, subAccountId: string): readonly ContentType[]
  /** Ids of the connections that may carry messages of a subaccount: on this channel, or on any. */
  connectionsOf(subAccountId: string, channel?: string): readonly string[]
  /** All channel names that a sequence may use: those of the catalogue, then the operator's own. */
  channelNames(): readonly string[]
  readonly feed: Feed
}
