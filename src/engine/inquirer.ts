import type { InquiryAnswer, InquiryTrouble } from '../domain/watch.ts'
import type { Activity } from './activity.ts'
import type { InquiryJob } from './inquiry.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { Due } from './ports/message-store.ts'

export type InquirerOptions = {
  answer: (job: InquiryJob, signal: AbortSignal) => Promise<InquiryAnswer>
  settle: (job: InquiryJob, answer: InquiryAnswer) => Promise<unknown>
  clock: Clock
  activity: Activity
  log: Log
  /** The longest that asking may take; half of a lease or less. */
  timeoutMs: number
}

/** Sees to it that streaks are asked about: each source in a lane of its own, within their leases, and soon. */
export class Inquirer {
  readonly #options: InquirerOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #stop = new AbortController()

  constructor(options: InquirerOptions) {
    this.#options = options
  }

  /**
   * Counts the places that one claim gives away, for each source its own. A source is given no more than it can be asked in a
   * part of a lease, by how long that took lately; the others come back when their turn may be.
   */
  admission(now: number): (due: Due) => 'now' | { later: number } {
    const taken = new Map<Lane, number>()
    return ({ subAccountId, envelope }) => {
      const lane = this.#laneOf(subAccountId, envelope.watched?.source ?? '')
      const before = taken.get(lane) ?? 0
      taken.set(lane, before + 1)
      const over = before + 1 - this.#roomOf(lane)
      if (over <= 0) return 'now'
      return { later: now + Math.ceil(Math.max(SHORTEST_WAIT_MS, (over * lane.usualMs) / AT_ONE_TIME)) }
    }
  }

  take(jobs: readonly InquiryJob[]): void {
    for (const job of jobs) this.#laneOf(job.held.subAccountId, job.envelope.watched.source).queue.push(job)
    for (const lane of this.#lanes.values()) this.#pump(lane)
  }

  /** What has not begun is left to its lease; what has is waited for, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options
    const lanes = [...this.#lanes.values()]
    for (const { queue } of lanes) queue.length = 0
    const all = () => Promise.all(lanes.flatMap(({ running }) => [...running]))
    const patience = new AbortController()
    await Promise.race([all(), clock.sleepUntil(clock.now() + graceMs, patience.signal)])
    patience.abort()
    this.#stop.abort()
    await all()
  }

  #laneOf(subAccountId: string, source: string): Lane {
    const name = JSON.stringify([subAccountId, source])
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const lane: Lane = { queue: [], running: new Set(), usualMs: FIRST_GUESS_MS }
    this.#lanes.set(name, lane)
    return lane
  }

  #roomOf({ queue, running, usualMs }: Lane): number {
    const inTime = Math.floor((AT_ONE_TIME * this.#options.timeoutMs) / 2 / Math.max(usualMs, 1))
    return Math.min(Math.max(inTime, AT_ONE_TIME), QUEUE_LIMIT) - queue.length - running.size
  }

  #pump(lane: Lane): void {
    while (lane.running.size < AT_ONE_TIME) {
      const job = lane.queue.shift()
      if (job === undefined) return
      const work = this.#options.activity.track(this.#inquire(job, lane)).finally(() => {
        lane.running.delete(work)
        this.#pump(lane)
      })
      lane.running.add(work)
    }
  }

  async #inquire(job: InquiryJob, lane: Lane): Promise<void> {
    const { clock, timeoutMs, log, settle } = this.#options
    const begun = clock.now()
    // By the time of an answer somebody else would have taken it over: its lease decides, and costs no question.
    if (begun + timeoutMs > job.fence) return
    const done = new AbortController()
    const timeout = new AbortController()
    void clock.sleepUntil(begun + timeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) timeout.abort(new Error('it took too long'))
    })
    const signal = AbortSignal.any([timeout.signal, this.#stop.signal])
    try {
      const answer = await this.#options.answer(job, signal).catch((error: unknown) => this.#failed(job, error))
      lane.usualMs += (clock.now() - begun - lane.usualMs) / 8
      await settle(job, answer)
    } catch (error) {
      log.error({ error, umid: job.held.message.id }, 'a streak could not be asked about; its lease decides')
    } finally {
      done.abort()
    }
  }

  /** A mistake of ours, or the database is away: it is asked again later, as when nobody answers. */
  #failed({ held }: InquiryJob, error: unknown): InquiryAnswer {
    this.#options.log.error({ error, umid: held.message.id }, 'a notice could not be prepared')
    const asked = (held.message.watch?.items ?? []).map(({ id }) => id)
    const troubles: InquiryTrouble[] = [{ who: 'directory', detail: 'the notice could not be prepared' }]
    return { asked, user: {}, told: [], notice: {}, troubles }
  }
}

type Lane = {
  queue: InquiryJob[]
  running: Set<Promise<void>>
  /** How long asking takes, lately. */
  usualMs: number
}
/** Of one source, so that a platform that hangs holds up no other. */
const AT_ONE_TIME = 32
const QUEUE_LIMIT = 1000
const FIRST_GUESS_MS = 50
const SHORTEST_WAIT_MS = 50
