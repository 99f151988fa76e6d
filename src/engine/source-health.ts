import type { SourceTrouble } from './ports/source.ts'

/** How a source is doing, as this node has seen it since it started. Moments are epoch milliseconds. */
export type SourceHealth = {
  /** Requests or polls that brought events. */
  events: number
  /** Events whose key was known. */
  repeated: number
  /** Events that were understood and are of no use. */
  ignored: number
  /** Messages for somebody that no rule watches. */
  withoutRule: number
  /** Requests that were not from the platform, or that could not be read. */
  refused: number
  unreadable: number
  lastEventAt?: number
  lastPollAt?: number
  nextPollAt?: number
  /** The latest trouble, and since when there has been nothing else. */
  trouble?: { at: number; since: number; times: number; what: HealthTrouble; detail: string }
}
export type HealthTrouble = SourceTrouble['kind'] | 'refused' | 'unreadable' | 'failed'

/** Counts what sources do, for people to see. Holds no personal data. */
export class SourceHealthBook {
  readonly #pages = new Map<string, SourceHealth>()

  of(subAccountId: string, source: string): SourceHealth {
    return this.#pages.get(nameOf(subAccountId, source)) ?? NEW_PAGE
  }

  note(subAccountId: string, source: string, changes: (page: SourceHealth) => Partial<SourceHealth>): void {
    const page = this.of(subAccountId, source)
    this.#pages.set(nameOf(subAccountId, source), { ...page, ...changes(page) })
  }

  /** Something went wrong; counted with what went wrong just before. */
  trouble(subAccountId: string, source: string, at: number, what: HealthTrouble, detail: string): void {
    this.note(subAccountId, source, ({ trouble }) => ({
      trouble: { at, since: trouble?.since ?? at, times: (trouble?.times ?? 0) + 1, what, detail },
    }))
  }

  /** It does what it should again. */
  well(subAccountId: string, source: string): void {
    this.note(subAccountId, source, () => ({ trouble: undefined }))
  }
}

const NEW_PAGE: SourceHealth = { events: 0, repeated: 0, ignored: 0, withoutRule: 0, refused: 0, unreadable: 0 }

function nameOf(subAccountId: string, source: string): string {
  return JSON.stringify([subAccountId, source])
}
