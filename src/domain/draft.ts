import type { Attempt, AttemptError, Message, Outcome } from './message.ts'
import type { Step } from './sequence.ts'
import { isDeadEnd, type Rung, reaches, type Status } from './status-ladder.ts'
import type { TimelineEntry } from './timeline.ts'
import type { Advanced, Context, Effect } from './transition.ts'

/** One run of `advance` in the making: the message so far, and what there is to tell and to do. */
export class Draft {
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

  setWatch(watch: NonNullable<Message['watch']>): void {
    this.message = { ...this.message, watch }
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

  startRevoking(step: number, until: number): void {
    this.setProgress({ state: 'live', phase: 'revoking', step, wakeAt: this.capped(until) })
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
    const { status, error, skipped, times } = this.attemptAt(step)
    // Accepted and sent are one thing to the sender, who gave the message to us: an operator has it. He is told once.
    if (status === 'sent' && times.accepted !== undefined) return
    const why = { ...(error && { error }), ...(skipped && { skipped }) }
    this.effects.push({ type: 'publish', step, status, at: this.at, ...why })
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

export function freshAttempt(at: number): Attempt {
  return { status: 'queued', reached: 'queued', try: 1, openedAt: at, times: {} }
}

function present<T>(value: T | undefined, rule: string): T {
  if (value === undefined) throw new Error(`invariant broken: ${rule}`)
  return value
}
