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
import type { Schema } from './schema.ts'

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
  /** Many rows as one JSON parameter: a relation with these columns, to stand behind `from`. */
  rows(alias: string, rows: readonly object[], columns: Record<string, ColumnType>): RawBuilder<unknown>
  /** `column in (values)` as one parameter, so that the statement is the same for any number. */
  isOneOf(column: string, values: readonly string[], type?: ColumnType): RawBuilder<boolean>
}
export type ColumnType = 'uuid' | 'text' | 'bigint' | 'integer'

export function openSqlite(file: string): Database {
  const raw = new SQLite(file)
  raw.pragma('journal_mode = WAL')
  raw.pragma('synchronous = FULL') // what was acknowledged survives a power cut
  raw.pragma('busy_timeout = 5000') // the command line may write beside the server
  raw.pragma('foreign_keys = ON')
  raw.pragma('cache_size = -16384') // 16 MB: the process stays as small with a million messages as with ten thousand
  const db = new Kysely<Schema>({ dialect: new ImmediateSqliteDialect({ database: withPreparedStatements(raw) }) })
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
      const fields = Object.entries(columns).map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(type)}`)
      return sql`json_to_recordset(${JSON.stringify(rows)}::json) as ${sql.ref(alias)}(${sql.join(fields)})`
    },
    isOneOf: (column, values, type = 'uuid') => sql<boolean>`${sql.ref(column)} = any(${values}::${sql.raw(type)}[])`,
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
