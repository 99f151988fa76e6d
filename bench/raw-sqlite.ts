import SQLite from 'better-sqlite3'
import type { Clock } from '../src/engine/ports/clock.ts'
import type { NewMessage } from '../src/engine/ports/message-store.ts'
import type { Contender } from './contender.ts'
import { LEASE_MS, type Written, writtenTexts } from './life.ts'
import { RawLoop, type RawQueue } from './raw-loop.ts'
import { newRows, SEQUENCE_ROW } from './raw-rows.ts'
import { WAITS_MS } from './workload.ts'

/** SQLite alone: the engine's tables, indexes and rows by prepared statements, one transaction for each group. */
export async function rawSqlite(file: string, clock: Clock): Promise<Contender> {
  const db = openRaw(file)
  const text = writtenTexts(clock.now())
  db.prepare('insert into sequences (id, body) values (@id, @body) on conflict do nothing').run(SEQUENCE_ROW)
  const insertMessage = db.prepare(
    `insert into messages (id, subaccount_id, sequence_id, wake_at, progress)
     values (@id, @subaccount_id, @sequence_id, @wake_at, @progress)`,
  )
  const insertEnvelope = db.prepare(
    'insert into envelopes (message_id, subaccount_id, body) values (@id, @subaccount_id, @body)',
  )
  const insertAlarm = db.prepare('insert into alarms (at, message_id) values (?, ?)')
  const deleteAlarm = db.prepare('delete from alarms where at = ? and message_id = ?')
  const insertPage = db.prepare('insert into timeline (previous, version, entries) values (?, ?, ?)')
  const selectMessage = db.prepare('select version, last_page, progress from messages where id = ?')
  const updateMessage = db.prepare(
    'update messages set state = ?, wake_at = ?, version = version + 1, last_page = ?, progress = ? where id = ?',
  )
  const selectDue = db.prepare(
    `select a.at, m.id, m.version, m.last_page, m.progress, e.body
     from alarms a join messages m on m.id = a.message_id and m.wake_at = a.at join envelopes e on e.message_id = m.id
     where a.at <= ? order by a.at limit ?`,
  )
  const selectNext = db.prepare('select at from alarms order by at limit 1').pluck()

  const change = (row: Row, { state, progress, entries }: Written, wakeAt: number | null) => {
    const { lastInsertRowid } = insertPage.run(row.last_page, row.version + 1, entries)
    updateMessage.run(state, wakeAt, lastInsertRowid, progress, row.id)
    if (wakeAt !== null) insertAlarm.run(wakeAt, row.id)
  }
  const read = (umid: string) => ({ id: umid, ...(selectMessage.get(umid) as Omit<Row, 'id'>) })
  const arm = db.transaction((messages: readonly NewMessage[]) => {
    for (const row of newRows(messages)) {
      insertMessage.run(row)
      insertEnvelope.run(row)
      insertAlarm.run(row.wake_at, row.id)
    }
  })
  const callOff = db.transaction((umids: readonly string[]) => {
    for (const umid of umids) change(read(umid), text.succeeded, null)
  })
  const claim = db.transaction((now: number, limit: number) => {
    const due = selectDue.all(now, limit) as (Row & { at: number })[]
    for (const row of due) {
      change(row, text.sending, now + LEASE_MS)
      deleteAlarm.run(row.at, row.id)
    }
    return due.map(({ id }) => id)
  })
  const settle = db.transaction((umids: readonly string[], now: number) => {
    for (const umid of umids) change(read(umid), text.waiting, now + WAITS_MS)
  })
  const queue: RawQueue = {
    claim: claim.immediate,
    settle: settle.immediate,
    nextWakeAt: () => selectNext.get() as number | undefined,
  }
  let loop: RawLoop | undefined

  return {
    name: 'raw',
    sharesCommits: false,
    callsOff: 'sent',
    async arm(messages) {
      arm.immediate(messages)
      loop?.poke()
    },
    async callOff(umids) {
      callOff.immediate(umids)
    },
    async start(onSend) {
      loop = new RawLoop(queue, clock, onSend)
    },
    async sent(count) {
      await loop?.sent(count)
    },
    async stop() {
      await loop?.stop()
      loop = undefined
    },
    async close() {
      db.close()
    },
  }
}

type Row = { id: string; version: number; last_page: number | null }

/** With the settings of the product's own store. */
export function openRaw(file: string): SQLite.Database {
  const db = new SQLite(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('busy_timeout = 5000')
  db.pragma('foreign_keys = ON')
  db.pragma('cache_size = -16384')
  db.pragma('wal_autocheckpoint = 4000')
  return db
}
