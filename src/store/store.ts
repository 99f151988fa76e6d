import { sql } from 'kysely'
import type pg from 'pg'
import type { AccountStore } from '../engine/ports/account-store.ts'
import type { MessageStore } from '../engine/ports/message-store.ts'
import type { Outbox } from '../engine/ports/outbox.ts'
import { accountStore } from './account-store.ts'
import type { Database } from './database.ts'
import { type MessageStoreOptions, messageStore, type Notice } from './message-store.ts'
import { migrate } from './migrations.ts'
import { outbox } from './outbox.ts'
import { CHANNEL, openPostgres } from './postgres-database.ts'
import { openSqlite } from './sqlite-database.ts'

/** Everything at rest, in one database. */
export type Store = {
  messages: MessageStore & Outbox
  accounts: AccountStore
  /** Names of the migrations that were applied now. */
  migrate(): Promise<string[]>
  /** The time by the database's clock, in epoch milliseconds; undefined where it is this machine's own. */
  readTime?: () => Promise<number>
  /** Hears what other nodes committed; SQLite has none. Resolves to the function that stops it. */
  listen(onNotice: (notices: readonly Notice[], wakeAt: number | undefined) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

/** Opens a `postgres://` address, or a file for SQLite (`:memory:` for none). Does not migrate. */
export function openStore(location: string, { newId }: Pick<MessageStoreOptions, 'newId'>): Store {
  const isPostgres = /^postgres(ql)?:\/\//.test(location)
  const database = isPostgres ? openPostgres(location) : openSqlite(location)
  const node = newId()
  const messages = messageStore(database, { newId, ...(isPostgres && { tell: tellNodes(node) }) })
  return {
    messages: { ...messages, ...outbox(database) },
    accounts: accountStore(database),
    migrate: () => migrate(database),
    ...(isPostgres && { readTime: () => postgresTime(database) }),
    listen: async (onNotice) => (database.pool ? listen(database.pool, node, onNotice) : async () => {}),
    async close() {
      if (database.reader !== database.db) await database.reader.destroy()
      await database.db.destroy()
    },
  }
}

async function postgresTime({ db }: Database): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`.execute(db)
  return rows[0]?.ms ?? Number.NaN
}

/** A notification holds 8000 bytes; a notice takes some 60 and a subaccount's name. */
const NOTICES_PER_PAYLOAD = 50
type Payload = { node: string; wakeAt?: number | undefined; notices: Notice[] }

function tellNodes(node: string): NonNullable<MessageStoreOptions['tell']> {
  return (notices, wakeAt) => {
    const payloads: string[] = []
    for (let start = 0; start === 0 || start < notices.length; start += NOTICES_PER_PAYLOAD) {
      const payload: Payload = { node, wakeAt, notices: notices.slice(start, start + NOTICES_PER_PAYLOAD) }
      payloads.push(JSON.stringify(payload))
    }
    return payloads
  }
}

/** Notices only shorten waits: when the connection breaks, one is made anew, and nothing that matters was lost. */
async function listen(
  pool: pg.Pool,
  node: string,
  onNotice: (notices: readonly Notice[], wakeAt: number | undefined) => void,
): Promise<() => Promise<void>> {
  let client: pg.PoolClient | undefined
  let stopped = false
  const connect = async (): Promise<void> => {
    const fresh = await pool.connect()
    client = fresh
    const own = `{"node":"${node}"`
    fresh.on('notification', ({ payload = '{}' }) => {
      if (payload.startsWith(own)) return
      const { notices, wakeAt } = JSON.parse(payload) as Payload
      onNotice(notices, wakeAt)
    })
    fresh.on('error', () => {
      if (stopped || client !== fresh) return
      client = undefined
      fresh.release(true)
      connect().catch(() => {})
    })
    await fresh.query(`listen ${CHANNEL}`)
  }
  await connect()
  return async () => {
    stopped = true
    client?.release(true)
  }
}
