import type { Clock } from '../src/engine/ports/clock.ts'
import { type Contender, SendCount } from './contender.ts'
import { openRaw } from './raw-sqlite.ts'

/**
 * SQLite as one would use it who needs no more than this: one table, with body and state in one row. It shows what the
 * width of a row costs when its state changes.
 */
export async function plainTable(file: string, clock: Clock): Promise<Contender> {
  const db = openRaw(file)
  db.exec(`create table if not exists messages (id text primary key, wake_at integer, state text not null, body text not null);
    create index if not exists messages_wake_at on messages (wake_at) where wake_at is not null`)
  const insert = db.prepare("insert into messages (id, wake_at, state, body) values (?, ?, 'live', ?)")
  const finish = db.prepare('update messages set state = ?, wake_at = null where id = ?')
  const selectDue = db.prepare('select id from messages where wake_at <= ? order by wake_at limit 500').pluck()
  const inOneCommit = (work: () => void) => db.transaction(work).immediate()
  let sends = new SendCount()

  return {
    name: 'one table',
    sharesCommits: false,
    callsOff: 'armed',
    async arm(messages) {
      inOneCommit(() => {
        for (const { envelope } of messages) insert.run(envelope.umid, envelope.scheduledAt, JSON.stringify(envelope))
      })
    },
    async callOff(umids) {
      inOneCommit(() => {
        for (const umid of umids) finish.run('succeeded', umid)
      })
    },
    /** Fires what is due now and then no more: it has no loop, for nothing is compared with it there. */
    async start(onSend) {
      sends = new SendCount()
      const now = clock.now()
      for (let due = selectDue.all(now) as string[]; due.length > 0; due = selectDue.all(now) as string[]) {
        inOneCommit(() => {
          for (const umid of due) finish.run('sent', umid)
        })
        for (const umid of due) onSend(umid)
        sends.add(due.length)
      }
    },
    sent: (count) => sends.reaches(count),
    async stop() {},
    async close() {
      db.close()
    },
  }
}
