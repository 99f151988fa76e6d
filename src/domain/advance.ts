import { canRecall, onRevoked, recall } from './advance-recall.ts'
import { ask, askAgain, onInquired, onItemsJoined, onItemsLeft } from './advance-watched.ts'
import { Draft, freshAttempt } from './draft.ts'
import { type Attempt, type Message, turnsAway } from './message.ts'
import { higher, isDeadEnd, RUNGS, type Rung, reaches, type Status } from './status-ladder.ts'
import { isAnswered } from './streak.ts'
import type { ReceiptEffect } from './timeline.ts'
import type { Advanced, Context, Event, Report, Route } from './transition.ts'

export type { Advanced, Context, Effect, Event, Report, Route } from './transition.ts'

/**
 * The one place that decides what happens next to a message. Pure: the time is in the event, the world is in the context.
 *
 *   due ──claimed──> sending ──accepted, uncertain──> waiting ──time over──> (revoking ──>) due, for the next step
 *    ^                  │                                │
 *    ├──retry, withdrawn┘                                │
 *    └──it did not go, as a late answer tells────────────┘
 *
 * A dead end in any phase makes the next step due; after the last step the message is `exhausted`. Only `due` opens a step,
 * so each send goes through the wake loop, whatever brought the message there. A step that cannot be tried is passed over,
 * one whose connection is busy stays due; one that a connection turned away goes to another that is free. A receipt ahead of its answer tells that the send went out, and leads to
 * `waiting`. Where the sender wants it, what has not arrived in time is taken back before the next step (`revoking`), which
 * waits for the answer, but not for long. Before an unread streak opens a step it asks (`due` ──> `asking` ──> `due`). From any phase success leads to `succeeded` and a cancel to `cancelled`; the hour of expiry is noticed at the
 * next wake-up outside `sending` and leads to `expired`; where no timer ends the last wait, silence leads to `unknown`.
 *
 * Answers and receipts may come late, twice, before one another or after the end: all is judged here, never by the callers.
 */
export function advance(message: Message, event: Event, context: Context): Advanced {
  const draft = new Draft(message, event.at, context)
  switch (event.type) {
    case 'due':
      onDue(draft)
      break
    case 'settled':
      onSettled(draft, event)
      break
    case 'receipt':
      onReceipt(draft, event)
      break
    case 'revoked':
      onRevoked(draft, event, {
        report: (report) => onReceipt(draft, { type: 'receipt', at: event.at, step: event.step, report }),
        goOn: () => fallBack(draft, event.step, 'not-in-time'),
      })
      break
    case 'cancel':
      if (draft.isLive()) draft.end('cancelled')
      break
    case 'items-joined':
      onItemsJoined(draft, event.items)
      break
    case 'items-left':
      onItemsLeft(draft, event, (report) => onWatched(draft, report))
      break
    case 'inquired':
      onInquired(draft, event, (report) => onWatched(draft, report))
      break
  }
  return draft.done()
}

function onDue(draft: Draft): void {
  const { progress } = draft.message
  // A second node, or a wake-up that has since been moved, may come too early or too late.
  if (progress.state !== 'live' || draft.at < progress.wakeAt) return
  if (progress.phase === 'sending') return onLeaseRunOut(draft, progress.step)
  if (progress.phase === 'asking') return askAgain(draft, progress.step)
  if (draft.message.expiresAt !== undefined && draft.at >= draft.message.expiresAt) return draft.end('expired')
  if (progress.phase === 'due') return open(draft, progress.step)
  if (progress.phase === 'revoking') {
    draft.note('recall-unclear', progress.step, { detail: 'no answer in time' })
    fallBack(draft, progress.step, 'not-in-time')
    if (draft.isLive()) onDue(draft)
    return
  }
  // The time of a step is over. Without a timer of its own, only a dead end falls back, and none was ever reported.
  if (draft.stepAt(progress.step).fallbackAfterMs === undefined) return draft.end('unknown', { waited: 'horizon' })
  if (canRecall(draft, progress.step)) return recall(draft, progress.step)
  fallBack(draft, progress.step, 'not-in-time')
  if (draft.isLive()) onDue(draft)
}

