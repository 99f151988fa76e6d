import type { Clock } from '../../engine/ports/clock.ts'
import type { HttpClient } from '../../http/http-client.ts'
import { sign } from '../../signing/standard-webhooks.ts'
import type { PhoneMessage, PhoneReceipt } from './phones.ts'
import type { Schedule } from './schedule.ts'

/** Waits after each try that was not acknowledged; with the last one the provider gives up. */
const BACKOFF_MS = [200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000]
const MOST_CALLS_AT_ONCE = 32

/** Calls the service back: signed, at most a few calls at once, and as often as it takes. */
export class Callbacks {
  readonly #schedule: Schedule
  readonly #clock: Clock
  readonly #secret: string
  readonly #client: HttpClient
  readonly #stopping = new AbortController()
  #calls = 0
  readonly #waitingForCall: (() => void)[] = []

  constructor(world: { schedule: Schedule; clock: Clock; secret: string; client: HttpClient }) {
    this.#schedule = world.schedule
    this.#clock = world.clock
    this.#secret = world.secret
    this.#client = world.client
  }

  /** The callbacks of one message go one after the other, also when one has to be repeated. */
  laneFor(message: PhoneMessage): Lane {
    return new Lane(message, this.#schedule, this.#clock, (receipt) => this.#call(message, receipt))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const go of this.#waitingForCall.splice(0)) go()
    await this.#client.close()
  }

  /** Whether the service acknowledged it. */
  async #call(message: PhoneMessage, receipt: PhoneReceipt): Promise<boolean> {
    while (this.#calls >= MOST_CALLS_AT_ONCE) await new Promise<void>((resolve) => this.#waitingForCall.push(resolve))
    this.#calls++
    try {
      if (this.#stopping.signal.aborted) return false
      const body = JSON.stringify(toWire(message, receipt))
      const id = `${message.id}.${receipt.status}`
      const headers = {
        'content-type': 'application/json',
        ...sign(this.#secret, id, this.#clock.now() / 1000, body),
      }
      const result = await this.#client.call({ url: message.callbackUrl, headers, body }, this.#stopping.signal)
      return result.kind === 'answered' && result.status >= 200 && result.status < 300
    } finally {
      this.#calls--
      this.#waitingForCall.shift()?.()
    }
  }
}

/** What is still to be told of one message, in order. */
export class Lane {
  readonly #message: PhoneMessage
  readonly #schedule: Schedule
  readonly #clock: Clock
  readonly #call: (receipt: PhoneReceipt) => Promise<boolean>
  readonly #queue: { receipt: PhoneReceipt; notBefore: number; failures: number }[] = []
  #busy = false
  #stopped = false
  #cancelWake: () => void = () => {}
  #waitingForRest: (() => void)[] = []

  constructor(
    message: PhoneMessage,
    schedule: Schedule,
    clock: Clock,
    call: (receipt: PhoneReceipt) => Promise<boolean>,
  ) {
    this.#message = message
    this.#schedule = schedule
    this.#clock = clock
    this.#call = call
  }

  /** Sends these receipts as the handset's settings say, in this order. */
  tell(receipts: readonly PhoneReceipt[]): void {
    if (this.#stopped) return
    const { drop, repeat, delayMs } = this.#message.settings.callbacks
    for (const receipt of receipts) {
      if (drop) {
        receipt.state = 'dropped'
        continue
      }
      const job = { receipt, notBefore: receipt.at + delayMs }
      for (let copy = 0; copy < repeat; copy++) this.#queue.push({ ...job, failures: 0 })
    }
    this.#goOn()
  }

  /** Resolves when nothing is being sent: all is told, or the next call waits for its time. */
  async rest(): Promise<void> {
    if (this.#busy) await new Promise<void>((resolve) => this.#waitingForRest.push(resolve))
  }

  /** What has not been told is told no more. */
  stop(): void {
    this.#stopped = true
    this.#queue.length = 0
    this.#cancelWake()
  }

  #goOn(): void {
    if (this.#busy) return
    this.#cancelWake()
    const job = this.#queue[0]
    if (job !== undefined && job.notBefore > this.#clock.now()) {
      this.#cancelWake = this.#schedule.at(job.notBefore, () => this.#goOn())
    } else if (job !== undefined) {
      this.#busy = true
      this.#schedule.track(this.#send(job))
      return
    }
    for (const resolve of this.#waitingForRest.splice(0)) resolve()
  }

  async #send(job: { receipt: PhoneReceipt; notBefore: number; failures: number }): Promise<void> {
    const { receipt } = job
    const acknowledged = await this.#call(receipt)
    receipt.tries++
    const backoffMs = BACKOFF_MS[job.failures]
    if (acknowledged) receipt.state = 'acknowledged'
    else if (backoffMs === undefined && receipt.state !== 'acknowledged') receipt.state = 'given-up'
    if (acknowledged || backoffMs === undefined) this.#queue.shift()
    else {
      job.failures++
      job.notBefore = this.#clock.now() + backoffMs
    }
    this.#busy = false
    if (!this.#stopped) this.#goOn()
    else for (const resolve of this.#waitingForRest.splice(0)) resolve()
  }
}

/** A receipt as the provider writes it, with the words that such providers use. */
function toWire(message: PhoneMessage, receipt: PhoneReceipt) {
  return {
    attemptRef: message.attemptRef,
    id: message.id,
    ...statusOnTheWire(message.channel, receipt.status),
    timestamp: new Date(receipt.at).toISOString(),
    ...(receipt.fault && { errorMessage: receipt.fault.message }),
    ...(receipt.fault?.code !== undefined && { errorCode: receipt.fault.code }),
  }
}

/** SMS providers call it delivered when the operator has it, and put the difference into a second word. */
function statusOnTheWire(channel: string, status: PhoneReceipt['status']): { status: string; detail?: string } {
  if (channel !== 'SMS') return { status }
  if (status === 'sent') return { status: 'delivered', detail: 'delivered_to_operator' }
  if (status === 'delivered') return { status: 'delivered', detail: 'delivered_to_recipient' }
  return { status }
}
