import pg from 'pg'
import type { Clock } from '../src/engine/ports/clock.ts'
import type { Contender } from './contender.ts'
import { LEASE_MS, type Written, writtenTexts } from './life.ts'
import { RawLoop, type RawQueue } from './raw-loop.ts'
import { newRows, SEQUENCE_ROW } from './raw-rows.ts'
import { CONNECTION, providerRefOf, WAITS_MS } from './workload.ts'

const ARM = `
  with r as materialized (select * from json_to_recordset($1::json) as r(
    id uuid, subaccount_id text, sequence_id text, wake_at bigint, progress text, body text)),
  narrow as (
    insert into messages (id, subaccount_id, sequence_id, state, wake_at, version, failures, progress)
    select id, subaccount_id, sequence_id, 'live', wake_at, 0, 0, progress from r)
  insert into envelopes (message_id, subaccount_id, body) select id, subaccount_id, body from r`

const SELECT_DUE = `
  select m.id, m.progress, e.body from messages m join envelopes e on e.message_id = m.id
  where m.wake_at <= $1 order by m.wake_at limit $2 for update of m skip locked`

/** Moves rows on and adds their pages to the timeline. */
const CHANGE = `
  with r as materialized (select * from json_to_recordset($1::json) as r(
    id uuid, version integer, state text, wake_at bigint, progress text, entries text, ref text)),
  moved as (
    update messages set state = r.state, wake_at = r.wake_at, version = messages.version + 1, progress = r.progress
    from r where messages.id = r.id)`
const INSERT_PAGES = 'insert into timeline (message_id, version, entries) select id, version, entries from r'
const CLAIM = `${CHANGE} ${INSERT_PAGES}`
const SETTLE = `${CHANGE},
  named as (
    insert into provider_refs (connection, ref, message_id, step) select $2, ref, id, 0 from r)
  ${INSERT_PAGES}`

const CALL_OFF = `
  with r as materialized (
    select p.message_id as id, r.* from json_to_recordset($1::json) as r(
      ref text, version integer, state text, progress text, entries text)
    join provider_refs p on p.connection = $2 and p.ref = r.ref),
  moved as (
    update messages set state = r.state, wake_at = null, version = messages.version + 1, progress = r.progress
    from r where messages.id = r.id)
  ${INSERT_PAGES}`

/** PostgreSQL alone: the engine's tables, indexes and rows, each group as one JSON parameter of a prepared statement. */
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
      const due = await sender.query<{ id: string }>({ name: 'due', text: SELECT_DUE, values: [now, limit] })
      const umids = due.rows.map(({ id }) => id)
      const values = [changes(umids, 1, text.sending, now + LEASE_MS)]
      if (umids.length > 0) await sender.query({ name: 'claim', text: CLAIM, values })
      await sender.query('commit')
      return umids
    },
    async settle(umids, now) {
      const values = [changes(umids, 2, text.waiting, now + WAITS_MS), CONNECTION]
      await sender.query({ name: 'settle', text: SETTLE, values })
    },
    async nextWakeAt() {
      const next = await sender.query<{ wake_at: string }>({
        name: 'next',
        text: 'select wake_at from messages where wake_at is not null order by wake_at limit 1',
      })
      return next.rows[0] && Number(next.rows[0].wake_at)
    },
  }
  let loop: RawLoop | undefined

  return {
    name: 'raw',
    sharesCommits: false,
    callsOff: 'sent',
    async arm(messages) {
      await requests.query({ name: 'arm', text: ARM, values: [JSON.stringify(newRows(messages))] })
      loop?.poke()
    },
    async callOff(umids) {
      const values = [changes(umids, 3, text.succeeded, null), CONNECTION]
      await requests.query({ name: 'call-off', text: CALL_OFF, values })
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

function changes(umids: readonly string[], version: number, written: Written, wakeAt: number | null): string {
  return JSON.stringify(
    umids.map((umid) => ({ id: umid, ref: providerRefOf(umid), version, wake_at: wakeAt, ...written })),
  )
}