/** Whoever held the message is gone. Its call may have been made, and may still be answered. */
function onLeaseRunOut(draft: Draft, step: number): void {
  draft.change(step, { inFlight: undefined })
  becomeUncertain(draft, step, 'the send was interrupted')
}

function becomeUncertain(draft: Draft, step: number, detail: string): void {
  const { context, at } = draft
  draft.change(step, { uncertain: true, leftAt: draft.attemptAt(step).leftAt ?? at })
  const route = context.route(draft.stepAt(step), step)
  const again = Math.max(at + backoffMs(draft.attemptAt(step)), route.kind === 'later' ? route.at : 0)
  // Of a busy connection it is not known yet whether it takes the key: that is asked when it is free.
  if ((route.kind === 'later' || mayRepeat(draft, step, route)) && again < draft.giveUpAt(step)) {
    draft.note('send-uncertain', step, { detail, plan: 'repeat with the same key', nextAt: again })
    draft.goDue(step, again)
  } else {
    waitForReceipt(draft, step, detail)
  }
}

/** A send that may have gone out is repeated only where that makes no second message, or where the sender chose so. */
function mayRepeat(draft: Draft, step: number, route: Route): boolean {
  if (route.kind !== 'send') return false
  if (draft.stepAt(step).onUncertain === 'resend') return true
  return route.takesIdempotencyKey && route.connection === draft.attemptAt(step).connection
}

function waitForReceipt(draft: Draft, step: number, detail: string): void {
  draft.note('send-uncertain', step, { detail, plan: 'wait for a receipt' })
  draft.startWaiting(step)
}

/** Opens the first step from `from` on that can be tried, or sends the same step once more. */
function open(draft: Draft, from: number): void {
  const { sequence, watch } = draft.message
  if (watch !== undefined && !isAnswered(watch, draft.at)) return ask(draft, from)
  for (let step = from; step < sequence.length; step++) {
    const route = draft.context.route(draft.stepAt(step), step)
    const known = draft.message.attempts[step]
    // Since the repeat was planned, the connection may have changed, or the person may have opted out.
    if (known?.uncertain && route.kind !== 'later' && !mayRepeat(draft, step, route)) {
      return waitForReceipt(draft, step, 'it cannot be repeated any more')
    }
    if (route.kind === 'later') return holdBack(draft, step, route.at)
    if (route.kind === 'send') {
      if (watch !== undefined) draft.setWatch({ ...watch, asked: 0 })
      return send(draft, step, route)
    }
    skip(draft, step, route)
  }
  draft.end('exhausted')
}

/** A step that was not tried yet may be held for as long as it takes; one that is being tried has only its own time. */
function holdBack(draft: Draft, step: number, until: number): void {
  const known = draft.message.attempts[step]
  if (known === undefined || until < draft.giveUpAt(step)) return draft.goDue(step, until)
  if (known.uncertain) return waitForReceipt(draft, step, 'it cannot be repeated in time')
  giveUp(draft, step, 'the connection is busy')
}

function skip(draft: Draft, step: number, route: Route & { kind: 'skip' }): void {
  const { reason, detail } = route
  draft.put(step, { ...(draft.message.attempts[step] ?? freshAttempt(draft.at)), skipped: reason })
  draft.note('step-skipped', step, { channel: draft.stepAt(step).channel, reason, detail })
  draft.fail(step, 'rejected', { message: detail ?? reason })
}

function send(draft: Draft, step: number, { connection, revokes }: Route & { kind: 'send' }): void {
  const { channel, revokeOnFallback } = draft.stepAt(step)
  const known = draft.message.attempts[step]
  const fence = draft.at + draft.context.leaseMs
  const revocable = revokes && revokeOnFallback ? {} : undefined
  const call = { connection, call: fence, inFlight: true, revocable, recall: undefined } as const
  if (known === undefined) {
    draft.put(step, { ...freshAttempt(draft.at), ...call })
    draft.note('step-opened', step, { channel, connection })
    draft.publish(step)
  } else {
    // An uncertain send repeats its key; one that is known not to have gone gets a new one.
    const numbers = known.uncertain ? { repeats: (known.repeats ?? 0) + 1 } : { try: known.try + 1 }
    draft.put(step, { ...known, ...numbers, ...call })
    draft.note('send-repeated', step, { channel, connection, try: draft.attemptAt(step).try })
  }
  draft.setProgress({ state: 'live', phase: 'sending', step, wakeAt: fence })
  draft.effects.push({ type: 'send', step, try: draft.attemptAt(step).try, connection, fence })
}

