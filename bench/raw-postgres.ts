import pg from 'pg'
import type { Clock } from '../src/engine/ports/clock.ts'
import type { Contender } from './contender.ts'
import { LEASE_MS, type Written, writtenTexts } from './life.ts'
import { RawLoop, type RawQueue } from './raw-loop.ts'
import { newRows, SEQUENCE_ROW } from './raw-rows.ts'
import { WAITS_MS } from './workload.ts'

const ARM = `
  with r as materialized (
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[])
      as r(id, subaccount_id, sequence_id, wake_at, progress, body)),
  narrow as (
    insert into messages (id, subaccount_id, sequence_id, wake_at, progress)
    select id, subaccount_id, sequence_id, wake_at, progress from r),
  alarm as (insert into alarms (at, message_id) select wake_at, id from r)
  insert into envelopes (message_id, subaccount_id, body) select id, subaccount_id, body from r`

const SELECT_DUE = `
  select a.at, m.id, m.progress, e.body
  from alarms a join messages m on m.id = a.message_id and m.wake_at = a.at join envelopes e on e.message_id = m.id
  where a.at <= $1 order by a.at limit $2 for update of m skip locked`

/** Moves rows on and adds their pages to the timeline: all get the same texts. */
const CHANGE = `
  with r as materialized (
    select m.id, m.version, m.last_page, nextval('timeline_pages') as n
    from unnest($1::uuid[]) as u(id) join messages m on m.id = u.id),
  moved as (
    update messages set state = $2, wake_at = $3, version = messages.version + 1, last_page = r.n, progress = $4
    from r where messages.id = r.id),
  page as (
    insert into timeline (n, previous, version, entries) select n, last_page, version + 1, $5 from r)`
const CALL_OFF = `${CHANGE} select 1`
const SETTLE = `${CHANGE} insert into alarms (at, message_id) select $3::bigint, id from r`
const CLAIM = `${CHANGE},
  past as (
    delete from alarms using unnest($1::uuid[], $6::bigint[]) as p(id, at)
    where alarms.at = p.at and alarms.message_id = p.id)
  insert into alarms (at, message_id) select $3::bigint, id from r`

/** PostgreSQL alone: the engine's tables, indexes and rows, each group as the arrays of a prepared statement. */
export async function rawPostgres(url: string, clock: Clock): Promise<Contender> {
  const requests = await connect(url)
  const sender = await connect(url)
  const text = writtenTexts(clock.now())
  await requests.query('insert into sequences (id, body) values ($1, $2) on conflict do nothing', [
    SEQUENCE_ROW.id,
    SEQUENCE_ROW.body,
  ])
  const queue: RawQueue = {
    async claim(now, limit) {
      await sender.query('begin')
      const due = await sender.query<{ id: string; at: string }>({
        name: 'due',
        text: SELECT_DUE,
        values: [now, limit],
      })
      const umids = due.rows.map(({ id }) => id)
      const values = [...changed(umids, text.sending, now + LEASE_MS), due.rows.map(({ at }) => at)]
      if (umids.length > 0) await sender.query({ name: 'claim', text: CLAIM, values })
      await sender.query('commit')
      return umids
    },
    async settle(umids, now) {
      await sender.query({ name: 'settle', text: SETTLE, values: changed(umids, text.waiting, now + WAITS_MS) })
    },
    async nextWakeAt() {
      const next = await sender.query<{ at: string }>({
        name: 'next',
        text: 'select at from alarms order by at limit 1',
      })
      return next.rows[0] && Number(next.rows[0].at)
    },
  }
  let loop: RawLoop | undefined

  return {
    name: 'raw',
    sharesCommits: false,
    callsOff: 'sent',
    async arm(messages) {
      const rows = newRows(messages)
      const values = COLUMNS.map((name) => rows.map((row) => row[name]))
      await requests.query({ name: 'arm', text: ARM, values })
      loop?.poke()
    },
    async callOff(umids) {
      await requests.query({ name: 'call-off', text: CALL_OFF, values: changed(umids, text.succeeded, null) })
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
      await Promise.all([requests.end(), sender.end()])
    },
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'untilread-bench' })
  await client.connect()
  return client
}

function changed(umids: readonly string[], { state, progress, entries }: Written, wakeAt: number | null): unknown[] {
  return [umids, state, wakeAt, progress, entries]
}

const COLUMNS = ['id', 'subaccount_id', 'sequence_id', 'wake_at', 'progress', 'body'] as const
