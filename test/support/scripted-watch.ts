import type { SourceEvent } from '../../src/domain/source-event.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import type { SourceResult } from '../../src/engine/ports/source.ts'
import type { WatchApi } from '../../src/engine/watch-api.ts'

export type ScriptedWatch = WatchApi & {
  /** Each call of `observe`. */
  observed: { subAccountId: string; source: string; events: readonly SourceEvent[] }[]
  /** Each request for a source. */
  received: { sourceId: string; request: RawRequest }[]
  /** What a source says to a request; undefined: there is no such source. */
  onReceive: (sourceId: string, request: RawRequest) => SourceResult | undefined
}

/** Stands in for watching where a test is about the API: it remembers what it was told, and keys that came before. */
export function scriptedWatch(): ScriptedWatch {
  const keys = new Set<string>()
  const watch: ScriptedWatch = {
    observed: [],
    received: [],
    onReceive: () => undefined,
    async receive(sourceId, request) {
      watch.received.push({ sourceId, request })
      return watch.onReceive(sourceId, request)
    },
    async observe(subAccountId, source, events) {
      watch.observed.push({ subAccountId, source, events })
      const fresh = new Set(events.map(({ key }) => `${subAccountId} ${source} ${key}`).filter((key) => !keys.has(key)))
      for (const key of fresh) keys.add(key)
      return { accepted: fresh.size, repeated: events.length - fresh.size }
    },
    dryRun: async () => ({ people: [] }),
    unread: async () => 0,
    onUnread: () => () => {},
    person: async () => [],
    sources: () => [],
  }
  return watch
}