const NEVER_LEFT = { uncertain: undefined, leftAt: undefined } as const

function onSettled(draft: Draft, event: Event & { type: 'settled' }): void {
  const { step, outcome } = event
  const attempt = draft.message.attempts[step]
  if (attempt === undefined || attempt.try !== event.try) return
  const awaited = attempt.call === event.fence
  // Told before, or of a call that was repeated since: only that it went out after all would be news.
  if (!awaited && !(outcome.kind === 'accepted' && attempt.reached === 'queued')) return
  if (awaited) draft.change(step, { call: undefined, inFlight: undefined })
  // Late: a receipt came first, the step was left, or the message has ended. What it says of the attempt still holds.
  const { progress } = draft.message
  const current = progress.state === 'live' && progress.step === step && attempt.reached === 'queued'
  const late = current ? undefined : true
  // What did not go by this call may still have gone by an earlier one with the same key.
  const onlyCall = attempt.reached === 'queued' && attempt.repeats === undefined
  const inTime = current && draft.at < draft.giveUpAt(step)
  const moves = inTime && onlyCall && turnsAway(outcome) && event.elsewhere === true
  switch (outcome.kind) {
    case 'accepted':
      draft.change(step, { uncertain: undefined, leftAt: attempt.leftAt ?? draft.at, avoid: undefined })
      if (attempt.revocable !== undefined && outcome.providerRef !== undefined)
        draft.change(step, { revocable: { providerRef: outcome.providerRef } })
      draft.note('send-accepted', step, { providerRef: outcome.providerRef, late })
      draft.raise(step, 'accepted')
      if (current) draft.startWaiting(step)
      return concludeIfReached(draft, step)
    case 'rejected': {
      const { reason, detail, code } = outcome
      draft.note('send-rejected', step, { reason, detail, code, late, plan: moves ? BY_ANOTHER : undefined })
      if (moves) return tryElsewhere(draft, step)
      if (attempt.reached !== 'queued') return // a receipt knows better than this answer
      // Nor is it a word on an earlier call under the same key, which may have gone out.
      if (reason === 'credentials' && attempt.uncertain && !onlyCall)
        return current ? waitForReceipt(draft, step, detail) : undefined
      draft.change(step, { uncertain: undefined })
      draft.fail(step, 'rejected', { ...(code !== undefined && { code }), message: detail })
      if (current) fallBack(draft, step, 'rejected')
      return
    }
    case 'retry':
      if (onlyCall) draft.change(step, NEVER_LEFT)
      if (moves) {
        draft.note('send-retry', step, { detail: outcome.detail, plan: BY_ANOTHER })
        return tryElsewhere(draft, step)
      }
      if (current) return retry(draft, step, outcome.afterMs, outcome.detail)
      return draft.note('send-retry', step, { detail: outcome.detail, late })
    case 'uncertain':
      // After the lease ran out it is known as uncertain already.
      if (current && progress.phase === 'sending') return becomeUncertain(draft, step, outcome.detail)
      if (attempt.reached === 'queued' && !isDeadEnd(attempt.status)) draft.change(step, { uncertain: true })
      return draft.note('send-uncertain', step, { detail: outcome.detail, late: true })
    case 'withdrawn':
      draft.note('send-withdrawn', step, { late })
      // What was found out, or its words, may be what was missing.
      if (current && draft.message.watch !== undefined) draft.setWatch({ ...draft.message.watch, inquiry: undefined })
      // Nothing is there to be taken back, and no time is left to begin anew.
      if (current && onlyCall && progress.phase === 'revoking') {
        draft.change(step, { ...NEVER_LEFT, recall: undefined, withdrawn: true })
        return giveUp(draft, step, 'its turn did not come')
      }
      // The dispatcher was stopping, or came too late under its lease: nothing went out by this call, so start over.
      if (current && onlyCall) draft.goDue(step, draft.at)
      // A repeat keeps its key; a millisecond later it gets a fence of its own.
      else if (current && progress.phase === 'sending') draft.goDue(step, draft.at + 1)
      if (onlyCall) draft.change(step, { ...NEVER_LEFT, withdrawn: current ? undefined : true })
  }
}

