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
  /** What goes wrong at present, by what was being done. */
  troubles: Partial<Record<Doing, Trouble>>
}
/** Taking webhooks, polling, asking the platform or the directory before a notice: one may go wrong while the others do not. */
export type Doing = 'webhook' | 'poll' | 'asking' | 'directory'
/** The latest time, and since when it has gone wrong without a success in between. */
export type Trouble = { at: number; since: number; times: number; what: HealthTrouble; detail: string }
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

  /** Something went wrong; counted with what went wrong just before. Answers how often it did, this time included. */
  trouble(
    subAccountId: string,
    source: string,
    doing: Doing,
    { at, what, detail }: Pick<Trouble, 'at' | 'what' | 'detail'>,
  ): number {
    const { since = at, times = 0 } = this.of(subAccountId, source).troubles[doing] ?? {}
    const trouble: Trouble = { at, since, times: times + 1, what, detail }
    this.note(subAccountId, source, ({ troubles }) => ({ troubles: { ...troubles, [doing]: trouble } }))
    return trouble.times
  }

  /** This goes as it should again. */
  well(subAccountId: string, source: string, doing: Doing): void {
    const { [doing]: trouble, ...troubles } = this.of(subAccountId, source).troubles
    if (trouble !== undefined) this.note(subAccountId, source, () => ({ troubles }))
  }
}

const NEW_PAGE: SourceHealth = {
  events: 0,
  repeated: 0,
  ignored: 0,
  withoutRule: 0,
  refused: 0,
  unreadable: 0,
  troubles: {},
}

function nameOf(subAccountId: string, source: string): string {
  return JSON.stringify([subAccountId, source])
}
