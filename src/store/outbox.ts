import { type Kysely, sql } from 'kysely'
import type { Change, Envelope } from '../engine/ports/message-store.ts'
import type { Claimed, Endpoint, Outbox, ReceiptDelivery, ReplyDelivery } from '../engine/ports/outbox.ts'
import type { Reply } from '../engine/ports/reply-store.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'
import { type Batch, insertInto } from './writes.ts'

type Facts = Pick<ReceiptDelivery, 'step' | 'channel' | 'status' | 'at' | 'error' | 'skipped'>
/** More receipts than one transition can have, so that numbers rise within a message and across its versions. */
const RECEIPTS_PER_VERSION = 64

const NEW_DELIVERIES = insertInto('deliveries', {
  id: 'uuid',
  message_id: 'uuid',
  lane: 'text',
  url: 'text',
  event_number: 'integer',
  facts: 'text',
  attempts: 'integer',
  wake_at: 'bigint',
})
const RECEIPT_TYPES = ['CADR', '']
export const REPLY_TYPES = ['MSG', '']

/** A column of a query: the subaccounts with a webhook for receipts, one a line; null where there is none. */
export const SUBSCRIBERS = sql<string | null>`(
  select string_agg(subaccount_id, ${sql.lit('\n')}) from webhooks
  where enabled = 1 and type in (${sql.join(RECEIPT_TYPES.map((type) => sql.lit(type)))})) as subscribers`

export function readSubscribers(column: string | null | undefined): ReadonlySet<string> {
  return column ? new Set(column.split('\n')) : NOBODY
}
const NOBODY: ReadonlySet<string> = new Set()

/** The receipts that these changes give rise to, for those who asked for them. */
export function newDeliveries(changes: readonly Change[], newId: () => string): Batch {
  const rows = changes.flatMap(({ held, advanced }) => {
    if (!held.wantsReceipts) return []
    const published = advanced.effects.filter((effect) => effect.type === 'publish')
    return published.map(({ step, status, at, error, skipped }, position) => ({
      id: newId(),
      message_id: held.message.id,
      lane: held.dlrUrl ?? held.subAccountId,
      url: held.dlrUrl,
      event_number: (held.version + 1) * RECEIPTS_PER_VERSION + position,
      facts: JSON.stringify({ step, channel: held.message.sequence[step]?.channel, status, at, error, skipped }),
      attempts: 0,
      wake_at: at,
    }))
  })
  return { write: NEW_DELIVERIES, rows }
}

/** Replies for the webhooks of these subaccounts. */
export function deliveriesOfReplies(
  wanted: readonly { reply: Reply; subAccountId: string }[],
  now: number,
  newId: () => string,
): Batch {
  const rows = wanted.map(({ reply, subAccountId }) => ({
    id: newId(),
    message_id: reply.id,
    lane: subAccountId,
    url: null,
    event_number: 0,
    facts: JSON.stringify({ reply: subAccountId }),
    attempts: 0,
    wake_at: now,
  }))
  return { write: NEW_DELIVERIES, rows }
}

