import type { Sequence } from './sequence.ts'
import { isDeadEnd, type Rung, type Status } from './status-ladder.ts'
import type { SuppressionReason } from './suppression.ts'
import type { Watch } from './watch.ts'

/** A message as the rules see it: who it goes to and what it says do not matter here. */
export type Message = {
  id: string
  /** Frozen when the message was accepted: later changes of defaults do not touch it. */
  sequence: Sequence
  /** From this moment on no further step is tried. Epoch milliseconds. */
  expiresAt?: number
  progress: Progress
  /** One per step that was taken up, in the order of the steps. */
  attempts: readonly Attempt[]
  /** An unread streak: the first step is watched, the others bring the notice. */
  watch?: Watch
}

/**
 * Where a message stands. Live means that there is a wake-up.
 *
 * `due`: `step` is to be sent at `wakeAt` (now, when scheduled, or for another try).
 * `sending`: the intent is recorded and somebody holds the message until `wakeAt`, the end of the lease.
 * `waiting`: the attempt left, or may have; at `wakeAt` the step's time is over.
 * `asking`: before a notice, the platform and the directory are asked; somebody holds the message until `wakeAt`.
 * `revoking`: the step's time is over, and what was sent is being taken back; at `wakeAt` the answer has had its time.
 *
 * The ends: `succeeded`; `exhausted` (each step was tried, none succeeded); `unknown` (the last word on an attempt never
 * came); `cancelled`; `expired`.
 */
export type Progress =
  | { state: 'live'; phase: 'due' | 'sending' | 'waiting' | 'asking' | 'revoking'; step: number; wakeAt: number }
  | { state: 'succeeded'; at: number; step: number; status: Status; reachedAt: number }
  | { state: 'exhausted' | 'unknown' | 'cancelled' | 'expired'; at: number }

export type MessageState = Progress['state']
export type Outcome = Exclude<MessageState, 'live'>

/** Why a step was not tried. */
export type SkipReason = 'no-address' | 'opted-out' | 'bad-address' | 'not-configured' | 'content-not-carried'

export type Attempt = {
  status: Status
  /** The highest rung that was ever reported; a dead end does not lower it. */
  reached: Rung
  /** Number of the send call, from 1; a repeat with the same idempotency key keeps its number. */
  try: number
  /** How often this try was repeated, with the same key, because it was not known whether it went. */
  repeats?: number
  openedAt: number
  /** When it left: from here the step's time runs. */
  leftAt?: number
  connection?: string
  /** Connections that have just turned this step away; the next try goes to another. */
  avoid?: readonly string[]
  /** How many of the tries went to another connection in the same moment. */
  moves?: number
  /** It can be taken back, and is to be, under this id of the provider's where there is one. */
  revocable?: { providerRef?: string }
  /** The fence of the recall, until its answer is known. */
  recall?: number
  /** The provider has taken it back. */
  revoked?: true
  /** The fence of the latest call, until its answer is known. */
  call?: number
  /** A call to the provider may be under way. */
  inFlight?: true
  /** It is not known whether the provider took it. */
  uncertain?: true
  /** The call was never made: the message no longer wanted it. */
  withdrawn?: true
  skipped?: SkipReason
  error?: AttemptError
  /** Moments when each status was first heard of: [by us, by the provider's clock or null]. */
  times: Partial<Record<Status, readonly [at: number, providerAt: number | null]>>
}

/** A provider's own words for what went wrong. */
export type AttemptError = { code?: string; message: string }

/** Whose fault a refusal is; `credentials` stands for all that only the operator can mend: login, payment, set-up. */
export type RejectReason = 'recipient' | 'content' | 'credentials'

