import type { SendOutcome } from '../domain/message.ts'
import type { Activity } from './activity.ts'
import type { Connections } from './connections.ts'
import type { Connection, Outgoing } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { Envelope, Held } from './ports/message-store.ts'

/** A send that was decided and committed. */
export type DecidedSend = {
  umid: string
  envelope: Envelope
  /** The message as it stands since the send was committed. */
  held: Held
  /** Index of the step. */
  step: number
  try: number
  /** The message's wake-up while it wants this send: the end of the lease. */
  fence: number
  connection: string
  /** What the channel was given; absent for a send that was called back before there were words for it. */
  outgoing?: Outgoing
}
/** One that is now to be carried out. */
export type Job = DecidedSend & { outgoing: Outgoing }

export type DispatcherOptions = {
  connections: Connections
  clock: Clock
  activity: Activity
  log: Log
  /** The longest that a call to a provider may take. */
  callTimeoutMs: number
  /** Which of the jobs their messages still want. */
  stillWanted: (jobs: readonly Job[]) => Promise<ReadonlySet<string>>
  settle: (job: DecidedSend, outcome: SendOutcome) => Promise<unknown>
  /** There is room for more jobs. */
  onRoom: () => void
}

/**
 * Calls the channels, each connection under its own limits of concurrency and rate. Right before a call it asks the store
 * whether the message still wants it: whatever ended the message until then has won. A send that begins in the very moment
 * of its commit is not asked about: no answer could be fresher.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #calls = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  #justCommitted: ReadonlySet<Job> | undefined

  constructor(options: DispatcherOptions) {
    this.#options = options
    for (const connection of options.connections.all) {
      this.#lanes.set(connection.id, { connection, queue: [], busy: 0, nextAt: 0, pumping: false, resting: false })
    }
  }

  /**
   * How many more jobs the freest connection takes: so many messages are worth claiming. A connection whose queue is still
   * half full has none yet: many small claims cost far more than few large ones.
   */
  room(): number {
    if (this.#stop.signal.aborted) return 0
    const hungry = [...this.#lanes.values()].filter((lane) => lane.queue.length <= queueLimit(lane) / 2)
    return Math.max(0, ...hungry.map(roomOf))
  }

  /** Counts the places that one claim gives away. A full connection names the moment to ask again. */
  admission(now: number): (connection: string) => 'now' | { later: number } {
    const taken = new Map<string, number>()
    return (id) => {
      const lane = this.#lanes.get(id)
      if (lane === undefined) return 'now'
      const before = taken.get(id) ?? 0
      taken.set(id, before + 1)
      const over = before + 1 - roomOf(lane)
      if (over <= 0) return 'now'
      // Spread over the time that the connection needs, so that waiting messages are not taken up again and again.
      const perSecond = lane.connection.limits.perSecond ?? QUEUE_LIMIT
      return { later: now + Math.ceil(over / perSecond) * 1000 }
    }
  }

  /** These sends have been committed: in this very moment where they are `fresh`. */
  dispatch(jobs: readonly Job[], { fresh = true } = {}): void {
    this.#justCommitted = new Set(fresh ? jobs : [])
    for (const job of jobs) {
      const lane = this.#lanes.get(job.connection)
      if (lane === undefined || this.#stop.signal.aborted) void this.#settle(job, { kind: 'withdrawn' })
      else lane.queue.push(job)
    }
    for (const lane of this.#lanes.values()) this.#pump(lane)
    this.#justCommitted = undefined
  }

  /** Hands back a send that was committed and cannot be made. */
  callBack(job: DecidedSend): void {
    void this.#options.activity.track(this.#settle(job, WITHDRAWN))
  }

  /** Hands back what has not started at a connection, as far as somebody else can take it. */
  handBack(connection: string, canGoElsewhere: (job: Job) => boolean): void {
    const lane = this.#lanes.get(connection)
    if (lane === undefined) return
    const [going, staying] = [lane.queue.filter(canGoElsewhere), lane.queue.filter((job) => !canGoElsewhere(job))]
    lane.queue = staying
    for (const job of going) this.callBack(job)
  }

  /** Hands back what has not started and waits for the calls that have, at most `graceMs`; the rest is left to its lease. */
  async stop(graceMs: number): Promise<void> {
    this.#stop.abort()
    const queued = [...this.#lanes.values()].flatMap(({ queue }) => queue.splice(0))
    await Promise.all(queued.map((job) => this.#settle(job, { kind: 'withdrawn' })))
    const patience = new AbortController()
    const { clock } = this.#options
    await Promise.race([this.#drained(), clock.sleepUntil(clock.now() + graceMs, patience.signal)])
    patience.abort()
  }

  async #drained(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls)
  }

  #pump(lane: Lane): void {
    const { queue, busy, connection } = lane
    if (lane.pumping || lane.resting || queue.length === 0 || busy >= connection.limits.concurrency) return
    if (lane.nextAt > this.#options.clock.now()) return this.#rest(lane)
    lane.pumping = true
    const work = this.#options.activity.track(this.#startCalls(lane)).finally(() => {
      this.#calls.delete(work)
      lane.pumping = false
      this.#pump(lane)
    })
    this.#calls.add(work)
  }

  /** The connection's rate allows no call yet. */
  #rest(lane: Lane): void {
    lane.resting = true
    void this.#options.clock.sleepUntil(lane.nextAt, this.#stop.signal).then(() => {
      lane.resting = false
      this.#pump(lane)
    })
  }

  async #startCalls(lane: Lane): Promise<void> {
    const { clock } = this.#options
    const { concurrency, perSecond } = lane.connection.limits
    while (
      lane.queue.length > 0 &&
      lane.busy < concurrency &&
      lane.nextAt <= clock.now() &&
      !this.#stop.signal.aborted
    ) {
      const jobs = lane.queue.splice(0, perSecond === undefined ? concurrency - lane.busy : 1)
      if (perSecond !== undefined) lane.nextAt = Math.max(clock.now(), lane.nextAt) + 1000 / perSecond
      lane.busy += jobs.length
      const fresh = jobs.every((job) => this.#justCommitted?.has(job))
      const wanted = fresh ? new Set(jobs.map(({ umid }) => umid)) : await this.#stillWanted(jobs)
      const patience = this.#newPatience()
      const calls = jobs.map((job) => this.#track(this.#carryOut(lane, job, wanted, patience.signal)))
      void Promise.all(calls).then(patience.end)
    }
  }

  /** Undefined when the store cannot tell. */
  async #stillWanted(jobs: readonly Job[]): Promise<ReadonlySet<string> | undefined> {
    try {
      return await this.#options.stillWanted(jobs)
    } catch (error) {
      const connection = jobs[0]?.connection
      this.#options.log.error({ error, connection }, 'sends could not be checked and are left to their lease')
      return undefined
    }
  }

  /** Aborts calls that began together and take too long; one for all of them, for a timer costs more than a call's share. */
  #newPatience(): { signal: AbortSignal; end(): void } {
    const { clock, callTimeoutMs } = this.#options
    const timeout = new AbortController()
    const done = new AbortController()
    void clock.sleepUntil(clock.now() + callTimeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) timeout.abort(new Error(`no answer within ${callTimeoutMs / 1000} s`))
    })
    return { signal: timeout.signal, end: () => done.abort() }
  }

  async #carryOut(lane: Lane, job: Job, wanted: ReadonlySet<string> | undefined, timeout: AbortSignal): Promise<void> {
    const { clock, callTimeoutMs } = this.#options
    // A call that could outlive its lease is not begun: somebody else would take the message over meanwhile.
    const inTime = clock.now() + callTimeoutMs <= job.fence
    if (wanted !== undefined) {
      const outcome = wanted.has(job.umid) && inTime ? await this.#call(lane.connection, job, timeout) : WITHDRAWN
      this.#release(lane)
      await this.#settle(job, outcome)
    } else this.#release(lane)
  }

  #release(lane: Lane): void {
    lane.busy--
    this.#options.onRoom()
    this.#pump(lane)
  }

  async #call(connection: Connection, job: Job, timeout: AbortSignal): Promise<SendOutcome> {
    try {
      return await connection.channel.send(job.outgoing, timeout)
    } catch (error) {
      this.#options.log.error(
        { error, umid: job.umid, step: job.step + 1, connection: connection.id },
        'a channel threw while sending',
      )
      return { kind: 'uncertain', detail: 'the channel failed in the middle of the send' }
    }
  }

  async #settle(job: DecidedSend, outcome: SendOutcome): Promise<void> {
    await this.#options.settle(job, outcome).catch((error: unknown) => {
      const { log } = this.#options
      log.error(
        { error, umid: job.umid, step: job.step + 1 },
        'the outcome of a send could not be stored; its lease decides',
      )
    })
  }

  #track(work: Promise<void>): Promise<void> {
    const tracked = this.#options.activity.track(work).finally(() => this.#calls.delete(tracked))
    this.#calls.add(tracked)
    return tracked
  }
}

type Lane = { connection: Connection; queue: Job[]; busy: number; nextAt: number; pumping: boolean; resting: boolean }
const WITHDRAWN: SendOutcome = { kind: 'withdrawn' }
/** Enough to keep a connection busy between two claims, little enough to be worked off within a lease. */
const QUEUE_LIMIT = 500

function queueLimit({ connection: { limits } }: Lane): number {
  const { perSecond = QUEUE_LIMIT } = limits
  return Math.min(QUEUE_LIMIT, Math.max(1, Math.ceil(perSecond)))
}

function roomOf(lane: Lane): number {
  return queueLimit(lane) + lane.connection.limits.concurrency - lane.queue.length - lane.busy
}
