import type { Effect, Event } from '../domain/advance.ts'
import { idempotencyKey, type RevokeOutcome } from '../domain/message.ts'
import type { Activity } from './activity.ts'
import type { Committer } from './committer.ts'
import type { Connections } from './connections.ts'
import { GroupCommit } from './group-commit.ts'
import type { Revocation } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { Due, Held, Saved } from './ports/message-store.ts'
import { attemptRef } from './receipts.ts'
import type { Routing } from './routing.ts'

export type RecallsOptions = {
  connections: Connections
  routing: Routing
  committer: Committer
  clock: Clock
  activity: Activity
  log: Log
  /** The longest that a call to a provider may take. */
  callTimeoutMs: number
}

/** What waits for its turn longer than this beyond its message's patience is left alone: nobody can tell how many would follow. */
const STALE_AFTER_MS = 60_000

type Lane = { busy: number; queue: Job[]; nextAt: number; resting: boolean }
type Job = { held: Held; effect: Effect & { type: 'revoke' }; revocation: Revocation }
type Answered = { job: Job; outcome: RevokeOutcome }

/**
 * Asks providers to take messages back, before the next step. The message waits for the answer only so long; what comes
 * later is noted all the same.
 */
export class Recalls {
  readonly #options: RecallsOptions
  readonly #answers: GroupCommit<Answered, undefined>
  readonly #calls = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  /** Of each connection: what waits for one of its calls to end. */
  readonly #lanes = new Map<string, Lane>()

  constructor(options: RecallsOptions) {
    this.#options = options
    this.#answers = new GroupCommit(options.activity, (answered) => this.#commit(answered))
  }

  /** Takes up the recalls that this claim has decided on. */
  ask({ changes }: Saved): void {
    for (const { held, advanced, now } of changes) {
      for (const effect of advanced.effects) {
        if (effect.type !== 'revoke') continue
        const revocation = this.#revocationOf(held as Due, now, effect)
        if (revocation !== undefined) this.#enqueue({ held: now, effect, revocation })
      }
    }
  }

  /** Waits for the calls under way, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    for (const lane of this.#lanes.values()) lane.queue = []
    const { clock } = this.#options
    const patience = new AbortController()
    await Promise.race([Promise.all(this.#calls), clock.sleepUntil(clock.now() + graceMs, patience.signal)])
    patience.abort()
    this.#stop.abort()
    await Promise.all(this.#calls)
  }

  #revocationOf({ envelope }: Due, { message }: Held, effect: Job['effect']): Revocation | undefined {
    const { step, try: tryNumber, providerRef, connection } = effect
    const { channel = '', fallbackAfterMs } = message.sequence[step] ?? {}
    const { leftAt = 0 } = message.attempts[step] ?? {}
    const address = this.#options.routing.addressFor({ envelope, message }, channel, connection)
    if (address === undefined) return undefined
    return {
      umid: message.id,
      attemptRef: attemptRef(message.id, step),
      idempotencyKey: idempotencyKey(message.id, step, tryNumber),
      channel,
      address,
      leftAt,
      ...(fallbackAfterMs !== undefined && { validForMs: fallbackAfterMs }),
      ...(providerRef !== undefined && { providerRef }),
    }
  }

  #enqueue(job: Job): void {
    const { connection } = job.effect
    const lane = this.#lanes.get(connection) ?? { busy: 0, queue: [], nextAt: 0, resting: false }
    this.#lanes.set(connection, lane)
    lane.queue.push(job)
    this.#pump(connection, lane)
  }

  /** Under the limits of the connection, beside its sends. */
  #pump(id: string, lane: Lane): void {
    const { clock, connections, activity } = this.#options
    const { concurrency = 1, perSecond } = connections.get(id)?.limits ?? {}
    while (lane.busy < concurrency && !lane.resting) {
      const now = clock.now()
      while (lane.queue[0] !== undefined && lane.queue[0].effect.fence + STALE_AFTER_MS <= now) lane.queue.shift()
      if (lane.queue.length === 0) return
      if (lane.nextAt > now) return this.#rest(id, lane)
      const job = lane.queue.shift() as Job
      if (perSecond !== undefined) lane.nextAt = now + 1000 / perSecond
      lane.busy++
      const call = activity.track(this.#carryOut(job)).finally(() => {
        this.#calls.delete(call)
        lane.busy--
        this.#pump(id, lane)
      })
      this.#calls.add(call)
    }
  }

  #rest(id: string, lane: Lane): void {
    lane.resting = true
    void this.#options.clock.sleepUntil(lane.nextAt, this.#stop.signal).then(() => {
      lane.resting = false
      this.#pump(id, lane)
    })
  }

  async #carryOut(job: Job): Promise<void> {
    const { log } = this.#options
    const { umid } = job.revocation
    try {
      await this.#answers.add({ job, outcome: await this.#call(job) })
    } catch (error) {
      log.error({ error, umid }, 'the outcome of a recall could not be stored; the message goes on without it')
    }
  }

  async #call({ effect, revocation }: Job): Promise<RevokeOutcome> {
    const { connections, clock, callTimeoutMs, log } = this.#options
    const done = new AbortController()
    const timeout = new AbortController()
    void clock.sleepUntil(clock.now() + callTimeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) timeout.abort(new Error(`no answer within ${callTimeoutMs / 1000} s`))
    })
    try {
      const signal = AbortSignal.any([timeout.signal, this.#stop.signal])
      const revoked = await connections.get(effect.connection)?.channel.revoke?.(revocation, signal)
      return revoked ?? { kind: 'unclear', detail: 'the connection takes nothing back' }
    } catch (error) {
      log.error({ error, umid: revocation.umid, connection: effect.connection }, 'a channel threw while taking back')
      return { kind: 'unclear', detail: 'the channel failed in the middle of the recall' }
    } finally {
      done.abort()
    }
  }

  async #commit(answered: readonly Answered[]): Promise<undefined[]> {
    const { committer, clock } = this.#options
    const at = clock.now()
    const known = answered.map(({ job: { held, effect }, outcome }) => {
      const { step, fence } = effect
      return { held, event: { type: 'revoked', at, step, fence, outcome } satisfies Event }
    })
    await committer.applyTo(known)
    return answered.map(() => undefined)
  }
}
