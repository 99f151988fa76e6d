import type { Attempt, AttemptError, Message, Outcome, SendOutcome, SkipReason } from './message.ts'
import type { Step } from './sequence.ts'
import { higher, isDeadEnd, type Rung, reaches, type Status } from './status-ladder.ts'
import type { ReceiptEffect, TimelineEntry } from './timeline.ts'

/**
 * The one place that decides what happens next to a message. Pure: the time is in the event, the world is in the context.
 *
 *            due ──────────> sending ────────> waiting ──> due (the next step) ──> …
 *             ▲  claimed        │    accepted,    │ time over, dead end
 *             └──── retry ──────┘    uncertain    ▼
 *                                        succeeded │ exhausted │ unknown │ cancelled │ expired
 *
 * Only `due` opens a step, so each send goes through the wake loop, whatever brought the message there. A receipt may come
 * before the send was settled, after the step was left, twice, or after the end: it is judged here, never by the callers.
 */
export type Event =
  | { type: 'due'; at: number }
  | { type: 'settled'; at: number; step: number; try: number; fence: number; outcome: SendOutcome }
  | { type: 'receipt'; at: number; step: number; report: Report }
  | { type: 'cancel'; at: number }

/** What a provider said of an attempt, in our words. */
export type Report = {
  status: Exclude<Status, 'queued'>
  /** The provider's clock: shown, and used for order inside one message, never for timers. */
  providerAt?: number
  /** The provider's own word for the status. */
  native?: string
  error?: AttemptError
}

export type Effect =
  /** Call the channel, unless the message's wake-up is no longer `fence` at the moment before. */
  | { type: 'send'; step: number; try: number; connection: string; fence: number }
  /** Tell the sender of the message that this attempt's status changed. */
  | { type: 'publish'; step: number; status: Status; at: number; error?: AttemptError }

/** Where a step would go now. */
export type Route =
  | { kind: 'send'; connection: string; takesIdempotencyKey: boolean }
  | { kind: 'skip'; reason: SkipReason; detail?: string }
  /** The connection is busy; ask again then. */
  | { kind: 'later'; at: number }

export type Context = {
  route: (step: Step, index: number) => Route
  /** How long a claimed message is held; longer than any call to a provider. */
  leaseMs: number
  /** How long a receipt is waited for where no timer ends the step. */
  horizonMs: number
  /** How long a send is retried where the step has no `fallbackAfter`. */
  retryForMs: number
}

export type Advanced = { message: Message; entries: readonly TimelineEntry[]; effects: readonly Effect[] }

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
      onReceipt(draft, event.step, event.report)
      break
    case 'cancel':
      if (draft.isLive()) draft.end('cancelled')
      break
  }
  return draft.done()
}

function onDue(draft: Draft): void {
  const { progress } = draft.message
  // A second node, or a wake-up that has since been moved, may come too early or too late.
  if (progress.state !== 'live' || draft.at < progress.wakeAt) return
  if (progress.phase === 'sending') return onLeaseRunOut(draft, progress.step)
  if (draft.message.expiresAt !== undefined && draft.at >= draft.message.expiresAt) return draft.end('expired')
  if (progress.phase === 'due') return open(draft, progress.step)
  // The time of a step is over. Without a timer of its own, only a dead end falls back, and none was ever reported.
  if (draft.stepAt(progress.step).fallbackAfterMs === undefined) return draft.end('unknown', { waited: 'horizon' })
  fallBack(draft, progress.step, 'not-in-time')
  if (draft.isLive()) onDue(draft)
}

/** Whoever held the message is gone. Its call may have been made. */
function onLeaseRunOut(draft: Draft, step: number): void {
  const attempt = draft.attemptAt(step)
  if (attempt.inFlight) draft.change(step, { inFlight: undefined })
  becomeUncertain(draft, step, 'the send was interrupted')
}

