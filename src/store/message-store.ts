import { sql, type Transaction } from 'kysely'
import { wakeAtOf } from '../domain/message.ts'
import type {
  Change,
  Due,
  Envelope,
  Held,
  MatchedReceipt,
  MessageRecord,
  MessageStore,
  ParkedReceipt,
  ProviderRef,
  Saved,
  TimelinePage,
} from '../engine/ports/message-store.ts'
import type { Database } from './dialect.ts'
import { claimKeys, insertMessages } from './intake.ts'
import { insertDeliveries } from './outbox.ts'
import { fromRow, isUuid, type MessageRow, toRow } from './rows.ts'
import type { Schema } from './schema.ts'
import { SequenceCache } from './sequence-cache.ts'

type Tx = Transaction<Schema>
/** Told after each commit what changed; PostgreSQL passes it on to the other nodes. */
export type Notice = { umid: string; subAccountId: string; version: number }
export type MessageStoreOptions = {
  newId: () => string
  /** Runs inside the transaction, so that nobody hears of what was rolled back. */
  announce?: (tx: Tx, notices: readonly Notice[], wakeAt: number | undefined) => Promise<void>
}

const MESSAGE_COLUMNS = sql.raw(
  'm.id, m.subaccount_id, m.version, m.failures, m.wake_at, m.expires_at, m.dlr_url, m.progress, s.body as sequence',
)
/** Deadlocks and serialization failures: the database asks for another go. */
const ASKS_FOR_RETRY = new Set(['40001', '40P01'])
const MAX_TRIES = 5