export function outbox({ db, reader, rows, lockRowsSkippingLocked, name }: Database): Outbox {
  const notIn = (lanes: readonly string[]) =>
    name === 'postgres'
      ? sql`m.lane <> all(${lanes}::text[])`
      : sql`m.lane not in (select value from json_each(${JSON.stringify(lanes)}))`

  return {
    claimDeliveries: (now, limit, leaseUntil, busy) =>
      db.transaction().execute(async (tx) => {
        const { rows: found } = await sql<Schema['deliveries'] & About>`
          select m.*, e.body as envelope, e.subaccount_id, r.connection, r.channel, r.address, r.provider_id, r.text, r.at
          from deliveries m left join envelopes e on e.message_id = m.message_id left join replies r on r.id = m.message_id
          where m.wake_at <= ${now} and ${notIn(busy)} order by m.wake_at limit ${limit}
          ${lockRowsSkippingLocked}`.execute(tx)
        if (found.length === 0) return []
        const taken = rows(
          'r',
          found.map(({ id }) => ({ id })),
          { id: 'uuid' },
        )
        await sql`update deliveries set wake_at = ${leaseUntil} from ${taken} where deliveries.id = r.id`.execute(tx)
        const endpoints = await loadEndpoints(tx)
        return found.map((row): Claimed => {
          const { id, attempts, lane } = row
          const about = row.envelope === null ? replyIn(row) : receiptIn(row, row.envelope)
          const endpoint =
            about.kind === 'reply'
              ? endpoints(about.subAccountId, null, REPLY_TYPES)
              : endpoints(about.envelope.subAccountId, row.url, RECEIPT_TYPES)
          return { lane, delivery: { id, attempts, ...about, ...(endpoint && { endpoint }) } }
        })
      }),

    settleDeliveries: (results) =>
      db.transaction().execute(async (tx) => {
        const gone = results.filter(({ kind }) => kind === 'delivered').map(({ id }) => ({ id }))
        if (gone.length > 0) {
          await sql`delete from deliveries where id in (select id from ${rows('r', gone, { id: 'uuid' })})`.execute(tx)
        }
        const kept = results
          .filter((result) => result.kind !== 'delivered')
          .map((result) => ({
            id: result.id,
            wake_at: result.kind === 'again' ? result.at : null,
            last_error: result.error,
          }))
        if (kept.length === 0) return
        const relation = rows('r', kept, { id: 'uuid', wake_at: 'bigint', last_error: 'text' })
        await sql`update deliveries set wake_at = r.wake_at, last_error = r.last_error, attempts = deliveries.attempts + 1
          from ${relation} where deliveries.id = r.id`.execute(tx)
      }),

    async nextDeliveryAt(busy) {
      const { rows: found } = await sql<{ wake_at: number }>`
        select m.wake_at from deliveries m where m.wake_at is not null and ${notIn(busy)}
        order by m.wake_at limit 1`.execute(reader)
      return found[0]?.wake_at
    },
  }
}

type About = {
  envelope: string | null
  connection: string
  channel: string
  address: string
  provider_id: string
  text: string | null
  at: number
}

function receiptIn(row: Schema['deliveries'], envelope: string): ReceiptDelivery {
  const facts = JSON.parse(row.facts) as Facts
  return { kind: 'receipt', envelope: JSON.parse(envelope) as Envelope, eventNumber: row.event_number, ...facts }
}

function replyIn(row: Schema['deliveries'] & About): ReplyDelivery {
  const { message_id: id, connection, channel, address, provider_id: providerId, text, at } = row
  const { reply: subAccountId } = JSON.parse(row.facts) as { reply: string }
  return {
    kind: 'reply',
    subAccountId,
    reply: { id, connection, channel, address, providerId, at, ...(text !== null && { text }) },
  }
}

/** Finds where a receipt goes by today's configuration, so that a corrected address also serves what is waiting. */
async function loadEndpoints(
  tx: Kysely<Schema>,
): Promise<(subAccountId: string, url: string | null, types: readonly string[]) => Endpoint | undefined> {
  const hooks = await tx.selectFrom('webhooks').selectAll().where('enabled', '=', 1).execute()
  const secret = await tx.selectFrom('settings').select('value').where('name', '=', SIGNING_SECRET).executeTakeFirst()
  const signingSecret = secret?.value ?? ''
  return (subAccountId, url, types) => {
    const fitting = hooks.filter(({ type }) => types.includes(type))
    const hook =
      fitting.find((each) => each.subaccount_id === subAccountId) ?? fitting.find((each) => each.subaccount_id === '*')
    const target = url ?? hook?.url
    if (target === undefined) return undefined
    const authorization = hook?.http_authorization
    return { url: target, signingSecret, ...(authorization && { httpAuthorization: authorization }) }
  }
}

export const SIGNING_SECRET = 'webhook-signing-secret'