function becomeUncertain(draft: Draft, step: number, detail: string): void {
  const { context, at } = draft
  draft.change(step, { uncertain: true, leftAt: draft.attemptAt(step).leftAt ?? at })
  const attempt = draft.attemptAt(step)
  const route = context.route(draft.stepAt(step), step)
  const sameConnection = route.kind === 'send' && route.connection === attempt.connection
  const repeatable = (sameConnection && route.takesIdempotencyKey) || draft.stepAt(step).onUncertain === 'resend'
  const again = at + backoffMs(attempt.try)
  if (repeatable && again < draft.giveUpAt(step)) {
    draft.note('send-uncertain', step, { detail, plan: 'repeat with the same key', nextAt: again })
    draft.goDue(step, again)
  } else {
    draft.note('send-uncertain', step, { detail, plan: 'wait for a receipt' })
    draft.startWaiting(step)
  }
}

/** Opens the first step from `from` on that can be tried, or sends the same step once more. */
function open(draft: Draft, from: number): void {
  const { at, context } = draft
  for (let step = from; step < draft.message.sequence.length; step++) {
    const { channel } = draft.stepAt(step)
    const route = context.route(draft.stepAt(step), step)
    const known = draft.message.attempts[step]
    if (route.kind === 'later') return draft.goDue(step, route.at)
    if (route.kind === 'skip') {
      const error = { message: route.detail ?? route.reason }
      draft.put(step, { ...(known ?? freshAttempt(at)), status: 'rejected', skipped: route.reason, error })
      draft.note('step-skipped', step, { channel, reason: route.reason, detail: route.detail })
      draft.publish(step)
      continue
    }
    if (known === undefined) {
      draft.put(step, { ...freshAttempt(at), connection: route.connection, inFlight: true })
      draft.note('step-opened', step, { channel, connection: route.connection })
      draft.publish(step)
    } else {
      // An uncertain send repeats its key; one that is known not to have gone gets a new one.
      const tryNumber = known.uncertain ? known.try : known.try + 1
      draft.put(step, { ...known, try: tryNumber, connection: route.connection, inFlight: true })
      draft.note('send-repeated', step, { channel, connection: route.connection, try: tryNumber })
    }
    const fence = at + context.leaseMs
    draft.setProgress({ state: 'live', phase: 'sending', step, wakeAt: fence })
    const { try: tryNumber } = draft.attemptAt(step)
    draft.effects.push({ type: 'send', step, try: tryNumber, connection: route.connection, fence })
    return
  }
  draft.end('exhausted')
}

function onSettled(draft: Draft, event: Event & { type: 'settled' }): void {
  const { step, outcome } = event
  const attempt = draft.message.attempts[step]
  if (attempt === undefined || attempt.try !== event.try) return
  draft.change(step, { inFlight: undefined })
  // Late: the lease ran out, a receipt came first, or the message has ended. What it says of the attempt still holds.
  const { progress } = draft.message
  const current = progress.state === 'live' && progress.step === step
  const awaited = current && (progress.phase === 'sending' || attempt.uncertain === true)
  switch (outcome.kind) {
    case 'accepted': {
      draft.change(step, { uncertain: undefined, leftAt: attempt.leftAt ?? draft.at })
      draft.note('send-accepted', step, { providerRef: outcome.providerRef, late: awaited ? undefined : true })
      draft.raise(step, 'accepted')
      if (current && progress.phase !== 'waiting') draft.startWaiting(step)
      return concludeIfReached(draft, step, draft.at)
    }
    case 'rejected': {
      const error = { ...(outcome.code !== undefined && { code: outcome.code }), message: outcome.detail }
      draft.note('send-rejected', step, { reason: outcome.reason, detail: outcome.detail, code: outcome.code })
      if (attempt.reached !== 'queued') return // a receipt knows better than this answer
      draft.change(step, { uncertain: undefined })
      draft.fail(step, 'rejected', error)
      if (current) fallBack(draft, step, 'rejected')
      return
    }
    case 'retry':
      if (awaited && attempt.reached === 'queued') retry(draft, step, outcome.afterMs, outcome.detail)
      return
    case 'uncertain':
      if (current && progress.phase === 'sending') becomeUncertain(draft, step, outcome.detail)
      else if (!current) draft.change(step, { uncertain: true })
      return
    case 'withdrawn': {
      draft.note('send-withdrawn', step)
      if (current && progress.phase === 'sending' && progress.wakeAt === event.fence) {
        // The dispatcher is stopping, or had no time left under its lease: nothing went out, so start over.
        draft.goDue(step, draft.at)
      } else if (attempt.reached === 'queued' && !attempt.uncertain) draft.change(step, { withdrawn: true })
    }
  }
}

