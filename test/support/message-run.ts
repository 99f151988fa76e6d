import { type Advanced, advance, type Context, type Effect, type Event, type Report } from '../../src/domain/advance.ts'
import {
  type Attempt,
  acceptMessage,
  type Message,
  type RevokeOutcome,
  type SendOutcome,
} from '../../src/domain/message.ts'
import type { Sequence, Step } from '../../src/domain/sequence.ts'
import type { TimelineEntry } from '../../src/domain/timeline.ts'

/**
 * One message on its way through the real rules, for tests. It remembers all that was told and asked, freezes each state
 * so that nothing can be changed in place, and keeps its own time: an event happens at `at`, which only `after` moves.
 */
export const SECOND = 1000
export const LEASE_MS = 30 * SECOND
export const HORIZON_MS = 864_000 * SECOND
export const RETRY_FOR_MS = 3600 * SECOND
export const START = 1_000_000

type RunOptions = {
  sequence: Sequence
  route?: Context['route']
  scheduledAt?: number
  expiresAt?: number
}
export type SendEffect = Effect & { type: 'send' }

export class MessageRun {
  message: Message
  at = START
  readonly entries: TimelineEntry[] = []
  readonly effects: Effect[] = []
  route: Context['route']

  constructor({ route, ...input }: RunOptions) {
    this.route = route ?? sendsBy('one')
    this.message = deepFreeze(acceptMessage({ id: 'm', at: START, ...input }))
  }

  after(ms: number): this {
    this.at += ms
    return this
  }

  apply(event: Event): Advanced {
    const { route } = this
    const context = { route, leaseMs: LEASE_MS, horizonMs: HORIZON_MS, retryForMs: RETRY_FOR_MS }
    const advanced = advance(this.message, event, context)
    this.message = deepFreeze(advanced.message)
    this.entries.push(...advanced.entries)
    this.effects.push(...advanced.effects)
    return advanced
  }

  due(): Advanced {
    return this.apply({ type: 'due', at: this.at })
  }

  /** Moves time to the message's next wake-up and wakes it. */
  wake(): Advanced {
    this.at = Math.max(this.at, this.wakeAt)
    return this.due()
  }

  /** Answers a call, the latest one unless told otherwise. */
  settle(outcome: SendOutcome, call: SendEffect = this.lastSend, elsewhere = false): Advanced {
    const { step, try: tryNumber, fence } = call
    return this.apply({ type: 'settled', at: this.at, step, try: tryNumber, fence, outcome, elsewhere })
  }

  /** Answers a recall of the step, counted from 1; the latest one unless told otherwise. */
  revoked(outcome: RevokeOutcome, step = 0, call = 0): Advanced {
    const recall = this.effects.filter((effect) => effect.type === 'revoke' && effect.step === step).at(call - 1)
    if (recall?.type !== 'revoke') throw new Error('nothing was to be taken back')
    return this.apply({ type: 'revoked', at: this.at, step, fence: recall.fence, outcome })
  }

  receipt(
    step: number,
    status: Report['status'],
    rest: Omit<Report, 'status'> & { connection?: string } = {},
  ): Advanced {
    const { connection, ...report } = rest
    return this.apply({
      type: 'receipt',
      at: this.at,
      step,
      report: { status, ...report },
      ...(connection !== undefined && { connection }),
    })
  }

  cancel(): Advanced {
    return this.apply({ type: 'cancel', at: this.at })
  }

  get wakeAt(): number {
    const { progress } = this.message
    if (progress.state !== 'live') throw new Error(`the message has ended: ${progress.state}`)
    return progress.wakeAt
  }

  get sends(): SendEffect[] {
    return this.effects.filter((effect) => effect.type === 'send')
  }

  get lastSend(): SendEffect {
    const last = this.sends.at(-1)
    if (last === undefined) throw new Error('nothing was sent yet')
    return last
  }

  /** The progress in a few words: `waiting on 0`, or the outcome. */
  get standing(): string {
    const { progress } = this.message
    return progress.state === 'live' ? `${progress.phase} on ${progress.step}` : progress.state
  }

  attempt(step: number): Attempt {
    const attempt = this.message.attempts[step]
    if (attempt === undefined) throw new Error(`step ${step} was not opened`)
    return attempt
  }

  codes(): string[] {
    return this.entries.map((entry) => entry.code)
  }

  /** The latest entry with this code. */
  entry(code: TimelineEntry['code']): TimelineEntry {
    const found = this.entries.findLast((entry) => entry.code === code)
    if (found === undefined) throw new Error(`no ${code} in ${this.codes().join(', ')}`)
    return found
  }
}

export function step(channel: string, successStatus: Step['successStatus'], seconds?: number): Step {
  const timer = seconds !== undefined && { fallbackAfterMs: seconds * SECOND }
  return { channel, successStatus, ...timer, onUncertain: 'wait' }
}

export const READ_60 = step('WhatsApp', 'read', 60)
export const DELIVERED_60 = step('Viber', 'delivered', 60)
export const SMS = step('SMS', 'delivered')
export const TWO = [READ_60, SMS]

/** A message whose first step is under way to its provider. */
export function sent(sequence: Sequence = TWO, route?: Context['route']): MessageRun {
  const run = new MessageRun({ sequence, ...(route && { route }) })
  run.due()
  return run
}

/** A message whose first step was accepted. */
export function waiting(sequence: Sequence = TWO, route?: Context['route']): MessageRun {
  const run = sent(sequence, route)
  run.settle(ACCEPTED)
  return run
}

export function sendsBy(connection: string, takesIdempotencyKey = false): Context['route'] {
  return () => ({ kind: 'send', connection, takesIdempotencyKey })
}

export const ACCEPTED: SendOutcome = { kind: 'accepted', providerRef: 'ref' }
export const REJECTED: SendOutcome = { kind: 'rejected', reason: 'recipient', detail: 'not here' }
export const RETRY: SendOutcome = { kind: 'retry', afterMs: 0, detail: 'come back' }
export const UNCERTAIN: SendOutcome = { kind: 'uncertain', detail: 'cut off' }
export const WITHDRAWN: SendOutcome = { kind: 'withdrawn' }

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