export function messageStore(database: Database, { newId, announce }: MessageStoreOptions): MessageStore {
  const { db, reader, rows, isOneOf, lockRows, lockRowsSkippingLocked } = database
  const sequences = new SequenceCache()

  async function transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await db.transaction().execute(work)
      } catch (error) {
        if (attempt === MAX_TRIES || !ASKS_FOR_RETRY.has(codeOf(error))) throw error
      }
    }
  }

  async function save(tx: Tx, changes: readonly Change[]): Promise<number> {
    if (changes.length === 0) return 0
    const updates = changes.map((change) => toRow(change))
    const relation = rows('r', updates, {
      id: 'uuid',
      state: 'text',
      wake_at: 'bigint',
      version: 'integer',
      failures: 'integer',
      progress: 'text',
    })
    // Names the version that was decided on: a row that has moved on meanwhile is never overwritten.
    const result = await sql`
      update messages set state = r.state, wake_at = r.wake_at, version = r.version, failures = r.failures,
        progress = r.progress
      from ${relation} where messages.id = r.id and messages.version = r.version - 1`.execute(tx)
    if (Number(result.numAffectedRows) !== changes.length)
      throw new Error('invariant broken: a held row keeps its version')
    const pages = changes
      .filter(({ advanced }) => advanced.entries.length > 0)
      .map(({ held, advanced }) => ({
        message_id: held.message.id,
        version: held.version + 1,
        entries: JSON.stringify(advanced.entries),
      }))
    if (pages.length > 0) {
      const columns = { message_id: 'uuid', version: 'integer', entries: 'text' } as const
      await sql`insert into timeline (message_id, version, entries)
        select message_id, version, entries from ${rows('r', pages, columns)}`.execute(tx)
    }
    const deliveries = await insertDeliveries(database, tx, changes, newId)
    if (announce) {
      const notices = changes.map(({ held }) => ({
        umid: held.message.id,
        subAccountId: held.subAccountId,
        version: held.version + 1,
      }))
      await announce(tx, notices, earliest(updates.map(({ wake_at }) => wake_at)))
    }
    return deliveries
  }

  async function decideAndSave<R extends MessageRow, H extends Held>(
    tx: Tx,
    found: readonly R[],
    hold: (row: R) => H,
    decide: (held: H) => Change | undefined,
  ): Promise<Saved> {
    const changes = found.map((row) => decide(hold(row))).filter((change) => change !== undefined)
    return { changes, deliveries: await save(tx, changes) }
  }

  return {
    async accept(intakes) {
      let inserted: readonly string[] = []
      const results = await transaction(async (tx) => {
        const answers = await claimKeys(database, tx, intakes)
        const fresh = intakes
          .filter((_, index) => answers[index]?.kind === 'accepted')
          .flatMap(({ messages }) => messages)
        if (fresh.length > 0) {
          inserted = await sequences.insertMissing(tx, database, fresh)
          await insertMessages(database, tx, sequences, fresh)
          await announce?.(tx, [], earliest(fresh.map(({ message }) => wakeAtOf(message))))
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

    claimDue: (now, limit, decide) =>
      transaction(async (tx) => {
        const { rows: found } = await sql<MessageRow & { envelope: string }>`
          select ${MESSAGE_COLUMNS}, e.body as envelope
          from messages m join sequences s on s.id = m.sequence_id join envelopes e on e.message_id = m.id
          where m.wake_at <= ${now} order by m.wake_at limit ${limit} ${lockRowsSkippingLocked}`.execute(tx)
        return decideAndSave(tx, found, (row): Due => ({ ...hold(row), envelope: JSON.parse(row.envelope) }), decide)
      }),

    update: (umids, decide, { refs = [], unpark = [] } = {}) =>
      transaction(async (tx) => {
        const found = await selectMessages(tx, umids)
        const saved = await decideAndSave(tx, found, hold, decide)
        if (refs.length > 0) await insertRefs(database, tx, refs)
        if (unpark.length > 0) await tx.deleteFrom('parked_receipts').where(isOneOf('id', unpark)).execute()
        return saved
      }),

    async stillWanted(claims) {
      const relation = rows('c', claims, { umid: 'uuid', fence: 'bigint' })
      const { rows: wanted } = await sql<{ id: string }>`
        select m.id from ${relation} join messages m on m.id = c.umid and m.wake_at = c.fence`.execute(reader)
      return new Set(wanted.map(({ id }) => id))
    },

    async nextWakeAt() {
      const { rows: found } = await sql<{ wake_at: number }>`
        select wake_at from messages where wake_at is not null order by wake_at limit 1`.execute(reader)
      return found[0]?.wake_at
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
        from messages m join sequences s on s.id = m.sequence_id join envelopes e on e.message_id = m.id
        where m.id = ${umid}`.execute(reader)
      const [row] = found
      if (row === undefined) return undefined
      const { message, version, heldBack } = hold(row)
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
      const pages = await reader
        .selectFrom('timeline')
        .select(['version', 'entries'])
        .where('message_id', '=', umid)
        .where('version', '>', afterVersion)
        .orderBy('version')
        .execute()
      return pages.map(({ version, entries }): TimelinePage => ({ version, entries: JSON.parse(entries) }))
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
        (select count(*) from (select 1 from messages where wake_at <= ${now} limit 100000) as d) as overdue,
        (select count(*) from messages where state = 'live' and wake_at is null) as held_back`.execute(reader)
      return { overdue: found[0]?.overdue ?? 0, heldBack: found[0]?.held_back ?? 0 }
    },
  }

  function hold(row: MessageRow): Held {
    return fromRow(row, sequences.read(row.sequence))
  }

  async function selectMessages(tx: Tx, asked: readonly string[]): Promise<MessageRow[]> {
    const umids = asked.filter(isUuid)
    if (umids.length === 0) return []
    // In the order of the ids, so that two nodes with overlapping batches wait for each other in one direction.
    const { rows: found } = await sql<MessageRow>`
      select ${MESSAGE_COLUMNS} from messages m join sequences s on s.id = m.sequence_id
      where ${isOneOf('m.id', umids)} order by m.id ${lockRows}`.execute(tx)
    return found
  }
}

type ParkedRow = Schema['parked_receipts'] & { message_id: string; step: number }

function readParked(row: ParkedRow): MatchedReceipt {
  const { id, connection, ref, report, arrived_at, message_id, step } = row
  const parked: ParkedReceipt = { id, connection, ref, report: JSON.parse(report), arrivedAt: arrived_at }
  return { ...parked, umid: message_id, step }
}

async function insertRefs({ rows }: Database, tx: Tx, refs: readonly ProviderRef[]): Promise<void> {
  const relation = rows('r', refs, { connection: 'text', ref: 'text', umid: 'uuid', step: 'integer' })
  await sql`insert into provider_refs (connection, ref, message_id, step)
    select connection, ref, umid, step from ${relation} where true
    on conflict (connection, ref) do nothing`.execute(tx)
}

function earliest(wakeAts: readonly (number | null)[]): number | undefined {
  const known = wakeAts.filter((wakeAt) => wakeAt !== null)
  return known.length === 0 ? undefined : known.reduce((a, b) => Math.min(a, b))
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}