/** What a channel's `send` came to. */
export type SendOutcome =
  /** The provider took it, under this id of its own. */
  | { kind: 'accepted'; providerRef?: string }
  /** It will never go this way: fall back now. `suppress`: nor will anything else to this address on this channel. */
  | { kind: 'rejected'; reason: RejectReason; detail: string; code?: string; suppress?: SuppressionReason }
  /** It did not go; the same step again, no sooner than in `afterMs`. */
  | { kind: 'retry'; afterMs: number; detail: string }
  /** It may have gone (cut off after we wrote). */
  | { kind: 'uncertain'; detail: string }
  /** The call was not made: the message no longer wanted it, or the dispatcher is stopping. */
  | { kind: 'withdrawn' }

/** What became of taking a message back. */
export type RevokeOutcome =
  /** It has not arrived and never will. */
  | { kind: 'revoked' }
  /** The person has it: that much is certain. */
  | { kind: 'too-late'; status: 'delivered' | 'read' }
  /** Neither is known: there was no answer, or one that tells nothing. */
  | { kind: 'unclear'; detail: string }

/**
 * The connection's fault, and no word on the person or the message: nothing went out, and another connection may take it.
 * What only the operator can mend is of that kind.
 */
export function turnsAway(outcome: SendOutcome): boolean {
  return outcome.kind === 'retry' || (outcome.kind === 'rejected' && outcome.reason === 'credentials')
}

export function acceptMessage(input: {
  id: string
  sequence: Sequence
  at: number
  scheduledAt?: number
  expiresAt?: number
}): Message {
  const { id, sequence, at, scheduledAt, expiresAt } = input
  // A moment in the past means now: a slow caller or a wrong clock must not lose a message.
  const wakeAt = Math.min(Math.max(at, scheduledAt ?? at), expiresAt ?? Number.POSITIVE_INFINITY)
  return {
    id,
    sequence,
    ...(expiresAt !== undefined && { expiresAt }),
    progress: { state: 'live', phase: 'due', step: 0, wakeAt },
    attempts: [],
  }
}

/** The row's `wake_at`: null once nothing more is to happen by itself. */
export function wakeAtOf(message: Message): number | null {
  return message.progress.state === 'live' ? message.progress.wakeAt : null
}

/** The same key for each repeat of one try, so that a provider that honours keys sends once. */
export function idempotencyKey(messageId: string, step: number, tryNumber: number): string {
  return `${messageId}.${step + 1}.${tryNumber}`
}

/** Two or more attempts that the person is known to have on the device. */
export function isDoubleExposure(message: Message): boolean {
  const seen = message.attempts.filter((attempt) => attempt.reached === 'delivered' || attempt.reached === 'read')
  return seen.length > 1
}

export type CancelResult =
  | { result: 'cancelled' }
  /** This step had left, or may have; what lay ahead is called off. */
  | { result: 'too-late'; step: number; at: number }
  /** The message had ended before. */
  | { result: 'ended'; outcome: Outcome }
  /** A call is under way; its outcome decides. */
  | { result: 'undecided'; step: number }

/** What a cancel achieved, read off the message as it stands after it, at `now`. */
export function cancelResult(message: Message, now: number): CancelResult {
  const { progress, attempts } = message
  if (progress.state === 'live') return { result: 'undecided', step: progress.step }
  if (progress.state !== 'cancelled') return { result: 'ended', outcome: progress.state }
  // What came to a dead end reached nobody.
  const step = attempts.findLastIndex(
    (attempt) =>
      !isDeadEnd(attempt.status) &&
      !attempt.revoked &&
      (attempt.inFlight || attempt.leftAt !== undefined || attempt.uncertain),
  )
  const attempt = attempts[step]
  if (attempt === undefined) return { result: 'cancelled' }
  // After its lease nobody is going to tell any more what became of a call: it may have been made.
  const awaited = attempt.inFlight && attempt.leftAt === undefined && now < (attempt.call ?? attempt.openedAt)
  if (awaited) return { result: 'undecided', step }
  return { result: 'too-late', step, at: attempt.leftAt ?? attempt.openedAt }
}
