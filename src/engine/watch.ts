import type { Verdict } from '../domain/observe.ts'
import type { SourceEvent } from '../domain/source-event.ts'
import { dryRunSteps } from './dry-run.ts'
import type { Pollers } from './pollers.ts'
import type { RawRequest } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import type { Directory } from './ports/directory.ts'
import type { Log } from './ports/log.ts'
import type { SourceResult } from './ports/source.ts'
import type { FoundConversation, WatchStore } from './ports/watch-store.ts'
import type { ReaderFeed } from './reader-feed.ts'
import type { Routing } from './routing.ts'
import type { SourceHealthBook } from './source-health.ts'
import { OWN_CHAT, type Sources } from './sources.ts'
import type { DryRun, DryRunPerson, SourceView, WatchApi } from './watch-api.ts'
import type { Watcher } from './watcher.ts'

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

  async stop(): Promise<void> {
    await this.#options.pollers.stop()
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
      await watcher.take({ subAccountId, source: sourceId, events: result.events.map(withoutNul) })
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
    const repeated = await this.#options.watcher.take({ subAccountId, source, events: events.map(withoutNul) })
    return { accepted: events.length - repeated, repeated }
  }

  async dryRun(subAccountId: string, source: string, event: SourceEvent): Promise<DryRun> {
    const [judged] = await this.#options.watcher.judge({ subAccountId, source, events: [event] })
    if (judged === undefined) return { people: [] }
    const { found, verdicts, observed } = judged
    const messages = new Map([
      ...observed.opened.map(({ message }) => [message.id, message] as const),
      ...observed.advanced.map(({ advanced: { message } }) => [message.id, message] as const),
    ])
    const people = await Promise.all(
      verdicts
        .filter(({ person, result }) => person !== '' || result.kind !== 'nothing' || result.why === 'known-before')
        .map(async (verdict): Promise<DryRunPerson> => {
          const { person, rules, result } = verdict
          if (result.kind === 'nothing') return { person, rules, would: { result: 'nothing', why: result.why } }
          if (result.kind === 'called-off') return { person, rules, would: { result: 'call-off', umids: result.umids } }
          const message = messages.get(result.umid)
          const known = await this.#personOf(found, verdict)
          const routed = message === undefined ? [] : dryRunSteps(message, subAccountId, known, this.#options.routing)
          const { rule, umid } = result
          if (result.kind === 'opened') return { person, rules, would: { result: 'remind', rule, steps: routed } }
          return { person, rules, would: { result: 'join', rule, umid, steps: routed } }
        }),
    )
    return { people }
  }

  /** What would be known of a person; undefined when nobody could say in time. */
  async #personOf(found: FoundConversation, { person }: Verdict) {
    const { directory } = this.#options
    const known = found.known.readers.get(person)?.known
    try {
      const signal = AbortSignal.timeout(DRY_RUN_PATIENCE_MS)
      return { ...known, ...(await directory.find(found.subAccountId, known?.contactId ?? person, signal)) }
    } catch {
      return undefined
    }
  }

  unread(subAccountId: string, source: string, person: string): Promise<number> {
    return this.#options.store.unread(subAccountId, source, person)
  }

  onUnread(subAccountId: string, source: string, person: string, listener: () => void): () => void {
    return this.#options.readers.on({ subAccountId, source, person }, listener)
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

/** PostgreSQL's texts hold every character but this one, which no id or name has by intention. */
function withoutNul(event: SourceEvent): SourceEvent {
  const text = JSON.stringify(event)
  if (!text.includes('\\u0000')) return event
  return JSON.parse(text, (_key, value) => (typeof value === 'string' ? value.replaceAll('\0', '') : value))
}
