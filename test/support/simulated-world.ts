import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { Event, Route } from '../../src/domain/advance.ts'
import { type Attempt, type Message, type RevokeOutcome, type SendOutcome, wakeAtOf } from '../../src/domain/message.ts'
import type { Step } from '../../src/domain/sequence.ts'
import { DEAD_ENDS, isDeadEnd, reaches, type Status, SUCCESS_STATUSES } from '../../src/domain/status-ladder.ts'
import { LEASE_MS, MessageRun, SECOND, type SendEffect, START } from './message-run.ts'

/**
 * A world that does its worst to one message, and the promises that hold all the same. Providers answer late, twice or
 * never; receipts come shuffled, repeated, for the wrong step, from the wrong connection; clocks jump; nodes die; people
 * cancel. Of a call that nobody answered, or that was cut off, the world assumes that it went out.
 */
export type Action =
  | { do: 'wake' }
  | { do: 'pass'; ms: number }
  | { do: 'due' }
  | { do: 'cancel' }
  | { do: 'answer'; call: number; outcome: SendOutcome; elsewhere: boolean }
  | { do: 'recalled'; outcome: RevokeOutcome }
  | { do: 'receipt'; step: number; status: (typeof REPORTED)[number]; providerAt?: number; connection?: string }
  | { do: 'again'; event: number }
  | { do: 'route'; step: number; route: RoutePlan }

type RoutePlan = { kind: 'send'; connection: keyof typeof TAKES_KEY } | { kind: 'skip' } | { kind: 'later'; ms: number }
export type Plan = {
  sequence: Step[]
  scheduledMs?: number
  expiresMs?: number
  routes: RoutePlan[]
  actions: Action[]
}

const REPORTED = [...SUCCESS_STATUSES, ...DEAD_ENDS] as const
const TAKES_KEY = { plain: false, keyed: true, 'keyed-too': true }

const connections = fc.constantFrom<keyof typeof TAKES_KEY>('plain', 'keyed', 'keyed-too')
const routes: fc.Arbitrary<RoutePlan> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('send' as const), connection: connections }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'skip' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('later' as const), ms: fc.integer({ min: 1, max: 100_000 }) }),
  },
)
const outcomes: fc.Arbitrary<SendOutcome> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'accepted' as const }) },
  fc.record({
    kind: fc.constant('rejected' as const),
    reason: fc.constantFrom('recipient' as const, 'credentials' as const),
    detail: fc.constant('no'),
  }),
  fc.record({
    kind: fc.constant('retry' as const),
    afterMs: fc.integer({ min: 0, max: 70_000 }),
    detail: fc.constant('busy'),
  }),
  { weight: 2, arbitrary: fc.constant({ kind: 'uncertain' as const, detail: 'cut off' }) },
  fc.constant({ kind: 'withdrawn' as const }),
)
const recalls: fc.Arbitrary<RevokeOutcome> = fc.oneof(
  fc.constant({ kind: 'revoked' as const }),
  fc.constantFrom('delivered' as const, 'read' as const).map((status) => ({ kind: 'too-late' as const, status })),
  fc.constant({ kind: 'unclear' as const, detail: 'no answer' }),
)
const rarely = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 })
const stepNumber = fc.integer({ min: 0, max: 3 })
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('wake' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.oneof(fc.integer({ min: 1, max: 40_000 }), fc.constantFrom(-5000, 3_600_000, 900_000_000)),
    }),
  },
  fc.record({ do: fc.constant('due' as const) }),
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      call: fc.nat(5),
      outcome: outcomes,
      elsewhere: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('recalled' as const), outcome: recalls }) },
  {
    weight: 5,
    arbitrary: fc
      .record({
        step: stepNumber,
        status: fc.constantFrom(...REPORTED),
        providerAt: rarely(fc.integer({ min: START - 1000, max: START + 200_000 })),
        connection: rarely(connections),
      })
      .map(({ providerAt, connection, ...rest }) => ({
        do: 'receipt' as const,
        ...rest,
        ...(providerAt !== undefined && { providerAt }),
        ...(connection !== undefined && { connection }),
      })),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('again' as const), event: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('route' as const), step: stepNumber, route: routes }) },
)
const steps: fc.Arbitrary<Step> = fc
  .record({
    successStatus: fc.constantFrom(...SUCCESS_STATUSES),
    seconds: fc.option(fc.integer({ min: 10, max: 120 }), { nil: undefined, freq: 4 }),
    onUncertain: fc.constantFrom('wait' as const, 'wait' as const, 'resend' as const),
    revoke: fc.boolean(),
  })
  .map(({ seconds, revoke, ...rest }) => ({
    channel: 'WhatsApp',
    ...(revoke && { revokeOnFallback: true as const }),
    ...rest,
    ...(seconds !== undefined && { fallbackAfterMs: seconds * SECOND }),
  }))

