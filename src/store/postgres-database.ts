import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { type ColumnType, RowsMissing } from './writes.ts'

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
  const nameOf = statementNames()
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
    async write(db, batches, payloads = []) {
      const parameters: unknown[] = []
      const results: string[] = []
      const parts = batches.map(({ write: { names, types, ofRelation }, rows, each }, index) => {
        const lists = new Map(
          names.map((name) => {
            const place = parameters.push(arrayOf(types[name] ?? 'text', name, rows))
            return [name, `$${place}::${types[name]}[]`]
          }),
        )
        const relation = `unnest(${[...lists.values()].join(', ')}) as r(${names.join(', ')})`
        const text = ofRelation(relation, (name) => lists.get(name) ?? '')
        if (!each) return `w${index} as (${text})`
        // Dividing by nothing makes the whole statement fail, and with it all that it has written.
        results.push(`1 / (case when (select count(*) from w${index}) = ${rows.length} then 1 else 0 end)`)
        return `w${index} as (${text} returning 1)`
      })
      if (payloads.length > 0) {
        const texts = parameters.push(payloads)
        results.push(`(select count(pg_notify('${CHANNEL}', payload)) from unnest($${texts}::text[]) as payload)`)
      }
      const text = `with ${parts.join(', ')} select ${results.join(', ')}`
      try {
        if (!db.isTransaction && batches.every(({ write }) => write.onlyAdds)) {
          await pool.query({ name: nameOf(text), text, values: parameters })
        } else await db.executeQuery(CompiledQuery.raw(text, parameters))
      } catch (error) {
        throw isDivisionByZero(error) ? new RowsMissing() : error
      }
    },
    async takeBlock() {
      const { rows: found } = await sql<{ first: number }>`select nextval('timeline_pages') as first`.execute(db)
      return found[0]?.first ?? Number.NaN
    },
  }
}
/** Where the nodes hear of one another. */
export const CHANNEL = 'untilread'

/**
 * Names for statements that PostgreSQL reads and plans once for a connection: a tenth less time for arming. Only for those
 * that add rows: a plan that looks rows up, made while a table was small, would stay as it is while the table grows.
 */
function statementNames(): (text: string) => string {
  const names = new Map<string, string>()
  return (text) => {
    const name = names.get(text) ?? `untilread-${names.size + 1}`
    names.set(text, name)
    return name
  }
}

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

const INT8 = 20 // times and counts: far below 2^53
