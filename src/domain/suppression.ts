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

type Skip = { reason: 'opted-out' | 'bad-address'; detail: string }
type Suppressed = { connection: string; channel: string; address: string; reason: SuppressionReason }

/**
 * Why a step may not be tried, if so, out of what is suppressed of the person's addresses. A stop holds for the person, by
 * whichever of their names on the channel, and for all connections that may carry it; that an address is bad, for it alone.
 */
export function stopFor(
  suppressed: readonly Suppressed[],
  step: { channel: string; addresses: readonly string[]; connections: readonly string[] },
): Skip | undefined {
  const found = suppressed.find(({ channel, connection, address, reason }) => {
    const concerns = channel === step.channel && (reason !== 'bad-address' || step.addresses.includes(address))
    return concerns && step.connections.includes(connection)
  })
  return found && SKIPS[found.reason]
}

const SKIPS: Readonly<Record<SuppressionReason, Skip>> = {
  'opted-out': { reason: 'opted-out', detail: 'asked for no more messages' },
  blocked: { reason: 'opted-out', detail: 'has blocked the sender' },
  'bad-address': { reason: 'bad-address', detail: 'an earlier message to it came back' },
}
