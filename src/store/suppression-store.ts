import { type Kysely, sql } from 'kysely'
import type { Suppression, SuppressionStore } from '../engine/ports/suppression-store.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

const KEY = { connection: 'text', channel: 'text', address: 'text' } as const
const ROW = { ...KEY, reason: 'text', at: 'bigint' } as const

export function suppressionStore(database: Database): SuppressionStore {
  const { db, reader, rows } = database
  return {
    async suppress(suppressions) {
      if (suppressions.length === 0) return
      // However many they are, they are few parameters.
      await sql`
        insert into suppressions (connection, channel, address, reason, at)
        select connection, channel, address, reason, at from ${rows('r', suppressions, ROW)} where true
        on conflict (address, channel, connection) do nothing`.execute(db)
    },

    async lift(keys, { all = false } = {}) {
      if (keys.length === 0) return 0
      const relation = rows('k', keys, KEY)
      const which = all ? sql`` : sql`and reason <> 'bad-address'`
      // Compared as one value, so that each is looked up: beside a million others, too.
      const { rows: lifted } = await sql`
        delete from suppressions where (address, channel, connection) in
          (select k.address, k.channel, k.connection from ${relation}) ${which} returning 1`.execute(db)
      return lifted.length
    },

    async connections() {
      const found = await reader
        .selectFrom('suppressions')
        .select('connection')
        .distinct()
        .orderBy('connection')
        .execute()
      return found.map(({ connection }) => connection)
    },

    async list(connections, { address, after, limit }) {
      if (connections.length === 0) return []
      const only = address === undefined ? sql`` : sql`and s.address = ${address}`
      const from =
        after === undefined
          ? sql``
          : sql`and (s.address, s.channel, s.connection) > (${after.address}, ${after.channel}, ${after.connection})`
      const { rows: found } = await sql<Suppression>`
        select s.connection, s.channel, s.address, s.reason, s.at from suppressions s
        join ${rows(
          'c',
          connections.map((id) => ({ id })),
          { id: 'text' },
        )} on c.id = s.connection
        where true ${only} ${from} order by s.address, s.channel, s.connection limit ${limit}`.execute(reader)
      return found
    },
  }
}

/** What is suppressed of these addresses, by address. */
export async function suppressedAmong(
  read: Kysely<Schema>,
  { rows }: Database,
  addresses: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly Omit<Suppression, 'at'>[]>> {
  if (addresses.size === 0) return new Map()
  const asked = rows(
    'a',
    [...addresses].map((address) => ({ address })),
    { address: 'text' },
  )
  const { rows: found } = await sql<Omit<Suppression, 'at'>>`
    select s.connection, s.channel, s.address, s.reason from ${asked} join suppressions s on s.address = a.address`.execute(
    read,
  )
  return Map.groupBy(found, ({ address }) => address)
}
