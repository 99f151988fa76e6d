import { type Kysely, type RawBuilder, sql } from 'kysely'
import { wakeAtOf } from '../domain/message.ts'
import { addressesOf } from '../domain/recipient.ts'
import { listedAs } from '../domain/suppression.ts'
import type {
  Also,
  Change,
  Due,
  Envelope,
  MatchedReceipt,
  MessageRecord,
  MessageStore,
  NewMessage,
  ParkedReceipt,
  Saved,
  TimelinePage,
} from '../engine/ports/message-store.ts'
import type { Database } from './database.ts'
import { ACCEPTED, claimKeys, newMessages } from './intake.ts'
import { SUBSCRIBERS } from './outbox.ts'
import { afterChange, isUuid, type MessageRow, wakeAtOfHeld } from './rows.ts'
import type { Schema } from './schema.ts'
import { suppressedAmong } from './suppression-store.ts'
import { earliest, type HeldRow, hold, MESSAGE_COLUMNS, type Transitions } from './transitions.ts'
import { type Batch, deleteFrom, insertInto } from './writes.ts'

const ALARM = { at: 'bigint', message_id: 'uuid' } as const
const DELETE_ALARMS = deleteFrom('alarms', ALARM)
// Asks once more: the message may have come back to just this moment since it was looked at.
const CLEAR_LEFT_OVER = deleteFrom('alarms', ALARM, {
  unless: 'exists (select 1 from messages as m where m.id = alarms.message_id and m.wake_at = alarms.at)',
})
const NEW_REFS = insertInto(
  'provider_refs',
  { connection: 'text', ref: 'text', message_id: 'uuid', step: 'integer' },
  { ifNew: true },
)
const UNPARK = deleteFrom('parked_receipts', { id: 'uuid' })
const WITH_LOCKS_MS = 10_000

