import SQLite from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
  sql,
} from 'kysely'
import type { Database } from './database.ts'
import { PAGES_PER_BLOCK, type Schema } from './schema.ts'
import { type Batch, RowsMissing } from './writes.ts'

export function openSqlite(file: string): Database {
  const raw = new SQLite(file)
  raw.pragma('journal_mode = WAL')
  raw.pragma('synchronous = FULL') // what was acknowledged survives a power cut
  raw.pragma('busy_timeout = 5000') // the command line may write beside the server
  raw.pragma('foreign_keys = ON')
  raw.pragma('cache_size = -16384') // 16 MB: the process stays as small with a million messages as with ten thousand
  raw.pragma('wal_autocheckpoint = 4000') // 16 MB of log: a page that changes often is copied back a quarter as often
  const prepared = withPreparedStatements(raw)
  const commit = raw.transaction((batches: readonly Batch[]) => writeBatches(prepared, batches))
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
    async write(db, batches) {
      if (db.isTransaction) writeBatches(prepared, batches)
      // There is one connection: whoever holds it may use it directly.
      else await db.connection().execute(async () => commit.immediate(batches))
    },
    async takeBlock() {
      const { rows: found } = await sql<{ n: number }>`insert into timeline_blocks default values returning n`.execute(
        db,
      )
      return (found[0]?.n ?? Number.NaN) * PAGES_PER_BLOCK
    },
  }
}

function writeBatches(db: SqliteDatabase, batches: readonly Batch[]): void {
  for (const { write, rows, each } of batches) {
    const statement = db.prepare(write.perRow)
    for (const row of rows as readonly Record<string, unknown>[]) {
      const { changes } = statement.run(write.names.map((name) => row[name] ?? null))
      if (each && Number(changes) !== 1) throw new RowsMissing()
    }
  }
}

function openReader(file: string): Kysely<Schema> {
  const raw = new SQLite(file, { readonly: true })
  raw.pragma('cache_size = -16384')
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: withPreparedStatements(raw) }) })
}

/** The store's statements are few and the same each time; preparing one costs more than most of them take to run. */
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
