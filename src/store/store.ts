import { sql } from 'kysely'
import type pg from 'pg'
import type { AccountStore } from '../engine/ports/account-store.ts'
import type { ContactStore } from '../engine/ports/directory.ts'
import type { MessageStore } from '../engine/ports/message-store.ts'
import type { Outbox } from '../engine/ports/outbox.ts'
import type { ReplyStore } from '../engine/ports/reply-store.ts'
import type { RuleStore } from '../engine/ports/rule-store.ts'
import type { SuppressionStore } from '../engine/ports/suppression-store.ts'
import type { WatchStore } from '../engine/ports/watch-store.ts'
import { accountStore } from './account-store.ts'
import { contactStore } from './contact-store.ts'
import type { Database } from './database.ts'
import { messageStore } from './message-store.ts'
import { migrate } from './migrations.ts'
import { outbox } from './outbox.ts'
import { CHANNEL, openPostgres } from './postgres-database.ts'
import { replyStore } from './reply-store.ts'
import { ruleStore } from './rule-store.ts'
import { openSqlite } from './sqlite-database.ts'
import { suppressionStore } from './suppression-store.ts'
import { type News, type TransitionOptions, Transitions } from './transitions.ts'
import { watchStore } from './watch-store.ts'

/** Everything at rest, in one database. */
export type Store = {
  messages: MessageStore & Outbox
  accounts: AccountStore
  watch: WatchStore
  rules: RuleStore
  contacts: ContactStore
  suppressions: SuppressionStore
  replies: ReplyStore
  /** Names of the migrations that were applied now. */
  migrate(): Promise<string[]>
  /** The time by the database's clock, in epoch milliseconds; undefined where it is this machine's own. */
  readTime?: () => Promise<number>
  /** Hears what other nodes committed; SQLite has none. Resolves to the function that stops it. */
  listen(onNews: (news: News) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

/** Opens a `postgres://` address, or a file for SQLite (`:memory:` for none). Does not migrate. */
export function openStore(location: string, { newId }: Pick<TransitionOptions, 'newId'>): Store {
  const isPostgres = /^postgres(ql)?:\/\//.test(location)
  const database = isPostgres ? openPostgres(location) : openSqlite(location)
  const node = newId()
  const transitions = new Transitions(database, { newId, ...(isPostgres && { tell: tellNodes(node) }) })
  const messages = messageStore(database, transitions)
  return {
    messages: { ...messages, ...outbox(database) },
    watch: watchStore(database, transitions),
    accounts: accountStore(database),
    rules: ruleStore(database),
    contacts: contactStore(database),
    suppressions: suppressionStore(database),
    replies: replyStore(database, newId),
    migrate: () => migrate(database),
    ...(isPostgres && { readTime: () => postgresTime(database) }),
    listen: async (onNews) => (database.pool ? listen(database.pool, node, onNews) : async () => {}),
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
const READERS_PER_PAYLOAD = 6 // names of people and sources may have 200 characters each, and escapes
type Payload = News & { node: string }

function tellNodes(node: string): NonNullable<TransitionOptions['tell']> {
  return ({ notices, wakeAt, readers = [] }) => {
    const payloads: string[] = []
    for (let start = 0; start === 0 || start < notices.length; start += NOTICES_PER_PAYLOAD) {
      const payload: Payload = { node, wakeAt, notices: notices.slice(start, start + NOTICES_PER_PAYLOAD) }
      payloads.push(JSON.stringify(payload))
    }
    for (let start = 0; start < readers.length; start += READERS_PER_PAYLOAD) {
      const payload = { node, notices: [], readers: readers.slice(start, start + READERS_PER_PAYLOAD) }
      payloads.push(JSON.stringify(payload))
    }
    return payloads
  }
}

/** Notices only shorten waits: when the connection breaks, one is made anew, and nothing that matters was lost. */
async function listen(pool: pg.Pool, node: string, onNews: (news: News) => void): Promise<() => Promise<void>> {
  let client: pg.PoolClient | undefined
  let stopped = false
  const connect = async (): Promise<void> => {
    const fresh = await pool.connect()
    client = fresh
    const own = `{"node":"${node}"`
    fresh.on('notification', ({ payload = '{}' }) => {
      if (payload.startsWith(own)) return
      onNews(JSON.parse(payload) as Payload)
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