function retry(draft: Draft, step: number, afterMs: number, detail: string): void {
  draft.change(step, { uncertain: undefined, leftAt: undefined })
  const nextAt = draft.at + Math.max(afterMs, backoffMs(draft.attemptAt(step).try))
  if (nextAt < draft.giveUpAt(step)) {
    draft.note('send-retry', step, { detail, nextAt })
    return draft.goDue(step, nextAt)
  }
  draft.note('send-retry', step, { detail, plan: 'no time left' })
  draft.fail(step, 'expired', { message: `could not be sent in time: ${detail}` })
  fallBack(draft, step, 'could-not-send')
}

/** 1 s, 2 s, 4 s … up to five minutes: gentle with a provider in trouble, quick enough for a step of a minute. */
function backoffMs(tryNumber: number): number {
  return Math.min(1000 * 2 ** (tryNumber - 1), 300_000)
}

function onReceipt(draft: Draft, step: number, report: Report): void {
  const attempt = draft.message.attempts[step]
  if (attempt === undefined) {
    return draft.note('receipt-unmatched', step, { status: report.status, native: report.native })
  }
  const before = draft.message.progress
  const heard = attempt.times[report.status]
  // The same event delivered twice is one event.
  if (heard !== undefined && heard[1] === (report.providerAt ?? null)) return
  const effect = applyReport(draft, step, attempt, report)
  draft.note('receipt', step, {
    status: report.status,
    effect,
    native: report.native,
    providerAt: report.providerAt,
    errorCode: report.error?.code,
    detail: report.error?.message,
    late: before.state !== 'live' || before.step !== step ? true : undefined,
  })
  if (effect === 'failed') {
    draft.publish(step)
    const { progress } = draft.message
    if (progress.state === 'live' && progress.step === step) fallBack(draft, step, report.status)
    return
  }
  if (effect === 'raised' || effect === 'revived') {
    draft.publish(step)
    const { progress } = draft.message
    // A receipt ahead of its answer tells that the send went out: from here its time runs.
    if (progress.state === 'live' && progress.step === step && progress.phase !== 'waiting') draft.startWaiting(step)
  }
  // Also for a late one on an earlier step, and for a rung that came after its dead end: the person has the message.
  concludeIfReached(draft, step, eventTime(attempt, report, draft.at))
}

