import { type Kysely, sql } from 'kysely'
import { wakeAtOf } from '../domain/message.ts'
import type { Intake, IntakeResult, NewMessage } from '../engine/ports/message-store.ts'
import type { Database } from './database.ts'
import { progressText } from './rows.ts'
import type { Schema } from './schema.ts'
import type { SequenceCache } from './sequence-cache.ts'
import { type Batch, insertInto } from './writes.ts'

/** Takes the idempotency keys of these requests; tells which are new, which repeat an earlier one, and which misuse its key. */
export async function claimKeys(
  { rows }: Database,
  tx: Kysely<Schema>,
  intakes: readonly Intake[],
): Promise<IntakeResult[]> {
  const withKey = intakes.filter((intake) => intake.idempotency)
  if (withKey.length === 0) return intakes.map(() => ACCEPTED)
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
    if (!intake.idempotency) return ACCEPTED
    const id = name(intake.subAccountId, intake.idempotency.key)
    if (won.has(id) && first.get(id) === intake) return ACCEPTED
    const row = known.get(id)
    if (row === undefined || row.body_hash !== intake.idempotency.bodyHash) return { kind: 'conflict' }
    return { kind: 'replayed', answer: row.answer }
  })
}

export const ACCEPTED: IntakeResult = { kind: 'accepted' }
const NEW_MESSAGES = insertInto('messages', {
  id: 'uuid',
  subaccount_id: 'text',
  sequence_id: 'text',
  wake_at: 'bigint',
  expires_at: 'bigint',
  dlr_url: 'text',
  progress: 'text',
})
export const NEW_ENVELOPES = insertInto('envelopes', {
  message_id: 'uuid',
  subaccount_id: 'text',
  batch_id: 'text',
  body: 'text',
})
// The same alarm may be there already, left over: SQLite passes it over, PostgreSQL keeps both and clears both away.
export const NEW_ALARMS = {
  ...insertInto('alarms', { at: 'bigint', message_id: 'uuid' }),
  perRow: 'insert or ignore into alarms (at, message_id) values (?, ?)',
}

/** What new messages write, whose sequences are stored. */
export function newMessages(sequences: SequenceCache, messages: readonly NewMessage[]): Batch[] {
  return [
    {
      write: NEW_MESSAGES,
      rows: messages.map(({ message, envelope }) => ({
        id: message.id,
        subaccount_id: envelope.subAccountId,
        sequence_id: sequences.idOf(message.sequence),
        wake_at: wakeAtOf(message),
        expires_at: message.expiresAt,
        dlr_url: envelope.dlrCallbackUrl,
        progress: progressText(message),
      })),
    },
    {
      write: NEW_ENVELOPES,
      rows: messages.map(({ envelope }) => ({
        message_id: envelope.umid,
        subaccount_id: envelope.subAccountId,
        batch_id: envelope.batchId,
        body: JSON.stringify(envelope),
      })),
    },
    { write: NEW_ALARMS, rows: messages.map(({ message }) => ({ at: wakeAtOf(message), message_id: message.id })) },
  ]
}
