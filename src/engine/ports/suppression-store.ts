import type { SuppressionReason } from '../../domain/suppression.ts'

/**
 * Addresses to which nothing more goes on a channel. They belong to a connection, whose sender the person knows: to say
 * stop to one company's number is no word on another's. A subaccount heeds those of all connections that may carry the
 * channel for it, so that no message goes around a stop by another provider.
 */
export type Suppression = {
  connection: string
  channel: string
  /** As `listedAs` spells it. */
  address: string
  reason: SuppressionReason
  at: number
}
export type SuppressionKey = Pick<Suppression, 'connection' | 'channel' | 'address'>

export type SuppressionStore = {
  /** What is known already stays as it is. */
  suppress(suppressions: readonly Suppression[]): Promise<void>
  /** The person wants messages again. What was a bad address stays one, unless `all`. Answers how many were lifted. */
  lift(keys: readonly SuppressionKey[], options?: { all?: boolean }): Promise<number>
  /** Every connection that something was heard by, whether or not it is still there. */
  connections(): Promise<string[]>
  /** In the order of their addresses, those after a place; of these connections, of one address where it is given. */
  list(
    connections: readonly string[],
    options: { address?: string; after?: SuppressionKey; limit: number },
  ): Promise<Suppression[]>
}
