import type { Clock } from '../../engine/ports/clock.ts'
import { createHttpClient } from '../../http/http-client.ts'
import { Callbacks, type Lane } from './callbacks.ts'
import type { Fault } from './fields.ts'
import {
  type Happening,
  happen,
  type PhoneMessage,
  type PhoneReceipt,
  Phones,
  planOf,
  type TakenMessage,
} from './phones.ts'
import { Schedule } from './schedule.ts'

/** A service that does not answer within this is called again. */
const CALLBACK_TIMEOUT_MS = 10_000

/**
 * The network between the service and the handsets: it takes a message, lets happen to it what its handset was told to do,
 * each at its time, and reports that. What persons do with their handsets comes in between.
 */
export class Network {
  readonly phones: Phones
  readonly #clock: Clock
  readonly #schedule: Schedule
  readonly #callbacks: Callbacks
  readonly #lives = new Map<PhoneMessage, Life>()

  constructor(clock: Clock, secret: string) {
    this.phones = new Phones((message) => this.#forget(message))
    this.#clock = clock
    this.#schedule = new Schedule(clock)
    const client = createHttpClient({ timeoutMs: CALLBACK_TIMEOUT_MS })
    this.#callbacks = new Callbacks({ schedule: this.#schedule, clock, secret, client })
  }

  /** The message is in; nothing happens to it before `start`, so that the answer can come first. */
  take(taken: TakenMessage): PhoneMessage {
    const message = this.phones.take(taken, this.#clock.now())
    this.#lives.set(message, new Life(message, this.#clock, this.#schedule, this.#callbacks.laneFor(message)))
    return message
  }

  /** Lets happen what is due at once. Resolves when its receipts were sent, whether or not they were acknowledged. */
  async start(message: PhoneMessage): Promise<void> {
    await this.#lives.get(message)?.start()
  }

  /** A person does something with a message; answers with what is reported of it. */
  act(message: PhoneMessage, happening: Happening, fault?: Fault): PhoneReceipt[] {
    return this.#lives.get(message)?.act(happening, fault) ?? []
  }

  /** Counts work of others, such as answering a send. */
  track(work: Promise<unknown>): void {
    this.#schedule.track(work)
  }

  /** Resolves when no call is under way and nothing is due; waiting for the clock does not count. */
  idle(): Promise<void> {
    return this.#schedule.idle()
  }

  async stop(): Promise<void> {
    for (const life of this.#lives.values()) life.stop()
    await Promise.all([this.#callbacks.stop(), this.#schedule.stop()])
  }

  #forget(message: PhoneMessage): void {
    this.#lives.get(message)?.stop()
    this.#lives.delete(message)
  }
}

/** What is still to happen to one message. */
class Life {
  readonly #message: PhoneMessage
  readonly #clock: Clock
  readonly #schedule: Schedule
  readonly #lane: Lane
  readonly #plan: ReturnType<typeof planOf>
  /** With reversed callbacks: receipts that wait for the last planned happening. */
  readonly #heldBack: PhoneReceipt[] = []
  #cancelNext: () => void = () => {}

  constructor(message: PhoneMessage, clock: Clock, schedule: Schedule, lane: Lane) {
    this.#message = message
    this.#clock = clock
    this.#schedule = schedule
    this.#lane = lane
    this.#plan = planOf(message.settings)
  }

  start(): Promise<void> {
    this.#goOn()
    return this.#lane.rest()
  }

  act(happening: Happening, fault: Fault | undefined): PhoneReceipt[] {
    // Who makes it fail by hand does not want the plan to deliver it a moment later.
    if (happening === 'failed') this.#endPlan()
    const receipts = this.#happen(happening, fault)
    this.#tell()
    return receipts
  }

  stop(): void {
    this.#endPlan()
    this.#lane.stop()
  }

  #goOn(): void {
    const { receivedAt, settings } = this.#message
    for (let next = this.#plan[0]; next !== undefined; next = this.#plan[0]) {
      const at = receivedAt + next.afterMs
      if (at > this.#clock.now()) {
        this.#cancelNext = this.#schedule.at(at, () => this.#goOn())
        break
      }
      this.#plan.shift()
      this.#happen(next.happening, settings.fail)
    }
    this.#tell()
  }

  #happen(happening: Happening, fault: Fault | undefined): PhoneReceipt[] {
    const receipts = happen(this.#message, happening, this.#clock.now(), fault)
    this.#message.receipts.push(...receipts)
    this.#heldBack.push(...receipts)
    return receipts
  }

  #tell(): void {
    const reversed = this.#message.settings.callbacks.order === 'reversed'
    if (reversed && this.#plan.length > 0) return
    const receipts = this.#heldBack.splice(0)
    this.#lane.tell(reversed ? receipts.reverse() : receipts)
  }

  #endPlan(): void {
    this.#plan.length = 0
    this.#cancelNext()
  }
}