/** Moves the attempt and tells what the report did to it. */
function applyReport(draft: Draft, step: number, attempt: Attempt, report: Report): ReceiptEffect {
  const { status } = report
  const { at } = draft
  const times = { [status]: [at, report.providerAt ?? null] as const, ...attempt.times }
  if (isDeadEnd(status)) {
    if (reaches(attempt.reached, 'delivered')) {
      draft.change(step, { times })
      return 'failed-after-delivered'
    }
    if (isDeadEnd(attempt.status)) {
      draft.change(step, { times })
      return 'repeated'
    }
    draft.change(step, { times, status, uncertain: undefined, ...(report.error && { error: report.error }) })
    return 'failed'
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

/** When it happened: the provider's time, but never before the attempt or after we heard of it. */
function eventTime(attempt: Attempt, report: Report, at: number): number {
  return Math.min(Math.max(report.providerAt ?? at, attempt.openedAt), at)
}

function concludeIfReached(draft: Draft, step: number, reachedAt: number): void {
  const { progress } = draft.message
  const { reached, status } = draft.attemptAt(step)
  if (!reaches(reached, draft.stepAt(step).successStatus)) return
  if (progress.state === 'live') {
    draft.setProgress({ state: 'succeeded', at: draft.at, step, status: reached, reachedAt })
    draft.note('succeeded', step, { status: reached, wanted: draft.stepAt(step).successStatus })
  } else if (progress.state === 'succeeded' && progress.step !== step && reachedAt < progress.reachedAt) {
    // Both reached the person; the one that got there first names the outcome, whichever receipt we heard first.
    draft.setProgress({ ...progress, step, status: reached, reachedAt })
    draft.note('late-success', step, { status, insteadOfStep: progress.step + 1 })
  }
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
  if (next === undefined) draft.end('exhausted')
  else draft.goDue(step + 1, at)
}

function freshAttempt(at: number): Attempt {
  return { status: 'queued', reached: 'queued', try: 1, openedAt: at, times: {} }
}

/** One run of `advance` in the making: the message so far, and what there is to tell and to do. */
class Draft {
  message: Message
  readonly at: number
  readonly context: Context
  readonly entries: TimelineEntry[] = []
  readonly effects: Effect[] = []

  constructor(message: Message, at: number, context: Context) {
    this.message = message
    this.at = at
    this.context = context
  }

  isLive(): boolean {
    return this.message.progress.state === 'live'
  }

  stepAt(step: number): Step {
    return present(this.message.sequence[step], 'a message is at a step of its sequence')
  }

  attemptAt(step: number): Attempt {
    return present(this.message.attempts[step], 'a step that was opened has an attempt')
  }

  put(step: number, attempt: Attempt): void {
    const attempts = [...this.message.attempts]
    attempts[step] = attempt
    this.message = { ...this.message, attempts }
  }

  change(step: number, changes: Partial<Attempt>): void {
    this.put(step, { ...this.attemptAt(step), ...changes })
  }

  setProgress(progress: Message['progress']): void {
    this.message = { ...this.message, progress }
  }

  goDue(step: number, wakeAt: number): void {
    this.setProgress({ state: 'live', phase: 'due', step, wakeAt: this.capped(wakeAt) })
  }

  startWaiting(step: number): void {
    const leftAt = this.attemptAt(step).leftAt ?? this.at
    this.change(step, { leftAt })
    const wakeAt = leftAt + (this.stepAt(step).fallbackAfterMs ?? this.context.horizonMs)
    this.setProgress({ state: 'live', phase: 'waiting', step, wakeAt: this.capped(wakeAt) })
  }

  /** The moment from which another try of this step makes no sense. */
  giveUpAt(step: number): number {
    const lastsMs = this.stepAt(step).fallbackAfterMs ?? this.context.retryForMs
    return this.capped(this.attemptAt(step).openedAt + lastsMs)
  }

  raise(step: number, rung: Rung): void {
    const attempt = this.attemptAt(step)
    if (reaches(attempt.reached, rung)) return
    const times = { [rung]: [this.at, null] as const, ...attempt.times }
    const dead = isDeadEnd(attempt.status)
    this.change(step, { reached: rung, times, ...(!dead && { status: rung }) })
    if (!dead) this.publish(step)
  }

  fail(step: number, status: Status, error: AttemptError): void {
    const attempt = this.attemptAt(step)
    if (isDeadEnd(attempt.status)) return
    this.change(step, { status, error, times: { ...attempt.times, [status]: [this.at, null] } })
    this.publish(step)
  }

  end(outcome: Exclude<Outcome, 'succeeded'>, facts?: TimelineEntry['facts']): void {
    this.setProgress({ state: outcome, at: this.at })
    this.entries.push({ at: this.at, code: outcome, ...(facts && { facts }) })
  }

  publish(step: number): void {
    const { status, error } = this.attemptAt(step)
    this.effects.push({ type: 'publish', step, status, at: this.at, ...(error && { error }) })
  }

  note(code: TimelineEntry['code'], step: number, facts?: TimelineEntry['facts']): void {
    this.entries.push({ at: this.at, code, step, ...(facts && { facts }) })
  }

  done(): Advanced {
    return { message: this.message, entries: this.entries, effects: this.effects }
  }

  private capped(wakeAt: number): number {
    return Math.min(wakeAt, this.message.expiresAt ?? Number.POSITIVE_INFINITY)
  }
}

function present<T>(value: T | undefined, rule: string): T {
  if (value === undefined) throw new Error(`invariant broken: ${rule}`)
  return value
}