const BY_ANOTHER = 'by another connection'

/** Nothing went out by this connection: the step goes on at once, by one that has not turned it away in this round. */
function tryElsewhere(draft: Draft, step: number): void {
  const { avoid = [], moves = 0, connection } = draft.attemptAt(step)
  const left = connection === undefined ? avoid : [...avoid, connection]
  draft.change(step, { ...NEVER_LEFT, avoid: left, moves: moves + 1 })
  draft.goDue(step, draft.at)
}

/** The call did not go. An earlier one under the same key may have: then the key stays, and there is no giving up. */
function retry(draft: Draft, step: number, afterMs: number, detail: string): void {
  const attempt = draft.attemptAt(step)
  if (attempt.avoid !== undefined) draft.change(step, { avoid: undefined })
  const nextAt = draft.at + Math.max(afterMs, backoffMs(attempt))
  if (nextAt < draft.giveUpAt(step)) {
    draft.note('send-retry', step, { detail, nextAt })
    return draft.goDue(step, nextAt)
  }
  if (attempt.uncertain) return waitForReceipt(draft, step, detail)
  giveUp(draft, step, detail)
}

function giveUp(draft: Draft, step: number, detail: string): void {
  draft.note('send-retry', step, { detail, plan: 'no time left' })
  draft.fail(step, 'expired', { message: `could not be sent in time: ${detail}` })
  fallBack(draft, step, 'could-not-send')
}

/** 1 s, 2 s, 4 s … up to five minutes: gentle with a provider in trouble, quick enough for a step of a minute. */
function backoffMs(attempt: Attempt): number {
  // To ask all connections in turn is one round.
  const rounds = attempt.try - (attempt.moves ?? 0) + (attempt.repeats ?? 0)
  return Math.min(1000 * 2 ** (rounds - 1), 300_000)
}

function onReceipt(draft: Draft, event: Event & { type: 'receipt' }): void {
  const { step, report } = event
  const attempt = draft.message.attempts[step]
  if (attempt === undefined) {
    return draft.note('receipt-unmatched', step, { status: report.status, native: report.native })
  }
  const before = draft.message.progress
  const heard = attempt.times[report.status]
  // The same event delivered twice is one event.
  if (heard !== undefined && heard[1] === (report.providerAt ?? null)) return
  const effect = applyReport(draft, step, event)
  draft.note('receipt', step, {
    status: report.status,
    effect,
    native: report.native,
    providerAt: report.providerAt,
    errorCode: report.error?.code,
    detail: report.error?.message,
    late: before.state !== 'live' || before.step !== step ? true : undefined,
  })
  const { progress } = draft.message
  const current = progress.state === 'live' && progress.step === step
  if (effect === 'failed') {
    draft.publish(step)
    if (current) fallBack(draft, step, report.status)
    return
  }
  if (effect === 'raised' || effect === 'revived') {
    draft.publish(step)
    // A receipt ahead of its answer tells that the send went out: from here its time runs.
    if (current && progress.phase !== 'waiting' && progress.phase !== 'revoking') draft.startWaiting(step)
  }
  // Also for a late one on an earlier step: the person has the message.
  concludeIfReached(draft, step)
}

