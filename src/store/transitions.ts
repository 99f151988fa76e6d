import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Message } from '../domain/message.ts'
import type { Change, Committed, Held, ReaderNotice, Saved } from '../engine/ports/message-store.ts'
import type { Database } from './database.ts'
import { NEW_ALARMS } from './intake.ts'
import { newDeliveries, readSubscribers, SUBSCRIBERS } from './outbox.ts'
import { PageNumbers } from './page-numbers.ts'
import { afterChange, fromRow, isUuid, type MessageRow, toRow, wakeAtOfHeld } from './rows.ts'
import type { Schema } from './schema.ts'
import { SequenceCache } from './sequence-cache.ts'
import { type Batch, deleteFrom, insertInto, RowsMissing, update, upsertInto } from './writes.ts'

/** Told after each commit what changed; PostgreSQL passes it on to the other nodes. */
export type Notice = { umid: string; subAccountId: string; version: number }
export type News = { notices: readonly Notice[]; wakeAt: number | undefined; readers?: readonly ReaderNotice[] }
export type TransitionOptions = {
  newId: () => string
  /** What the other nodes are told with a commit. */
  tell?: (news: News) => readonly string[]
}
export type HeldRow = MessageRow & { subscribers: string | null }

export const MESSAGE_COLUMNS = sql.raw(
  `m.id, m.subaccount_id, m.sequence_id, m.version, m.failures, m.wake_at, m.expires_at, m.dlr_url, m.last_page, m.progress`,
)
// Names the version that was decided on: a row that has moved on meanwhile is never overwritten.
const MOVE_ON = update('messages', {
  set: { state: 'text', wake_at: 'bigint', failures: 'integer', last_page: 'bigint', progress: 'text' },
  always: 'version = messages.version + 1',
  by: { id: 'uuid', version: 'integer' },
})
export const NEW_PAGES = insertInto('timeline', {
  n: 'bigint',
  previous: 'bigint',
  version: 'integer',
  entries: 'text',
})
const PUT_NOTICES = upsertInto('notices', { message_id: 'uuid', step: 'integer', body: 'text', worded_at: 'bigint' }, [
  'message_id',
  'step',
])
const DELETE_NOTICES = deleteFrom('notices', { message_id: 'uuid' })
const HOLD_BACK = insertInto('held_back', { message_id: 'uuid' })
const RELEASE = deleteFrom('held_back', { message_id: 'uuid' })
/** Deadlocks and serialization failures: the database asks for another go. */
const ASKS_FOR_RETRY = new Set(['40001', '40P01'])
const MAX_TRIES = 5

/** Messages move on here and nowhere else: one new version of a row, with its page of the timeline, alarm and receipts. */
export class Transitions {
  readonly sequences = new SequenceCache()
  readonly pageNumbers: PageNumbers
  readonly #database: Database
  readonly #newId: () => string
  readonly #tell: TransitionOptions['tell']

  constructor(database: Database, { newId, tell }: TransitionOptions) {
    this.#database = database
    this.#newId = newId
    this.#tell = tell
    this.pageNumbers = new PageNumbers(database)
  }

