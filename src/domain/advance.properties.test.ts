import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ACCEPTED,
  DELIVERED_60,
  HORIZON_MS,
  LEASE_MS,
  MessageRun,
  RETRY_FOR_MS,
  SECOND,
  SMS,
  START,
  step,
  waiting,
} from '../../test/support/message-run.ts'
import { type Plan, plans, SimulatedWorld } from '../../test/support/simulated-world.ts'
import { SUCCESS_STATUSES } from './status-ladder.ts'

function play(plan: Plan): SimulatedWorld {
  const world = new SimulatedWorld(plan)
  for (const action of plan.actions) world.perform(action)
  return world
}

describe('in a world that does its worst', () => {
  test('statuses never go down, outcomes are final, duplicates add nothing, and no wait is unbounded', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        play(plan)
      }),
      { numRuns: 4000 },
    )
  })

  test('every message ends in one outcome by wake-ups alone, within the bound of its steps', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const world = play(plan)
        const leftAt = Math.max(world.run.at, START + Math.max(plan.scheduledMs ?? 0, 100 * SECOND))
        world.leaveAlone()
        const bound = plan.sequence.length * (Math.max(RETRY_FOR_MS, 120 * SECOND) + 2 * LEASE_MS + HORIZON_MS)
        expect(world.run.at - leftAt).toBeLessThanOrEqual(bound)
        expect(world.run.codes().filter((code) => OUTCOMES.includes(code))).toEqual([world.run.standing])
      }),
      { numRuns: 2000 },
    )
  })

  test('a provider gets no step twice, unless the sender chose to send again when in doubt', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const world = play(plan)
        world.leaveAlone()
        const tooMany = world.copies().filter((copies, at) => copies > 1 && plan.sequence[at]?.onUncertain !== 'resend')
        expect(tooMany).toEqual([])
      }),
      { numRuns: 4000 },
    )
  })
})

const OUTCOMES: string[] = ['succeeded', 'exhausted', 'unknown', 'cancelled', 'expired']

describe('the order in which receipts come', () => {
  const receipts = fc.uniqueArray(fc.constantFrom(...SUCCESS_STATUSES, 'failed' as const))
  const shuffles = receipts.chain((once) =>
    fc.tuple(fc.constant(once), fc.shuffledSubarray(once, { minLength: once.length })),
  )

  test('makes no difference to where an attempt ends', () => {
    const standing = (statuses: (typeof SUCCESS_STATUSES)[number][] | string[]) => {
      const run = waiting([step('WhatsApp', 'read', 60), SMS])
      for (const status of statuses) run.receipt(0, status as 'read')
      const { status, reached, times } = run.attempt(0)
      return { status, reached, times, succeeded: run.message.progress.state === 'succeeded' }
    }
    fc.assert(
      fc.property(shuffles, ([once, shuffled]) => {
        expect(standing(shuffled)).toEqual(standing(once))
      }),
      { numRuns: 500 },
    )
  })

  test('makes no difference to which step names the success: the first by the time of the event does', () => {
    const moments = fc.uniqueArray(fc.integer({ min: 1, max: 50_000 }), { minLength: 4, maxLength: 4 })
    const told = moments.chain(([a = 0, b = 0, c = 0, d = 0]) => {
      const events = [
        { step: 0, status: 'delivered' as const, providerAt: a },
        { step: 0, status: 'read' as const, providerAt: b },
        { step: 1, status: 'delivered' as const, providerAt: c },
        { step: 1, status: 'read' as const, providerAt: d },
      ]
      return fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: 4 }))
    })
    fc.assert(
      fc.property(told, ([events, shuffled]) => {
        const run = new MessageRun({ sequence: [DELIVERED_60, SMS] })
        run.due()
        run.settle(ACCEPTED)
        run.wake()
        run.settle(ACCEPTED)
        const sentAt = run.at
        run.after(100 * SECOND)
        for (const { step: at, status, providerAt } of shuffled) {
          run.receipt(at, status, { providerAt: sentAt + providerAt })
        }
        const first = events.reduce((best, event) => (event.providerAt < best.providerAt ? event : best))
        expect(run.message.progress).toMatchObject({
          state: 'succeeded',
          step: first.step,
          reachedAt: sentAt + first.providerAt,
        })
      }),
      { numRuns: 500 },
    )
  })
})
