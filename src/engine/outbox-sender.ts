import type { Activity } from './activity.ts'
import { AlarmLoop } from './alarm-loop.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { Claimed, Delivery, DeliveryResult, Endpoint, Outbox } from './ports/outbox.ts'

/** Makes one call; answers undefined when it was taken, else what was wrong, without secrets. */
export type PostReceipt = (delivery: Delivery, endpoint: Endpoint, signal: AbortSignal) => Promise<string | undefined>

/**
 * Brings receipts to the senders of messages. 8x8 tries after 1, 10, 30 and 90 s; we go on for three days, because the
 * receiver may be down for a weekend. Each endpoint has its own lane: a slow one keeps nobody else waiting.
 */
export class OutboxSender {
  readonly #outbox: Outbox
  readonly #clock: Clock
  readonly #activity: Activity
  readonly #log: Log
  readonly #post: PostReceipt
  readonly #loop: AlarmLoop
  readonly #busy = new Map<string, number>()
  readonly #calls = new Set<Promise<void>>()

  constructor(options: { outbox: Outbox; clock: Clock; activity: Activity; log: Log; post: PostReceipt }) {
    this.#outbox = options.outbox
    this.#clock = options.clock
    this.#activity = options.activity
    this.#log = options.log
    this.#post = options.post
    this.#loop = new AlarmLoop({
      clock: options.clock,
      activity: options.activity,
      round: () => this.#round(),
      onError: (error) => options.log.error({ error }, 'delivering receipts failed and will be tried again'),
    })
  }

  start(): void {
    this.#loop.start()
  }

  poke(): void {
    this.#loop.poke(this.#clock.now())
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
    await Promise.all(this.#calls)
  }

  async #round(): Promise<number | undefined> {
    const now = this.#clock.now()
    if (this.#calls.size >= MAX_CALLS) return undefined // the next call that ends pokes
    const full = [...this.#busy].filter(([, calls]) => calls >= CALLS_PER_LANE).map(([lane]) => lane)
    const limit = Math.min(CALLS_PER_LANE, MAX_CALLS - this.#calls.size)
    const claimed = await this.#outbox.claimDeliveries(now, limit, now + LEASE_MS, full)
    for (const each of claimed) this.#start(each)
    return claimed.length === limit ? now : this.#outbox.nextDeliveryAt(full)
  }

  #start({ lane, delivery }: Claimed): void {
    this.#busy.set(lane, (this.#busy.get(lane) ?? 0) + 1)
    const call = this.#activity.track(this.#deliver(delivery)).finally(() => {
      this.#calls.delete(call)
      const left = (this.#busy.get(lane) ?? 1) - 1
      if (left === 0) this.#busy.delete(lane)
      else this.#busy.set(lane, left)
      this.poke()
    })
    this.#calls.add(call)
  }

  async #deliver(delivery: Delivery): Promise<void> {
    try {
      await this.#outbox.settleDeliveries([await this.#attempt(delivery)])
    } catch (error) {
      this.#log.error(
        { error, delivery: delivery.id },
        'the outcome of a delivery could not be stored; it will be repeated',
      )
    }
  }

  async #attempt(delivery: Delivery): Promise<DeliveryResult> {
    const { id, endpoint, attempts } = delivery
    if (endpoint === undefined) return { id, kind: 'given-up', error: 'no webhook is configured any more' }
    const timeout = new AbortController()
    const done = new AbortController()
    void this.#clock.sleepUntil(this.#clock.now() + CALL_TIMEOUT_MS, done.signal).then(() => {
      if (!done.signal.aborted) timeout.abort()
    })
    const error = await this.#post(delivery, endpoint, timeout.signal).finally(() => done.abort())
    if (error === undefined) return { id, kind: 'delivered' }
    const waitMs = RETRY_AFTER_MS[attempts]
    if (waitMs === undefined) {
      const about = delivery.kind === 'receipt' ? { umid: delivery.envelope.umid } : { reply: delivery.reply.id }
      this.#log.warn({ delivery: id, ...about, attempts: attempts + 1 }, `a ${delivery.kind} was given up`)
      return { id, kind: 'given-up', error }
    }
    return { id, kind: 'again', at: this.#clock.now() + waitMs, error }
  }
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** The documented first four, then on for some three days. */
export const RETRY_AFTER_MS: readonly number[] = [
  1000,
  10_000,
  30_000,
  90_000,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
  24 * HOUR,
]
const CALL_TIMEOUT_MS = 5000 // 8x8 asks receivers for an answer within five seconds
const LEASE_MS = 30_000
const CALLS_PER_LANE = 16
const MAX_CALLS = 256
