import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deepFreeze, HORIZON_MS, LEASE_MS, RETRY_FOR_MS, SECOND, START, step } from '../../test/support/message-run.ts'
import { type Advanced, advance, type Effect, type Event } from './advance.ts'
import type { Message, SendOutcome } from './message.ts'
import { openStreak, watchedSequence } from './streak.ts'
import type { InquiryAnswer, Item, Leaving } from './watch.ts'

/** What may happen to one streak: people write and read, platforms and providers answer as they like, nodes die. */
type Action =
  | { do: 'join'; item: number }
  | { do: 'leave'; items: number[]; how: Leaving }
  | { do: 'wake' }
  | { do: 'answer'; unread: number[] | null; trouble: 'platform' | 'directory' | null; stale: boolean }
  | { do: 'settle'; outcome: SendOutcome }
  | { do: 'receipt'; step: number; status: 'delivered' | 'failed' }
  | { do: 'pass'; ms: number }

const number = fc.integer({ min: 0, max: 6 })
const numbers = fc.uniqueArray(number, { minLength: 1, maxLength: 4 })
const outcome = fc.constantFrom<SendOutcome>(
  { kind: 'accepted' },
  { kind: 'rejected', reason: 'recipient', detail: 'no' },
  { kind: 'retry', afterMs: 5000, detail: 'busy' },
  { kind: 'uncertain', detail: 'cut off' },
  { kind: 'withdrawn' },
)
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), item: number }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('leave' as const),
      items: numbers,
      how: fc.constantFrom<Leaving>('read', 'replied', 'deleted', 'left', 'ended'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('wake' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      unread: fc.option(numbers, { nil: null }),
      trouble: fc.option(fc.constantFrom('platform' as const, 'directory' as const), { nil: null, freq: 3 }),
      stale: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('settle' as const), outcome }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('receipt' as const),
      step: fc.integer({ min: 1, max: 2 }),
      status: fc.constantFrom('delivered' as const, 'failed' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 90_000 }) }) },
)
const sequences = fc.constantFrom(
  [step('Email', 'accepted')],
  [step('SMS', 'delivered')],
  [step('SMS', 'read', 120), step('Email', 'accepted')],
)

class World {
  at = START
  message: Message
  readonly codes: string[] = []
  sends: (Effect & { type: 'send' })[] = []
  #question: { fence: number; items: readonly Item[] } | undefined

  constructor(steps: Message['sequence']) {
    const sequence = watchedSequence({ until: 'read', waitMs: 60_000, steps }, 'chat', 0)
    const { message } = openStreak({ id: 'm', sequence, at: START, item: item(0), noticesBefore: 0, facts: {} })
    this.message = deepFreeze(message)
  }

  get isLive(): boolean {
    return this.message.progress.state === 'live'
  }

  perform(action: Action): void {
    switch (action.do) {
      case 'join':
        return this.#apply({ type: 'items-joined', at: this.at, items: [item(action.item)] })
      case 'leave':
        return this.#apply({ type: 'items-left', at: this.at, ids: action.items.map(String), how: action.how })
      case 'wake': {
        const { progress } = this.message
        if (progress.state !== 'live') return
        this.at = Math.max(this.at, progress.wakeAt)
        return this.#apply({ type: 'due', at: this.at })
      }
      case 'answer': {
        if (this.#question === undefined) return
        const { fence, items } = this.#question
        const unread = action.unread?.map((each) => items.find(({ id }) => id === String(each)) ?? item(each))
        const told = (unread ?? items).map(({ id }) => id)
        const answer: InquiryAnswer = {
          asked: items.map(({ id }) => id),
          ...(unread && { unread }),
          user: { email: 'x@example.test' },
          told,
          notice: {},
          troubles: action.trouble === null ? [] : [{ who: action.trouble, detail: 'away' }],
        }
        if (!action.stale) this.#question = undefined
        return this.#apply({ type: 'inquired', at: this.at, fence, answer })
      }
      case 'settle': {
        const send = this.sends.at(-1)
        if (send === undefined) return
        const { step: at, try: tryNumber, fence } = send
        return this.#apply({ type: 'settled', at: this.at, step: at, try: tryNumber, fence, outcome: action.outcome })
      }
      case 'receipt':
        return this.#apply({ type: 'receipt', at: this.at, step: action.step, report: { status: action.status } })
      case 'pass':
        this.at += action.ms
    }
  }

  #apply(event: Event): void {
    const before = this.message
    const { message, entries, effects }: Advanced = advance(before, event, CONTEXT)
    this.message = deepFreeze(message)
    this.codes.push(...entries.map(({ code }) => code))
    for (const effect of effects) {
      if (effect.type === 'inquire') this.#question = { fence: effect.fence, items: message.watch?.items ?? [] }
      if (effect.type !== 'send') continue
      this.sends.push(effect)
      expect(before.progress.state).toBe('live')
      const items = message.watch?.items ?? []
      expect(items.length, 'there is something to tell').toBeGreaterThan(0)
      expect(message.watch?.inquiry, 'it was asked right before').toBeDefined()
      expect(before.attempts[0]?.reached, 'nothing goes out after a read').not.toBe('read')
    }
    if (before.progress.state !== 'live') expect(message.progress.state).toBe(before.progress.state)
    const { progress, watch } = message
    if (progress.state === 'live') expect(watch?.items.length).toBeGreaterThan(0)
  }
}

const CONTEXT = {
  route: () => ({ kind: 'send', connection: 'one', takesIdempotencyKey: false }) as const,
  leaseMs: LEASE_MS,
  horizonMs: HORIZON_MS,
  retryForMs: RETRY_FOR_MS,
}

function item(id: number): Item {
  return { id: String(id), position: id, at: START + id, since: START + id * SECOND }
}

test('a streak goes out only while something is unread, asked about right before, and ends in one outcome whatever happens', () => {
  fc.assert(
    fc.property(sequences, fc.array(actions, { maxLength: 40 }), (sequence, happenings) => {
      const world = new World(sequence)
      for (const action of happenings) world.perform(action)
      // Nobody answers any more: it ends by wake-ups alone, within the bound of its steps.
      const leftAt = world.at
      for (let wakeUps = 0; world.isLive; wakeUps++) {
        expect(wakeUps, 'it ends').toBeLessThan(1000)
        world.perform({ do: 'wake' })
      }
      const bound = (sequence.length + 1) * (RETRY_FOR_MS + HORIZON_MS + 240 * SECOND)
      expect(world.at - leftAt).toBeLessThan(bound)
      const outcomes = world.codes.filter((code) => OUTCOMES.includes(code))
      expect(outcomes).toEqual([world.message.progress.state])
    }),
    { numRuns: 4000 },
  )
})

const OUTCOMES: string[] = ['succeeded', 'exhausted', 'unknown', 'cancelled', 'expired']

test('no step of a streak is tried again under a new number unless it is known not to have gone', () => {
  fc.assert(
    fc.property(sequences, fc.array(actions, { maxLength: 40 }), (sequence, happenings) => {
      const world = new World(sequence)
      for (const action of happenings) world.perform(action)
      const tries = new Set(world.sends.map((send) => `${send.step}.${send.try}.${send.fence}`))
      expect(tries.size).toBe(world.sends.length)
    }),
    { numRuns: 1000 },
  )
})