export function messageStore(database: Database, transitions: Transitions): MessageStore {
  const { db, reader, rows, lockRows, lockRowsSkippingLocked } = database
  const { sequences, pageNumbers } = transitions
  let claimsWithLocksUntil = Number.NEGATIVE_INFINITY

  async function claim(
    write: Kysely<Schema>,
    read: Kysely<Schema>,
    now: number,
    limit: number,
    decide: (due: Due, position: number) => Change | undefined,
    lock: RawBuilder<unknown>,
  ): Promise<Saved & { more: boolean }> {
    const { rows: found } = await sql<HeldRow & { alarm_at: number; envelope: string | null }>`
      select a.at as alarm_at, ${MESSAGE_COLUMNS}, ${SUBSCRIBERS}, e.body as envelope
      from alarms a join messages m on m.id = a.message_id
      left join envelopes e on e.message_id = m.id and m.wake_at = a.at
      where a.at <= ${now} order by a.at limit ${limit} ${lock}`.execute(read)
    const sequenceOf = await sequences.of(read, database, found)
    const due = new Map<string, Omit<Due, 'suppressed'>>()
    const leftOver: { at: number; message_id: string }[] = []
    for (const row of found) {
      const { id, wake_at, alarm_at, envelope } = row
      if (wake_at === alarm_at && envelope !== null)
        due.set(id, { ...hold(row, sequenceOf), envelope: JSON.parse(envelope) })
      // The message moved on from here, or ended.
      else leftOver.push({ at: alarm_at, message_id: id })
    }
    const suppressed = await suppressedAmong(read, database, new Set([...due.values()].flatMap(addressesIn)))
    const changes = [...due.values()]
      .map((each) => ({ ...each, suppressed: addressesIn(each).flatMap((one) => suppressed.get(one) ?? []) }))
      .map((each, position) => decide(each, position))
      .filter((change) => change !== undefined)
    const past = changes.flatMap((change) => {
      const at = wakeAtOfHeld(change.held)
      return at === null || at === wakeAtOfHeld(afterChange(change)) ? [] : [{ at, message_id: change.held.message.id }]
    })
    const saved = await transitions.save(write, changes, [
      { write: DELETE_ALARMS, rows: past },
      { write: CLEAR_LEFT_OVER, rows: leftOver },
    ])
    return { ...saved, more: found.length === limit }
  }

  return {
    async accept(intakes) {
      const all = intakes.flatMap(({ messages }) => messages)
      const told = (fresh: readonly NewMessage[]) =>
        transitions.told({ notices: [], wakeAt: earliest(fresh.map(({ message }) => wakeAtOf(message))) })
      if (sequences.hasAll(all) && intakes.every(({ idempotency }) => !idempotency)) {
        await database.write(db, newMessages(sequences, all), told(all))
        return intakes.map(() => ACCEPTED)
      }
      let inserted: readonly string[] = []
      const results = await transitions.transaction(async (tx) => {
        const answers = await claimKeys(database, tx, intakes)
        const fresh = intakes
          .filter((_, index) => answers[index]?.kind === 'accepted')
          .flatMap(({ messages }) => messages)
        if (fresh.length > 0) {
          inserted = await sequences.insertMissing(tx, database, fresh)
          await database.write(tx, newMessages(sequences, fresh), told(fresh))
        }
        return answers
      })
      sequences.confirm(inserted)
      return results
    },

    async answerTo(subAccountId, key) {
      const row = await reader
        .selectFrom('idempotency_keys')
        .select(['body_hash', 'answer'])
        .where('subaccount_id', '=', subAccountId)
        .where('key', '=', key)
        .executeTakeFirst()
      return row && { bodyHash: row.body_hash, answer: row.answer }
    },

    async claimDue(now, limit, decide) {
      await pageNumbers.refill()
      // Without locks first: that takes one question and one statement. Where nodes get in each other's way, with locks.
      if (now >= claimsWithLocksUntil) {
        const saved = await transitions.unlessContended(() => claim(db, reader, now, limit, decide, sql``))
        if (saved) return saved
        claimsWithLocksUntil = now + WITH_LOCKS_MS
      }
      return transitions.transaction((tx) => claim(tx, tx, now, limit, decide, lockRowsSkippingLocked))
    },

    async update(umids, decide, also) {
      await pageNumbers.refill()
      const once = async (write: Kysely<Schema>, read: Kysely<Schema>, lock: RawBuilder<unknown>) => {
        const found = await transitions.select(read, umids, lock)
        const changes = found.map((held) => decide(held)).filter((change) => change !== undefined)
        return transitions.save(write, changes, batchesOf(also))
      }
      const saved = await transitions.unlessContended(() => once(db, reader, sql``))
      return saved ?? transitions.transaction((tx) => once(tx, tx, lockRows))
    },

    async saveUnlessChanged(changes, also) {
      await pageNumbers.refill()
      return transitions.unlessContended(() => transitions.save(db, changes, batchesOf(also)))
    },

    async stillWanted(claims) {
      const relation = rows('c', claims, { umid: 'uuid', fence: 'bigint' })
      const { rows: wanted } = await sql<{ id: string }>`
        select m.id from ${relation} join messages m on m.id = c.umid and m.wake_at = c.fence`.execute(reader)
      return new Set(wanted.map(({ id }) => id))
    },

    async nextWakeAt() {
      const { rows: found } = await sql<{ at: number }>`
        select at from alarms order by at limit 1`.execute(reader)
      return found[0]?.at
    },

    async resolveRefs(refs) {
      const relation = rows('r', refs, { connection: 'text', ref: 'text' })
      const { rows: found } = await sql<Schema['provider_refs']>`
        select p.* from ${relation}
        join provider_refs p on p.connection = r.connection and p.ref = r.ref`.execute(reader)
      return new Map(
        found.map(({ connection, ref, message_id, step }) => [`${connection} ${ref}`, { umid: message_id, step }]),
      )
    },

    async park(receipts) {
      await db
        .insertInto('parked_receipts')
        .values(
          receipts.map(({ arrivedAt, report, ...rest }) => ({
            ...rest,
            report: JSON.stringify(report),
            arrived_at: arrivedAt,
          })),
        )
        .execute()
    },

    async matchParked(refs) {
      const only = refs && rows('r', refs, { connection: 'text', ref: 'text' })
      const { rows: found } = await sql<ParkedRow>`
        select q.*, p.message_id, p.step from parked_receipts q
        join provider_refs p on p.connection = q.connection and p.ref = q.ref
        ${only ? sql`join ${only} on r.connection = q.connection and r.ref = q.ref` : sql``}
        order by q.arrived_at, q.id limit 1000`.execute(reader)
      return found.map(readParked)
    },

    async find(umid) {
      if (!isUuid(umid)) return undefined
      const { rows: found } = await sql<MessageRow & { envelope: string }>`
        select ${MESSAGE_COLUMNS}, e.body as envelope
        from messages m join envelopes e on e.message_id = m.id where m.id = ${umid}`.execute(reader)
      const [row] = found
      if (row === undefined) return undefined
      const { message, version, heldBack } = hold(row, await sequences.of(reader, database, found))
      const envelope = JSON.parse(row.envelope) as Envelope
      return {
        envelope,
        message,
        version,
        heldBack,
      } satisfies MessageRecord
    },

    async timeline(umid, afterVersion = 0) {
      if (!isUuid(umid)) return []
      const { rows: found } = await sql<{ version: number; entries: string }>`
        with recursive pages (previous, version, entries) as (
          select t.previous, t.version, t.entries from messages m join timeline t on t.n = m.last_page where m.id = ${umid}
          union all
          select t.previous, t.version, t.entries from pages p join timeline t on t.n = p.previous
          where p.version > ${afterVersion} + 1)
        select version, entries from pages where version > ${afterVersion} order by version`.execute(reader)
      return found.map(({ version, entries }): TimelinePage => ({ version, entries: JSON.parse(entries) }))
    },

    async batch(subAccountId, batchId) {
      const found = await reader
        .selectFrom('envelopes')
        .select('message_id')
        .where('batch_id', '=', batchId)
        .where('subaccount_id', '=', subAccountId)
        .execute()
      return found.map(({ message_id }) => message_id)
    },

    async sweep(before) {
      const parked = await db.deleteFrom('parked_receipts').where('arrived_at', '<', before.parked).executeTakeFirst()
      const keys = await db
        .deleteFrom('idempotency_keys')
        .where('created_at', '<', before.idempotency)
        .executeTakeFirst()
      return { parked: Number(parked.numDeletedRows), idempotency: Number(keys.numDeletedRows) }
    },

    async backlog(now) {
      const { rows: found } = await sql<{ overdue: number; held_back: number }>`select
        (select count(*) from (
          select 1 from alarms a join messages m on m.id = a.message_id and m.wake_at = a.at
          where a.at <= ${now} limit 100000) as d) as overdue,
        (select count(*) from held_back) as held_back`.execute(reader)
      return { overdue: found[0]?.overdue ?? 0, heldBack: found[0]?.held_back ?? 0 }
    },
  }
}

function addressesIn({ envelope, message }: Pick<Due, 'envelope' | 'message'>): string[] {
  return addressesOf({ ...envelope.user, ...message.watch?.inquiry?.user }).map(listedAs)
}

type ParkedRow = Schema['parked_receipts'] & { message_id: string; step: number }

function readParked(row: ParkedRow): MatchedReceipt {
  const { id, connection, ref, report, arrived_at, message_id, step } = row
  const parked: ParkedReceipt = { id, connection, ref, report: JSON.parse(report), arrivedAt: arrived_at }
  return { ...parked, umid: message_id, step }
}

function batchesOf({ refs = [], unpark = [] }: Also = {}): Batch[] {
  return [
    { write: NEW_REFS, rows: refs.map(({ umid, ...ref }) => ({ ...ref, message_id: umid })) },
    { write: UNPARK, rows: unpark.map((id) => ({ id })) },
  ]
}
