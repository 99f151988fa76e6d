import { expect, test } from 'vitest'
import { MovableClock } from '../system/movable-clock.ts'
import { Activity } from './activity.ts'
import { OutboxSender, RETRY_AFTER_MS } from './outbox-sender.ts'
import type { Claimed, Delivery, DeliveryResult, Outbox } from './ports/outbox.ts'

type Waiting = Claimed & { at: number }

/** An outbox of which only the order of calls matters here; the real ones have a contract of their own. */
function outboxWith(lanes: string[]) {
  let waiting: Waiting[] = lanes.map((lane, index) => ({ lane, at: 0, delivery: delivery(`${lane}-${index}`) }))
  const settled: DeliveryResult[] = []
  const open = (busy: readonly string[]) =>
    waiting.filter(({ lane }) => !busy.includes(lane)).sort((a, b) => a.at - b.at)
  const outbox: Outbox = {
    async claimDeliveries(now, limit, leaseUntil, busy) {
      const due = open(busy)
        .filter(({ at }) => at <= now)
        .slice(0, limit)
      for (const each of due) each.at = leaseUntil
      return due.map(({ lane, delivery }) => ({ lane, delivery: { ...delivery } }))
    },
    async settleDeliveries(results) {
      settled.push(...results)
      for (const result of results) {
        const each = waiting.find(({ delivery }) => delivery.id === result.id)
        if (each && result.kind === 'again') {
          each.at = result.at
          each.delivery.attempts++
        } else waiting = waiting.filter((other) => other !== each)
      }
    },
    async nextDeliveryAt(busy) {
      return open(busy)[0]?.at
    },
  }
  return { outbox, settled }
}

function delivery(id: string): Delivery {
  return {
    id,
    kind: 'receipt',
    envelope: { umid: 'u', subAccountId: 'default', acceptedAt: 0, user: {}, type: 'text', content: {} },
    eventNumber: 1,
    step: 0,
    channel: 'SMS',
    status: 'delivered',
    at: 0,
    attempts: 0,
    endpoint: { url: 'https://own.example', signingSecret: 's' },
  }
}

function senderFor(outbox: Outbox, post: (delivery: Delivery, signal: AbortSignal) => Promise<string | undefined>) {
  const clock = new MovableClock(0)
  const activity = new Activity()
  const warnings: string[] = []
  const log = { info: () => {}, error: () => {}, warn: (_: object, sentence: string) => void warnings.push(sentence) }
  const sender = new OutboxSender({ outbox, clock, activity, log, post: (each, _, signal) => post(each, signal) })
  return { sender, clock, activity, warnings, advance: (ms: number) => clock.advance(ms, () => activity.idle()) }
}

test('a receipt that is not taken is tried again after 1, 10, 30 and 90 seconds, and then on for days', async () => {
  const { outbox, settled } = outboxWith(['a'])
  const calls: number[] = []
  const { sender, clock, warnings, advance } = senderFor(outbox, async () => {
    calls.push(clock.now())
    return 'HTTP 500'
  })
  sender.start()
  await advance(131_000)
  expect(calls).toEqual([0, 1000, 11_000, 41_000, 131_000])
  await advance(5 * 24 * 3_600_000)
  expect(calls).toHaveLength(RETRY_AFTER_MS.length + 1)
  expect(settled.at(-1)).toEqual({ id: 'a-0', kind: 'given-up', error: 'HTTP 500' })
  expect(warnings).toEqual(['a receipt was given up'])
  await sender.stop()
})

test('a receipt that is taken is not sent again', async () => {
  const { outbox, settled } = outboxWith(['a'])
  let calls = 0
  const { sender, advance } = senderFor(outbox, async () => {
    calls++
    return undefined
  })
  sender.start()
  await advance(3_600_000)
  expect(calls).toBe(1)
  expect(settled).toEqual([{ id: 'a-0', kind: 'delivered' }])
  await sender.stop()
})

test('an endpoint that hangs keeps nobody else waiting, and is itself called with measure', async () => {
  const { outbox } = outboxWith([...Array.from({ length: 50 }, () => 'hangs'), 'healthy'])
  const called: string[] = []
  const { sender, clock, activity } = senderFor(outbox, ({ id }, signal) => {
    called.push(id.split('-')[0] ?? '')
    if (!id.startsWith('hangs')) return Promise.resolve(undefined)
    return new Promise((resolve) =>
      signal.addEventListener('abort', () => resolve('no answer in time'), { once: true }),
    )
  })
  sender.start()
  while (!called.includes('healthy')) await new Promise((resolve) => setImmediate(resolve))
  expect(called.filter((lane) => lane === 'hangs').length).toBeLessThanOrEqual(16)
  const stopped = sender.stop()
  await clock.advance(5000)
  await stopped
  expect(activity.isIdle).toBe(true)
})

test('a receipt that nobody wants any more is given up', async () => {
  const { outbox, settled } = outboxWith(['a'])
  const bare: Outbox = {
    ...outbox,
    claimDeliveries: async (...parameters) => {
      const claimed = await outbox.claimDeliveries(...parameters)
      return claimed.map(({ lane, delivery: { endpoint: _, ...rest } }) => ({ lane, delivery: rest }))
    },
  }
  const { sender, advance } = senderFor(bare, async () => 'never called')
  sender.start()
  await advance(0)
  expect(settled).toEqual([{ id: 'a-0', kind: 'given-up', error: 'no webhook is configured any more' }])
  await sender.stop()
})
