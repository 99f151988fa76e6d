import type { Clock } from '../../engine/ports/clock.ts'
import { unlessAborted } from './aborts.ts'
import { type Binding, type Bound, bind, type NotBound } from './bind.ts'
import type { Session } from './session.ts'

/** A session that stood so long was a good one: when it is lost, that is not the next of a row of failures. */
const STEADY_MS = 10_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

type State =
  | { kind: 'connecting' }
  | { kind: 'bound'; session: Session }
  | { kind: 'resting'; failure: NotBound; until: number }
  | { kind: 'stopped' }

/** Why a session cannot be had now, and when to ask again. */
export type Without = NotBound & { afterMs: number }

/**
 * The line to the SMSC, kept bound from `start` to `stop`: receipts and replies come in over it, whether or not anything is
 * sent. What was lost is bound again, the first time at once, then after pauses that grow.
 */
export class Line {
  readonly #binding: Binding
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  #state: State = { kind: 'connecting' }
  #changed = Promise.withResolvers<void>()
  #running: Promise<void> | undefined

  constructor(binding: Binding) {
    this.#binding = binding
    this.#clock = binding.session.clock
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** The session, waited for while it is being bound; or why there is none. */
  async session(signal: AbortSignal): Promise<Session | Without> {
    while (!signal.aborted) {
      const state = this.#state
      if (state.kind === 'bound' && !state.session.isOver) return state.session
      if (state.kind === 'stopped') break
      if (state.kind === 'resting') {
        return { ...state.failure, afterMs: Math.max(FIRST_PAUSE_MS, state.until - this.#clock.now()) }
      }
      // Being bound, or lost in this very moment: what comes next is on its way.
      await unlessAborted(this.#changed.promise, signal)
    }
    return { kind: 'away', detail: 'called off before there was a session', afterMs: FIRST_PAUSE_MS }
  }

  get isBound(): boolean {
    return this.#state.kind === 'bound' && !this.#state.session.isOver
  }

  /** Says goodbye. Whoever still sends should have been waited for. */
  async stop(): Promise<void> {
    this.#stopping.abort() // before the session ends, or another one would be begun
    if (this.#state.kind === 'bound') await this.#state.session.close()
    await this.#running
    this.#turn({ kind: 'stopped' })
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; failures++) {
      this.#turn({ kind: 'connecting' })
      const bound = await bind(this.#binding, signal)
      if (bound.kind === 'bound') {
        if (await this.#stand(bound)) failures = 0
      } else failures = Math.max(failures, 1) // only what was bound and lost is made good at once
      const failure = bound.kind === 'bound' ? LOST : bound
      const pauseMs = failures === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)
      if (pauseMs === 0) continue
      const until = this.#clock.now() + pauseMs
      this.#turn({ kind: 'resting', failure, until })
      await this.#clock.sleepUntil(until, signal)
    }
  }

  /** Until the session is over; whether it was a steady one. */
  async #stand({ session }: Bound): Promise<boolean> {
    const since = this.#clock.now()
    this.#turn({ kind: 'bound', session })
    void session.keepAlive()
    if (this.#stopping.signal.aborted) await session.close()
    await session.ended
    return this.#clock.now() - since >= STEADY_MS
  }

  #turn(state: State): void {
    this.#state = state
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

const LOST: NotBound = { kind: 'away', detail: 'the session was lost' }
