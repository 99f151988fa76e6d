import SQLite from 'better-sqlite3'
import type { Clock } from '../src/engine/ports/clock.ts'
import type { NewMessage } from '../src/engine/ports/message-store.ts'
import type { Contender } from './contender.ts'
import { LEASE_MS, type Written, writtenTexts } from './life.ts'
import { RawLoop, type RawQueue } from './raw-loop.ts'
import { newRows, SEQUENCE_ROW } from './raw-rows.ts'
import { CONNECTION, providerRefOf, WAITS_MS } from './workload.ts'

/** SQLite alone: the engine's tables, indexes and rows by prepared statements, one transaction for each group. */
export async function rawSqlite(file: string, clock: Clock): Promise<Contender> {
  const db = openRaw(file)
  const text = writtenTexts(clock.now())
  db.prepare('insert into sequences (id, body) values (@id, @body) on conflict do nothing').run(SEQUENCE_ROW)
  const insertMessage = db.prepare(
    `insert into messages (id, subaccount_id, sequence_id, state, wake_at, version, failures, progress)
     values (@id, @subaccount_id, @sequence_id, 'live', @wake_at, 0, 0, @progress)`,
  )
  const insertEnvelope = db.prepare(
    'insert into envelopes (message_id, subaccount_id, body) values (@id, @subaccount_id, @body)',
  )
  const updateMessage = db.prepare(
    'update messages set state = ?, wake_at = ?, version = version + 1, progress = ? where id = ?',
  )
  const insertPage = db.prepare('insert into timeline (message_id, version, entries) values (?, ?, ?)')
  const insertRef = db.prepare('insert into provider_refs (connection, ref, message_id, step) values (?, ?, ?, 0)')
  const findRef = db.prepare('select message_id from provider_refs where connection = ? and ref = ?').pluck()
  const selectDue = db.prepare(
    `select m.id, m.progress, e.body from messages m join envelopes e on e.message_id = m.id
     where m.wake_at <= ? order by m.wake_at limit ?`,
  )
  const selectNext = db
    .prepare('select wake_at from messages where wake_at is not null order by wake_at limit 1')
    .pluck()

  const change = (umid: string, version: number, { state, progress, entries }: Written, wakeAt: number | null) => {
    updateMessage.run(state, wakeAt, progress, umid)
    insertPage.run(umid, version, entries)
  }
  const arm = db.transaction((messages: readonly NewMessage[]) => {
    for (const row of newRows(messages)) {
      insertMessage.run(row)
      insertEnvelope.run(row)
    }
  })
  const callOff = db.transaction((umids: readonly string[]) => {
    for (const umid of umids) {
      const known = findRef.get(CONNECTION, providerRefOf(umid)) as string
      change(known, 3, text.succeeded, null)
    }
  })
  const claim = db.transaction((now: number, limit: number) => {
    const umids = (selectDue.all(now, limit) as { id: string }[]).map(({ id }) => id)
    for (const umid of umids) change(umid, 1, text.sending, now + LEASE_MS)
    return umids
  })
  const settle = db.transaction((umids: readonly string[], now: number) => {
    for (const umid of umids) {
      change(umid, 2, text.waiting, now + WAITS_MS)
      insertRef.run(CONNECTION, providerRefOf(umid), umid)
    }
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

/** With the settings of the product's own store. */
export function openRaw(file: string): SQLite.Database {
  const db = new SQLite(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('busy_timeout = 5000')
  db.pragma('foreign_keys = ON')
  db.pragma('cache_size = -16384')
  return db
}
