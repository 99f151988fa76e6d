import type { RejectReason, SendOutcome } from '../domain/message.ts'
import type { SuppressionReason } from '../domain/suppression.ts'
import type { Heard } from '../engine/ports/channel.ts'

/** What an error code of a provider means, as the provider's folder keeps it in a table; first, of a message that failed. */
export type FailureMeaning = {
  words: string
  /** The same is true of whatever else is sent to this address on this channel. */
  suppress?: SuppressionReason
}

/** The meaning of a code that may answer a send too. */
export type Meaning<Fault extends string = RejectReason | 'later'> = FailureMeaning & {
  /** Whose fault it is, when a send is refused with it. `later` passes by itself, and nothing was sent. */
  fault: Fault
}

/** What is told of a refusal: `afterMs` is for one that passes. */
export type Refusal = { detail: string; code?: string | undefined; afterMs: number }

/** What a refusal with this meaning is for the send. */
export function outcomeOfMeaning(
  { fault, suppress }: { fault: RejectReason | 'later'; suppress?: SuppressionReason | undefined },
  { detail, code, afterMs }: Refusal,
): SendOutcome {
  if (fault === 'later') return { kind: 'retry', afterMs, detail }
  return {
    kind: 'rejected',
    reason: fault,
    detail,
    ...(code !== undefined && { code }),
    ...(suppress !== undefined && { suppress }),
  }
}

/** Where a code came with a 4xx that has an outcome already: a code that we know says whose fault it is. */
export function outcomeOfCode(usual: SendOutcome, meaning: Meaning | undefined, refusal: Refusal): SendOutcome {
  if (usual.kind === 'retry' && meaning?.fault !== 'later') return { ...usual, detail: refusal.detail }
  const fault = usual.kind === 'rejected' ? usual.reason : 'content'
  return outcomeOfMeaning({ fault, ...meaning }, refusal)
}

/** Some failures are true of the person, and not of this message alone; nothing where it is not known of whom. */
export function suppressedBy(
  meaning: FailureMeaning | undefined,
  channel: string | undefined,
  address: string | undefined,
): Heard[] {
  const reason = meaning?.suppress
  if (reason === undefined || channel === undefined || address === undefined) return []
  return [{ kind: 'suppress', channel, address, reason }]
}