export const plans: fc.Arbitrary<Plan> = fc
  .record({
    sequence: fc.array(steps, { minLength: 1, maxLength: 4 }),
    scheduledMs: rarely(fc.integer({ min: -1000, max: 60_000 })),
    expiresMs: rarely(fc.integer({ min: 0, max: 300_000 })),
    routes: fc.array(routes, { minLength: 4, maxLength: 4 }),
    actions: fc.array(actions, { maxLength: 40 }),
    cancelAt: rarely(fc.nat(40)),
  })
  .map(({ cancelAt, scheduledMs, expiresMs, ...plan }) => ({
    ...plan,
    ...(scheduledMs !== undefined && { scheduledMs }),
    ...(expiresMs !== undefined && { expiresMs }),
    actions: cancelAt === undefined ? plan.actions : plan.actions.toSpliced(cancelAt, 0, { do: 'cancel' }),
  }))

type Call = { send: SendEffect; keyed: boolean; answers: SendOutcome[] }

export class SimulatedWorld {
  readonly run: MessageRun
  readonly #routes: RoutePlan[]
  readonly #calls: Call[] = []
  readonly #events: { event: Event; dedupes: boolean }[] = []

  constructor(plan: Plan) {
    this.#routes = [...plan.routes]
    this.run = new MessageRun({
      sequence: plan.sequence,
      route: (_, index) => this.#routeOf(index),
      ...(plan.scheduledMs !== undefined && { scheduledAt: START + plan.scheduledMs }),
      ...(plan.expiresMs !== undefined && { expiresAt: START + plan.expiresMs }),
    })
  }

  perform(action: Action): void {
    const { run } = this
    switch (action.do) {
      case 'wake':
        if (run.message.progress.state !== 'live') return
        run.at = Math.max(run.at, run.wakeAt)
        return this.#apply({ type: 'due', at: run.at })
      case 'due':
        return this.#apply({ type: 'due', at: run.at })
      case 'pass':
        run.at += action.ms
        return
      case 'cancel':
        return this.#apply({ type: 'cancel', at: run.at })
      case 'answer': {
        const call = this.#calls.filter(({ answers }) => answers.length === 0).at(-1 - action.call)
        if (call === undefined) return
        call.answers.push(action.outcome)
        const { step, try: tryNumber, fence } = call.send
        const { outcome, elsewhere } = action
        return this.#apply({ type: 'settled', at: run.at, step, try: tryNumber, fence, outcome, elsewhere })
      }
      case 'recalled': {
        const recall = run.effects.findLast((effect) => effect.type === 'revoke')
        if (recall?.type !== 'revoke') return
        const { step, fence } = recall
        return this.#apply({ type: 'revoked', at: run.at, step, fence, outcome: action.outcome })
      }
      case 'receipt': {
        const { step, status, providerAt, connection } = action
        const report = { status, ...(providerAt !== undefined && { providerAt }) }
        return this.#apply({ type: 'receipt', at: run.at, step, report, ...(connection && { connection }) })
      }
      case 'again': {
        const told = this.#events.at(-1 - action.event)
        if (told === undefined || !told.dedupes) return
        const { entries, effects } = run.apply({ ...told.event, at: run.at })
        check(
          entries.length === 0 && effects.length === 0,
          `told again, it adds nothing: ${JSON.stringify(told.event)}`,
        )
        return
      }
      case 'route':
        this.#routes[action.step] = action.route
    }
  }

  /** Nobody says anything any more: only wake-ups come, each on time. Connections that are busy get free. */
  leaveAlone(): void {
    const { run } = this
    for (let step = 0; step < 4; step++) {
      if (this.#routes[step]?.kind === 'later') this.#routes[step] = { kind: 'send', connection: 'keyed' }
    }
    for (let wakeUps = 0; run.message.progress.state === 'live'; wakeUps++) {
      check(wakeUps < 500, 'a message ends by wake-ups alone')
      this.perform({ do: 'wake' })
    }
  }

  /** How many copies of each step reached its provider at worst; a provider that takes keys drops repeats of one key. */
  copies(): number[] {
    return this.run.message.sequence.map((_, step) => {
      const gone = this.#calls
        .map((call, index) => ({ ...call, index }))
        .filter(
          ({ send, answers }) =>
            send.step === step && (answers[0]?.kind ?? 'uncertain') in { accepted: 1, uncertain: 1 },
        )
      return new Set(gone.map(({ send, keyed, index }) => (keyed ? `${send.connection} ${send.try}` : index))).size
    })
  }

  #routeOf(index: number): Route {
    const plan = this.#routes[index] ?? { kind: 'skip' }
    if (plan.kind === 'skip') return { kind: 'skip', reason: 'not-configured' }
    if (plan.kind === 'later') return { kind: 'later', at: this.run.at + plan.ms }
    const takesIdempotencyKey = TAKES_KEY[plan.connection]
    return { kind: 'send', connection: plan.connection, takesIdempotencyKey, revokes: takesIdempotencyKey }
  }