/** Moves the attempt and tells what the report did to it. */
function applyReport(draft: Draft, step: number, event: Event & { type: 'receipt' }): ReceiptEffect {
  const { at, connection } = event
  const { status, providerAt, error } = event.report
  const attempt = draft.attemptAt(step)
  const times = { [status]: [at, providerAt ?? null] as const, ...attempt.times }
  if (isDeadEnd(status)) {
    // The step moved to another connection: what became of the earlier try says nothing of the present one.
    if (connection !== undefined && connection !== attempt.connection) return 'failed-elsewhere'
    if (isDeadEnd(attempt.status) || attempt.times[status] !== undefined) {
      draft.change(step, { times })
      return 'repeated'
    }
    if (reaches(attempt.reached, 'delivered')) {
      draft.change(step, { times })
      return 'failed-after-delivered'
    }
    draft.change(step, { times, status, uncertain: undefined, ...(error && { error }) })
    return 'failed'
  }
  // The provider was sure that it never arrives; only that it was read would be proof of the contrary.
  if (attempt.revoked && status !== 'read') {
    draft.change(step, { times })
    return 'after-recall'
  }
  const reached = higher(attempt.reached, status)
  const wasDead = isDeadEnd(attempt.status)
  // A rung below `delivered` after a dead end is an older report that came late; only the handset's word revives.
  const moves = reached !== attempt.reached && (!wasDead || reaches(status, 'delivered'))
  const leftAt = attempt.leftAt ?? at
  draft.change(step, { times, reached, uncertain: undefined, leftAt, ...(moves && { status, error: undefined }) })
  if (moves) return wasDead ? 'revived' : 'raised'
  return attempt.times[status] !== undefined ? 'repeated' : 'out-of-order'
}

/** All that a streak was about has been read, or delivered: the watched step has come to its end, if late. */
function onWatched(draft: Draft, report: Report): void {
  onReceipt(draft, { type: 'receipt', at: draft.at, step: 0, report })
}

function concludeIfReached(draft: Draft, step: number): void {
  const { progress } = draft.message
  const attempt = draft.attemptAt(step)
  const { successStatus } = draft.stepAt(step)
  // An attempt that failed and was `sent` before that, in whichever order we heard it, reached nobody.
  if (isDeadEnd(attempt.status) || !reaches(attempt.reached, successStatus)) return
  const reachedAt = firstReachedAt(attempt, successStatus)
  if (progress.state === 'live') {
    draft.setProgress({ state: 'succeeded', at: draft.at, step, status: attempt.reached, reachedAt })
    draft.note('succeeded', step, { status: attempt.reached, wanted: successStatus })
  } else if (progress.state === 'succeeded' && reachedAt < progress.reachedAt) {
    // Both reached the person; the one that got there first names the outcome, whichever receipt we heard first.
    draft.setProgress({ ...progress, step, status: attempt.reached, reachedAt })
    if (step === progress.step) return
    draft.note('late-success', step, { status: attempt.reached, insteadOfStep: progress.step + 1 })
  }
}

/** When success happened: by the provider's time, but never before the attempt or after we heard of it. */
function firstReachedAt(attempt: Attempt, successStatus: Rung): number {
  const moments = RUNGS.filter((rung) => reaches(rung, successStatus)).flatMap((rung) => {
    const heard = attempt.times[rung]
    return heard === undefined ? [] : [Math.min(Math.max(heard[1] ?? heard[0], attempt.openedAt), heard[0])]
  })
  return Math.min(...moments)
}

function fallBack(draft: Draft, step: number, reason: Status | 'not-in-time' | 'could-not-send'): void {
  const { at } = draft
  const attempt = draft.attemptAt(step)
  const { channel, successStatus, fallbackAfterMs } = draft.stepAt(step)
  const next = draft.message.sequence[step + 1]
  draft.note('fell-back', step, {
    reason,
    channel,
    to: next?.channel ?? null,
    status: attempt.status,
    wanted: successStatus,
    fallbackAfterMs,
    waitedMs: attempt.leftAt === undefined ? undefined : at - attempt.leftAt,
    uncertain: attempt.uncertain,
  })
  if (next === undefined) return draft.end('exhausted')
  const { watch } = draft.message
  if (watch !== undefined) draft.setWatch({ ...watch, asked: 0, inquiry: undefined })
  draft.goDue(step + 1, at)
}
