/**
 * The status ladder: what is known of one attempt to reach a person on one channel.
 *
 *   queued < accepted < sent < delivered < read          and the dead ends: rejected, failed, expired
 *
 * `accepted`: the provider took it. `sent`: handed to the network. `delivered`: on the handset, never "at the operator".
 * `rejected`: refused, nothing went out. `failed`: went out, reported undeliverable. `expired`: its validity ran out.
 */
export const RUNGS = ['queued', 'accepted', 'sent', 'delivered', 'read'] as const
export const DEAD_ENDS = ['rejected', 'failed', 'expired'] as const
export const SUCCESS_STATUSES = ['accepted', 'sent', 'delivered', 'read'] as const

export type Rung = (typeof RUNGS)[number]
export type DeadEnd = (typeof DEAD_ENDS)[number]
export type Status = Rung | DeadEnd
/** A status that a step may name as its success. */
export type SuccessStatus = (typeof SUCCESS_STATUSES)[number]

export function isDeadEnd(status: Status): status is DeadEnd {
  return (DEAD_ENDS as readonly string[]).includes(status)
}

/** Whether a rung is at `wanted` or above it: what is read has been delivered. */
export function reaches(rung: Rung, wanted: Rung): boolean {
  return RUNGS.indexOf(rung) >= RUNGS.indexOf(wanted)
}

export function higher(a: Rung, b: Rung): Rung {
  return reaches(a, b) ? a : b
}
