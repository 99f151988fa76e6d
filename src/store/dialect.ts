import SQLite from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresDialect,
  type RawBuilder,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
  sql,
} from 'kysely'
import pg from 'pg'
import { PAGES_PER_BLOCK, type Schema } from './schema.ts'
import { type Batch, type Columns, type ColumnType, RowsMissing } from './writes.ts'

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
  /** Whether one `write` is a transaction of its own. */
  writesAtOnce: boolean
  /**
   * Writes all of the batches, in a transaction of the caller's or, on PostgreSQL, in one statement that is its own. The
   * batches must not touch the same row. `notices` go to the other nodes. Throws `RowsMissing`.
   */
  write(db: Kysely<Schema>, batches: readonly Batch[], notices?: readonly string[]): Promise<void>
  /** Rising numbers for pages of the timeline, that nobody else gets. Inside a transaction. */
  takePages(db: Kysely<Schema>, count: number): Promise<number[]>
  /** `column in (values)` as one parameter, so that the statement is the same for any number. */
  isOneOf(column: string, values: readonly string[], type?: ColumnType): RawBuilder<boolean>
}

export function openSqlite(file: string): Database {
  const raw = new SQLite(file)
  raw.pragma('journal_mode = WAL')
  raw.pragma('synchronous = FULL') // what was acknowledged survives a power cut
  raw.pragma('busy_timeout = 5000') // the command line may write beside the server
  raw.pragma('foreign_keys = ON')
  raw.pragma('cache_size = -16384') // 16 MB: the process stays as small with a million messages as with ten thousand
  raw.pragma('wal_autocheckpoint = 4000') // 16 MB of log: a page that changes often is copied back a quarter as often
  const prepared = withPreparedStatements(raw)
  const db = new Kysely<Schema>({ dialect: new ImmediateSqliteDialect({ database: prepared }) })
  return {
    name: 'sqlite',
    db,
    reader: file === ':memory:' ? db : openReader(file), // a database in memory belongs to its one connection
    lockRows: sql``,
    lockRowsSkippingLocked: sql``,
    rows: (alias, rows, columns) => {
      const names = Object.keys(columns)
      const fields = names.map((name, index) => sql`value ->> ${sql.lit(index)} as ${sql.ref(name)}`)
      // Lists in the order of the columns: a third less time than objects, which repeat the names in each row.
      const lists = JSON.stringify(rows.map((row) => names.map((name) => (row as Record<string, unknown>)[name])))
      return sql`(select ${sql.join(fields)} from json_each(${lists})) as ${sql.ref(alias)}`
    },
    isOneOf: (column, values) =>
      sql<boolean>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`,
    writesAtOnce: false,
    // On the one connection, which the caller's transaction holds.
    async write(_db, batches) {
      for (const { write, rows, each } of batches) {
        const statement = prepared.prepare(write.perRow)
        for (const row of rows as readonly Record<string, unknown>[]) {
          const { changes } = statement.run(write.names.map((name) => row[name] ?? null))
          if (each && Number(changes) !== 1) throw new RowsMissing()
        }
      }
    },
    async takePages(db, count) {
      const { rows: found } = await sql<{ last: number }>`select coalesce(max(n), 0) as last from timeline`.execute(db)
      const last = found[0]?.last ?? Number.NaN
      return Array.from({ length: count }, (_, index) => last + 1 + index)
    },
  }
}

function openReader(file: string): Kysely<Schema> {
  const raw = new SQLite(file, { readonly: true })
  raw.pragma('cache_size = -8192')
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: withPreparedStatements(raw) }) })
}

/** The engine's statements are few and the same each time; preparing one costs more than most of them take to run. */
function withPreparedStatements(raw: SQLite.Database): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>()
  return {
    prepare: (text: string) => {
      const known = prepared.get(text)
      if (known !== undefined) return known
      if (prepared.size >= STATEMENTS_KEPT) prepared.clear()
      const statement = raw.prepare(text)
      prepared.set(text, statement)
      return statement
    },
    close: () => raw.close(),
  }
}
const STATEMENTS_KEPT = 200

export function openPostgres(url: string): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    application_name: 'untilread',
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) },
  })
  // A connection that breaks while idle is replaced by the pool; whoever needs the database next hears of real trouble.
  pool.on('error', () => {})
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  return {
    name: 'postgres',
    db,
    reader: db,
    pool,
    lockRows: sql`for update of m`,
    lockRowsSkippingLocked: sql`for update of m skip locked`,
    rows: (alias, rows, columns) => {
      const lists = Object.entries(columns).map(([name, type]) => sql`${arrayOf(type, name, rows)}::${sql.raw(type)}[]`)
      return sql`unnest(${sql.join(lists)}) as ${sql.ref(alias)}(${sql.join(Object.keys(columns).map((name) => sql.ref(name)))})`
    },
    isOneOf: (column, values, type = 'uuid') => sql<boolean>`${sql.ref(column)} = any(${values}::${sql.raw(type)}[])`,
    writesAtOnce: true,
    async write(db, batches, notices = []) {
      const parameters: unknown[] = []
      const results: string[] = []
      const parts = batches.map(({ write: { names, types, ofRelation }, rows, each }, index) => {
        const lists = names.map((name) => {
          return `$${parameters.push(arrayOf(types[name] ?? 'text', name, rows))}::${types[name]}[]`
        })
        const text = ofRelation(`unnest(${lists.join(', ')}) as r(${names.join(', ')})`)
        if (!each) return `w${index} as (${text})`
        // Dividing by nothing makes the whole statement fail, and with it all that it has written.
        results.push(`1 / (case when (select count(*) from w${index}) = ${rows.length} then 1 else 0 end)`)
        return `w${index} as (${text} returning 1)`
      })
      if (notices.length > 0) {
        const texts = parameters.push(notices)
        results.push(`(select count(pg_notify('${CHANNEL}', notice)) from unnest($${texts}::text[]) as notice)`)
      }
      const query = CompiledQuery.raw(`with ${parts.join(', ')} select ${results.join(', ')}`, parameters)
      await db.executeQuery(query).catch((error: unknown) => {
        throw isDivisionByZero(error) ? new RowsMissing() : error
      })
    },
    takePages: pageBlocks(),
  }
}
/** Where the nodes hear of one another. */
export const CHANNEL = 'untilread'

function isDivisionByZero(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '22012'
}

/** A column's values as PostgreSQL's text for an array: read there five times as fast as the same rows as JSON. */
function arrayOf(type: ColumnType, name: string, rows: readonly object[]): string {
  const value = type === 'text' ? quoted : String
  const values = (rows as readonly Record<string, unknown>[]).map((row) => {
    const field = row[name]
    return field === null || field === undefined ? 'null' : value(field as string)
  })
  return `{${values.join(',')}}`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Numbers out of blocks that each node takes for itself, so that taking one is seldom a question to the database. */
function pageBlocks(): Database['takePages'] {
  let [next, end] = [0, 0]
  return async (db, count) => {
    const pages: number[] = []
    while (pages.length < count) {
      if (next === end) {
        const { rows: found } = await sql<{ first: number }>`select nextval('timeline_pages') as first`.execute(db)
        next = found[0]?.first ?? Number.NaN
        end = next + PAGES_PER_BLOCK
      }
      while (next < end && pages.length < count) pages.push(next++)
    }
    return pages
  }
}
const INT8 = 20 // times and counts: far below 2^53

/** Takes the write lock when a transaction begins: asking for it half-way could fail for good. */
class ImmediateSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig

  constructor(config: SqliteDialectConfig) {
    super(config)
    this.#config = config
  }

  override createDriver(): Driver {
    const driver = new SqliteDriver(this.#config)
    driver.beginTransaction = async (connection: DatabaseConnection) => {
      await connection.executeQuery(CompiledQuery.raw('begin immediate'))
    }
    return driver
  }
}
