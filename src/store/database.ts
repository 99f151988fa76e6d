import type { Kysely, RawBuilder } from 'kysely'
import type pg from 'pg'
import type { Schema } from './schema.ts'
import type { Batch, Columns, ColumnType } from './writes.ts'

export type DialectName = 'sqlite' | 'postgres'

/** An open database with the few things in which the two dialects differ. */
export type Database = {
  name: DialectName
  db: Kysely<Schema>
  /** For reading outside of transactions: on SQLite it does not wait for the one writer. */
  reader: Kysely<Schema>
  /** The pool behind PostgreSQL, for listening. */
  pool?: pg.Pool
  /** Locks rows that a query selects `from messages as m`; SQLite has one writer and needs none. */
  lockRows: RawBuilder<unknown>
  lockRowsSkippingLocked: RawBuilder<unknown>
  /** Many rows as parameters of one statement: a relation with these columns, to stand behind `from`. */
  rows(alias: string, rows: readonly object[], columns: Columns): RawBuilder<unknown>
  /**
   * Writes all of the batches, in a transaction of the caller's, or else in one of their own. The batches must not touch
   * the same row. `payloads` go to the other nodes. Throws `RowsMissing`.
   */
  write(db: Kysely<Schema>, batches: readonly Batch[], payloads?: readonly string[]): Promise<void>
  /** Takes the next block of numbers for pages of the timeline, of `PAGES_PER_BLOCK`; answers its first. */
  takeBlock(): Promise<number>
  /** `column in (values)` as one parameter, so that the statement is the same for any number. */
  isOneOf(column: string, values: readonly string[], type?: ColumnType): RawBuilder<boolean>
}
