import type { Activity } from './activity.ts'
import { AlarmLoop } from './alarm-loop.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import { type Polled, SourceTrouble } from './ports/source.ts'
import { type EventBatch, TurnLost, type WatchStore } from './ports/watch-store.ts'
import type { SourceHealthBook } from './source-health.ts'
import type { SourceInUse, Sources } from './sources.ts'

/**
 * Asks the platforms that do not tell by themselves. Of all nodes one has the turn; what it found and how far it came are
 * committed together, so that a poll that dies is done again from where the last one ended.
 */
export class Pollers {
  readonly #loops: readonly AlarmLoop[]
  readonly #stop = new AbortController()

  constructor(options: {
    store: Pick<WatchStore, 'takeTurn' | 'endTurn'>
    sources: Sources
    take: (told: EventBatch) => Promise<unknown>
    holder: string
    clock: Clock
    activity: Activity
    log: Log
    health: SourceHealthBook
  }) {
    const { sources, clock, activity, log } = options
    this.#loops = sources.all.flatMap((source) => {
      const { poll } = source.source
      if (poll === undefined) return []
      const round = pollRound({
        ...options,
        source,
        poll: (cursor) => poll.call(source.source, cursor, this.#stop.signal),
      })
      const onError = (error: unknown) =>
        log.error({ error, source: source.id }, 'polling failed and will be tried again')
      return [new AlarmLoop({ clock, activity, round, onError })]
    })
  }

  start(): void {
    for (const loop of this.#loops) loop.start()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops.map((loop) => loop.stop()))
  }
}

function pollRound(options: {
  store: Pick<WatchStore, 'takeTurn' | 'endTurn'>
  take: (told: EventBatch) => Promise<unknown>
  holder: string
  clock: Clock
  log: Log
  health: SourceHealthBook
  source: SourceInUse
  poll: (cursor: unknown) => Promise<Polled>
}): () => Promise<number> {
  const { store, take, holder, clock, log, health, source, poll } = options
  const { id, subAccountId } = source
  let failures = 0
  return async () => {
    const now = clock.now()
    const turn = await store.takeTurn({ subAccountId, source: id, holder, now, until: now + TURN_MS })
    if (turn.kind === 'later') return turn.at
    try {
      const { events, cursor, nextInMs } = await poll(turn.cursor)
      for (let start = 0; start + EVENTS_AT_ONCE < events.length; start += EVENTS_AT_ONCE) {
        await take({ subAccountId, source: id, events: events.slice(start, start + EVENTS_AT_ONCE) })
      }
      const rest = events.slice(Math.floor(Math.max(0, events.length - 1) / EVENTS_AT_ONCE) * EVENTS_AT_ONCE)
      const nextAt = clock.now() + nextInMs
      await take({ subAccountId, source: id, events: rest, turn: { holder, cursor, nextAt } })
      failures = 0
      health.well(subAccountId, id, 'poll')
      health.note(subAccountId, id, () => ({ lastPollAt: now, nextPollAt: nextAt }))
      return nextAt
    } catch (error) {
      if (error instanceof TurnLost) return clock.now()
      const kind = error instanceof SourceTrouble ? error.kind : 'failed'
      const detail = error instanceof SourceTrouble ? error.message : 'it failed'
      failures += 1
      const asked = error instanceof SourceTrouble ? (error.retryAfterMs ?? 0) : 0
      const nextAt = clock.now() + Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS))
      health.trouble(subAccountId, id, 'poll', { at: now, what: kind, detail })
      health.note(subAccountId, id, () => ({ nextPollAt: nextAt }))
      const facts = { source: id, kind, detail, failures, ...(error instanceof SourceTrouble ? {} : { error }) }
      log.warn(facts, 'a source could not be polled and will be asked again')
      await store.endTurn({ subAccountId, source: id, holder, nextAt })
      return nextAt
    }
  }
}

const TURN_MS = 5 * 60_000 // longer than a poll of many pages
const EVENTS_AT_ONCE = 500
const FIRST_RETRY_MS = 15_000
const LONGEST_RETRY_MS = 15 * 60_000
