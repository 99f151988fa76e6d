/**
 * Why nothing more is sent to an address on a channel: the person has said stop (`opted-out`), has shut the sender out
 * (`blocked`), or the address is known to lead nowhere (`bad-address`).
 */
export const SUPPRESSION_REASONS = ['opted-out', 'blocked', 'bad-address'] as const
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number]

/** How an address stands in the list. A mailbox is the same in any case, and people write theirs now this way, now that. */
export function listedAs(address: string): string {
  return address.includes('@') ? address.toLowerCase() : address
}