  #apply(event: Event): void {
    const { run } = this
    const before = run.message
    const { entries, effects } = run.apply(event)
    checkStep(before, run.message, run.at)
    const sends = effects.filter((effect) => effect.type === 'send')
    const live = run.message.progress.state === 'live'
    check(sends.length === 0 || (live && event.type === 'due'), 'only a wake-up of a live message sends')
    check(sends.length <= 1, 'one decision sends once at most')
    for (const send of sends) {
      check(!reaches(before.attempts[send.step]?.reached ?? 'queued', 'accepted'), 'what left is not sent again')
      this.#calls.push({ send, keyed: TAKES_KEY[send.connection as keyof typeof TAKES_KEY], answers: [] })
    }
    for (const [step, attempt] of run.message.attempts.entries()) {
      const published = run.effects.findLast((effect) => effect.type === 'publish' && effect.step === step)
      check(
        published?.type === 'publish' && forSender(published.status) === forSender(attempt.status),
        'the last published status is the status, as the sender counts them',
      )
    }
    const told = entries.find((entry) => entry.code === 'receipt' || entry.code === 'receipt-unmatched')
    const unremembered = told && ['repeated', 'failed-elsewhere', undefined].includes(told.facts?.effect as string)
    const dedupes = event.type !== 'due' && !unremembered
    this.#events.push({ event, dedupes })
    const settled = wakeAtOf(run.message) ?? Number.POSITIVE_INFINITY
    if (dedupes || (event.type === 'due' && settled > run.at)) {
      const known = run.message
      const twice = run.apply(event)
      check(twice.entries.length === 0 && twice.effects.length === 0, `twice is once: ${JSON.stringify(event)}`)
      check(isDeepStrictEqual(plain(twice.message), plain(known)), 'twice leaves the message as it was')
    }
  }
}

function checkStep(before: Message, after: Message, at: number): void {
  for (const [step, attempt] of after.attempts.entries()) {
    const earlier = before.attempts[step]
    if (earlier !== undefined) checkLadder(earlier, attempt)
  }
  check(after.attempts.length >= before.attempts.length, 'an attempt is never forgotten')
  const wakeAt = wakeAtOf(after)
  const { progress, expiresAt } = after
  check(
    (progress.state === 'live') === (wakeAt !== null && Number.isFinite(wakeAt)),
    'live means that there is a wake-up',
  )
  if (before.progress.state !== 'live') check(progress.state === before.progress.state, 'an outcome is final')
  if (progress.state !== 'live' || after === before) return
  if (progress.phase === 'sending')
    check(progress.wakeAt <= at + LEASE_MS || before.progress === progress, 'a lease is short')
  else check(progress.wakeAt <= (expiresAt ?? Number.POSITIVE_INFINITY), 'no wait goes beyond the expiry')
}

function checkLadder(before: Attempt, after: Attempt): void {
  check(reaches(after.reached, before.reached), 'what was reached stays reached')
  if (isDeadEnd(before.status)) {
    check(isDeadEnd(after.status) || reaches(after.status, 'delivered'), 'only the handset revives')
  } else if (isDeadEnd(after.status)) check(!reaches(before.status, 'delivered'), 'nothing fails after delivery')
  else check(reaches(after.status, before.status), 'a status never goes down')
  check(after.try >= before.try && after.openedAt === before.openedAt, 'tries count up')
}

/** To the sender, accepted and sent are one. */
function forSender(status: Status): Status {
  return status === 'sent' ? 'accepted' : status
}

/** As it comes back from a database: without fields that are undefined. */
function plain(message: Message): unknown {
  return JSON.parse(JSON.stringify(message))
}

function check(condition: boolean, promise: string): void {
  if (!condition) throw new Error(`promise broken: ${promise}`)
}