  async transaction<T>(work: (tx: Transaction<Schema>) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#database.db.transaction().execute(work)
      } catch (error) {
        if (attempt === MAX_TRIES || !ASKS_FOR_RETRY.has(codeOf(error))) throw error
      }
    }
  }

  /** Undefined when somebody else was at the same rows: nothing was written then. */
  async unlessContended<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof RowsMissing || ASKS_FOR_RETRY.has(codeOf(error))) return undefined
      throw error
    }
  }

  /** Messages as they stand; unknown ids are left out. */
  async select(db: Kysely<Schema>, asked: readonly string[], lock: RawBuilder<unknown>): Promise<Held[]> {
    const umids = asked.filter(isUuid)
    if (umids.length === 0) return []
    // In the order of the ids, so that two nodes with overlapping batches wait for each other in one direction.
    const { rows: found } = await sql<HeldRow>`
      select ${MESSAGE_COLUMNS}, ${SUBSCRIBERS} from messages m
      where ${this.#database.isOneOf('m.id', umids)} order by m.id ${lock}`.execute(db)
    const sequenceOf = await this.sequences.of(db, this.#database, found)
    return found.map((row) => hold(row, sequenceOf))
  }

  /** Writes what was decided, with what else belongs into the same commit. `pageNumbers` must have been refilled before. */
  async save(
    tx: Kysely<Schema>,
    changes: readonly Change[],
    also: readonly Batch[],
    news: Partial<News> = {},
  ): Promise<Saved> {
    const telling = changes.filter(({ advanced }) => advanced.entries.length > 0)
    const firstPage = this.pageNumbers.take(telling.length)
    const pages = telling.map(({ held, advanced }, index) => ({
      n: firstPage + index,
      previous: held.lastPage,
      version: held.version + 1,
      entries: JSON.stringify(advanced.entries),
    }))
    const lastPages = new Map(telling.map((change, index) => [change, firstPage + index]))
    const committed = changes.map((change): Committed => {
      const now = { ...afterChange(change), lastPage: lastPages.get(change) ?? change.held.lastPage }
      return { ...change, now }
    })
    const updates = committed.map(({ held, now }) => ({ ...toRow(now), id: held.message.id, version: held.version }))
    const alarms = committed.flatMap(({ held, now }) => {
      const at = wakeAtOfHeld(now)
      return at === null || at === wakeAtOfHeld(held) ? [] : [{ at, message_id: held.message.id }]
    })
    const turned = (to: boolean) =>
      committed
        .filter(({ held, now }) => held.heldBack !== to && now.heldBack === to)
        .map(({ held }) => ({ message_id: held.message.id }))
    const deliveries = newDeliveries(changes, this.#newId)
    const batches = [
      { write: MOVE_ON, rows: updates, each: true as const },
      { write: NEW_PAGES, rows: pages },
      { write: NEW_ALARMS, rows: alarms },
      { write: HOLD_BACK, rows: turned(true) },
      { write: RELEASE, rows: turned(false) },
      { write: PUT_NOTICES, rows: worded(changes) },
      { write: DELETE_NOTICES, rows: unsaid(changes) },
      deliveries,
      ...also,
    ].filter(({ rows }) => rows.length > 0)
    if (batches.length === 0) return { changes: [], deliveries: 0 }
    const { notices, wakeAt } = newsOf(committed)
    const all = { ...news, notices, wakeAt: earliest([wakeAt ?? null, news.wakeAt ?? null]) }
    const isNews = notices.length > 0 || all.wakeAt !== undefined || (all.readers?.length ?? 0) > 0
    await this.#database.write(tx, batches, isNews ? this.told(all) : [])
    return { changes: committed, deliveries: deliveries.rows.length }
  }

  /** What the other nodes are told; nothing where there are none. */
  told(news: News): readonly string[] {
    return this.#tell?.(news) ?? []
  }
}

export function hold(
  row: MessageRow & { subscribers?: string | null },
  sequenceOf: (id: string) => Message['sequence'],
): Held {
  return fromRow(row, sequenceOf(row.sequence_id), readSubscribers(row.subscribers))
}

/** The words of notices that were decided on; what was worded before for the same step gives way. */
function worded(changes: readonly Change[]): object[] {
  return changes.flatMap(({ held, advanced: { effects, entries } }) =>
    effects
      .filter((effect) => effect.type === 'word')
      .map(({ step, notice }) => {
        return { message_id: held.message.id, step, body: JSON.stringify(notice), worded_at: entries.at(-1)?.at ?? 0 }
      }),
  )
}

/** Streaks of which something was deleted: their words quote it. */
function unsaid(changes: readonly Change[]): object[] {
  const quoting = changes.filter(({ advanced: { entries } }) =>
    entries.some(({ code, facts }) => code === 'items-left' && facts?.how === 'deleted'),
  )
  return quoting.map(({ held }) => ({ message_id: held.message.id }))
}

function newsOf(committed: readonly Committed[]): News {
  const notices = committed.map(({ now: { message, subAccountId, version } }) => {
    return { umid: message.id, subAccountId, version }
  })
  return { notices, wakeAt: earliest(committed.map(({ now }) => wakeAtOfHeld(now))) }
}

export function earliest(wakeAts: readonly (number | null)[]): number | undefined {
  const known = wakeAts.filter((wakeAt) => wakeAt !== null)
  return known.length === 0 ? undefined : known.reduce((a, b) => Math.min(a, b))
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
