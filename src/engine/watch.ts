import type { KnownPerson, SourceEvent } from '../domain/source-event.ts'
import { dryRunSteps } from './dry-run.ts'
import type { Pollers } from './pollers.ts'
import type { RawRequest } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import type { Directory } from './ports/directory.ts'
import type { Log } from './ports/log.ts'
import type { SourceResult } from './ports/source.ts'
import type { PersonIn, WatchStore } from './ports/watch-store.ts'
import type { ReaderFeed } from './reader-feed.ts'
import type { Routing } from './routing.ts'
import type { SourceHealthBook } from './source-health.ts'
import { OWN_CHAT, type Sources } from './sources.ts'
import type { DryRun, DryRunPerson, SourceView, WatchApi } from './watch-api.ts'
import type { Judged, Watcher } from './watcher.ts'

export type WatchOptions = {
  watcher: Watcher
  pollers: Pollers
  sources: Sources
  store: WatchStore
  directory: Directory
  routing: Routing
  readers: ReaderFeed
  health: SourceHealthBook
  clock: Clock
  log: Log
}

/** Watching chat platforms, for its callers: requests and events come in here, and badges ask here. */
export class Watch implements WatchApi {
  readonly #options: WatchOptions

  constructor(options: WatchOptions) {
    this.#options = options
  }

  start(): void {
    this.#options.pollers.start()
  }

  /** Asks no platform for news any more. */
  async stop(): Promise<void> {
    await this.#options.pollers.stop()
  }

  /** Once nobody asks the platforms anything. */
  async close(): Promise<void> {
    await Promise.all(this.#options.sources.all.map(({ source }) => source.close?.()))
  }

  async receive(sourceId: string, request: RawRequest): Promise<SourceResult | undefined> {
    const { sources, watcher, health, log, clock } = this.#options
    const source = sources.get(sourceId)
    if (source === undefined) return undefined
    const { subAccountId } = source
    const result = (await source.source.handle?.(request)) ?? TAKES_NONE
    if (result.kind === 'events') {
      health.well(subAccountId, sourceId, 'webhook')
      await watcher.take({ subAccountId, source: sourceId, events: result.events })
      if (result.ignored > 0)
        health.note(subAccountId, sourceId, (page) => ({ ignored: page.ignored + result.ignored }))
    } else if (result.kind !== 'reply') {
      const { kind, detail } = result
      health.note(subAccountId, sourceId, (page) => ({ [kind]: page[kind] + 1 }))
      health.trouble(subAccountId, sourceId, 'webhook', { at: clock.now(), what: kind, detail })
      log.warn({ source: sourceId, result: kind, detail }, 'a request to a source was not taken')
      if (kind === 'unreadable' && source.source.givesUpWhenRefused) return { kind: 'events', events: [], ignored: 1 }
    }
    return result
  }

  async observe(subAccountId: string, source: string, events: readonly SourceEvent[]) {
    const repeated = await this.#options.watcher.take({ subAccountId, source, events })
    return { accepted: events.length - repeated, repeated }
  }

  async dryRun(subAccountId: string, source: string, event: SourceEvent): Promise<DryRun> {
    const [judged] = await this.#options.watcher.judge({ subAccountId, source, events: [event] })
    if (judged === undefined) return { people: [] }
    const { verdicts } = judged
    const people = await this.#peopleOf(judged)
    const messages = new Map([
      ...judged.observed.opened.map(({ message }) => [message.id, message] as const),
      ...judged.observed.advanced.map(({ advanced: { message } }) => [message.id, message] as const),
    ])
    return {
      people: verdicts.map(({ person, rules, result }): DryRunPerson => {
        if (result.kind === 'nothing') return { person, rules, would: { result: 'nothing', why: result.why } }
        if (result.kind === 'called-off') return { person, rules, would: { result: 'call-off', umids: result.umids } }
        const message = messages.get(result.umid)
        const steps =
          message === undefined ? [] : dryRunSteps(message, subAccountId, people.get(person), this.#options.routing)
        const { rule, umid } = result
        if (result.kind === 'opened') return { person, rules, would: { result: 'remind', rule, steps } }
        return { person, rules, would: { result: 'join', rule, umid, steps } }
      }),
    }
  }

  /** What would be known of those who would be reminded; who is not in it, nobody could say in time. */
  async #peopleOf({ found, observed, verdicts }: Judged): Promise<Map<string, KnownPerson>> {
    const { directory, clock } = this.#options
    const done = new AbortController()
    const patience = new AbortController()
    void clock.sleepUntil(clock.now() + DRY_RUN_PATIENCE_MS, done.signal).then(() => patience.abort())
    const known = new Map<string, KnownPerson>()
    const wanted = verdicts.filter(({ result }) => result.kind === 'opened' || result.kind === 'joined').values()
    const line = async () => {
      for (const { person } of wanted) {
        if (patience.signal.aborted) return
        // The event itself may say where the person can be reached.
        const own = (observed.changes.readers.get(person) ?? found.known.readers.get(person))?.known
        const contactId = own?.contactId ?? person
        const others = directory.find(found.subAccountId, contactId, patience.signal)
        await others.then(
          (told) => known.set(person, { ...own, ...told }),
          () => {},
        )
      }
    }
    await Promise.all(Array.from({ length: DRY_RUN_LINES }, line))
    done.abort()
    return known
  }

  unread(subAccountId: string, source: string, person: string): Promise<number> {
    return this.#options.store.unread(subAccountId, source, person)
  }

  onUnread(subAccountId: string, source: string, person: string, listener: () => void): () => void {
    return this.#options.readers.on({ subAccountId, source, person }, listener)
  }

  person(subAccountId: string, source: string, person: string): Promise<readonly PersonIn[]> {
    return this.#options.store.person(subAccountId, source, person, MOST_CONVERSATIONS)
  }

  sources(subAccountId: string): readonly SourceView[] {
    const { sources, health } = this.#options
    const ids = sources.all.filter((each) => each.subAccountId === subAccountId).map(({ id }) => id)
    return [...ids, OWN_CHAT].flatMap((id) => {
      const found = sources.of(subAccountId, id)
      if (found === undefined) return []
      const { platform, isPolled, source } = found
      return [
        { id, platform, isPolled, takesWebhooks: source.handle !== undefined, health: health.of(subAccountId, id) },
      ]
    })
  }
}

const TAKES_NONE: SourceResult = { kind: 'refused', detail: 'this source takes no requests: it is asked' }
const DRY_RUN_PATIENCE_MS = 5_000
const DRY_RUN_LINES = 8
const MOST_CONVERSATIONS = 100
