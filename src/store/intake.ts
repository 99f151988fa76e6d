import { type Kysely, sql } from 'kysely'
import { wakeAtOf } from '../domain/message.ts'
import type { Intake, IntakeResult, NewMessage } from '../engine/ports/message-store.ts'
import type { Database } from './dialect.ts'
import type { Schema } from './schema.ts'
import type { SequenceCache } from './sequence-cache.ts'

/** Takes the idempotency keys of these requests; tells which are new, which repeat an earlier one, and which misuse its key. */
export async function claimKeys(
  { rows }: Database,
  tx: Kysely<Schema>,
  intakes: readonly Intake[],
): Promise<IntakeResult[]> {
  const accepted: IntakeResult = { kind: 'accepted' }
  const withKey = intakes.filter((intake) => intake.idempotency)
  if (withKey.length === 0) return intakes.map(() => accepted)
  const name = (subAccountId: string, key: string) => JSON.stringify([subAccountId, key])
  const first = new Map<string, Intake>()
  for (const intake of withKey) {
    const id = name(intake.subAccountId, intake.idempotency?.key ?? '')
    if (!first.has(id)) first.set(id, intake)
  }
  const wanted = [...first.values()].map(({ subAccountId, idempotency }) => ({
    subaccount_id: subAccountId,
    key: idempotency?.key,
    body_hash: idempotency?.bodyHash,
    answer: idempotency?.answer,
    created_at: idempotency?.at,
  }))
  const columns = {
    subaccount_id: 'text',
    key: 'text',
    body_hash: 'text',
    answer: 'text',
    created_at: 'bigint',
  } as const
  // Another node that has just taken the same key holds this statement up until it has committed.
  const { rows: taken } = await sql<{ subaccount_id: string; key: string }>`
    insert into idempotency_keys (subaccount_id, key, body_hash, answer, created_at)
    select subaccount_id, key, body_hash, answer, created_at from ${rows('r', wanted, columns)} where true
    on conflict (subaccount_id, key) do nothing returning subaccount_id, key`.execute(tx)
  const won = new Set(taken.map(({ subaccount_id, key }) => name(subaccount_id, key)))
  const { rows: stored } = await sql<Schema['idempotency_keys']>`
    select k.* from ${rows('r', wanted, columns)}
    join idempotency_keys k on k.subaccount_id = r.subaccount_id and k.key = r.key`.execute(tx)
  const known = new Map(stored.map((row) => [name(row.subaccount_id, row.key), row]))
  return intakes.map((intake): IntakeResult => {
    if (!intake.idempotency) return accepted
    const id = name(intake.subAccountId, intake.idempotency.key)
    if (won.has(id) && first.get(id) === intake) return accepted
    const row = known.get(id)
    if (row === undefined || row.body_hash !== intake.idempotency.bodyHash) return { kind: 'conflict' }
    return { kind: 'replayed', answer: row.answer }
  })
}

export async function insertMessages(
  { rows }: Database,
  tx: Kysely<Schema>,
  sequences: SequenceCache,
  messages: readonly NewMessage[],
): Promise<void> {
  const narrow = messages.map(({ message, envelope }) => ({
    id: message.id,
    subaccount_id: envelope.subAccountId,
    sequence_id: sequences.idOf(message.sequence),
    wake_at: wakeAtOf(message),
    expires_at: message.expiresAt,
    dlr_url: envelope.dlrCallbackUrl,
    progress: JSON.stringify({ progress: message.progress, attempts: message.attempts }),
  }))
  const messageColumns = {
    id: 'uuid',
    subaccount_id: 'text',
    sequence_id: 'text',
    wake_at: 'bigint',
    expires_at: 'bigint',
    dlr_url: 'text',
    progress: 'text',
  } as const
  await sql`insert into messages
      (id, subaccount_id, sequence_id, state, wake_at, version, failures, expires_at, dlr_url, progress)
    select id, subaccount_id, sequence_id, 'live', wake_at, 0, 0, expires_at, dlr_url, progress
    from ${rows('r', narrow, messageColumns)}`.execute(tx)
  const wide = messages.map(({ envelope }) => ({
    message_id: envelope.umid,
    subaccount_id: envelope.subAccountId,
    batch_id: envelope.batchId,
    body: JSON.stringify(envelope),
  }))
  const envelopeColumns = { message_id: 'uuid', subaccount_id: 'text', batch_id: 'text', body: 'text' } as const
  await sql`insert into envelopes (message_id, subaccount_id, batch_id, body)
    select message_id, subaccount_id, batch_id, body from ${rows('r', wide, envelopeColumns)}`.execute(tx)
}
