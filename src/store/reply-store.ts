import { sql } from 'kysely'
import type { Reply, ReplyStore } from '../engine/ports/reply-store.ts'
import type { Database } from './database.ts'
import { deliveriesOfReplies, REPLY_TYPES } from './outbox.ts'

export function replyStore(database: Database, newId: () => string): ReplyStore {
  const { db } = database
  return {
    keepReplies: (replies, now, concerns) =>
      db.transaction().execute(async (tx) => {
        const fresh: Reply[] = []
        for (const reply of replies) {
          const { id, connection, channel, address, providerId, text = null, at } = reply
          const row = { id, connection, channel, address, provider_id: providerId, text, at }
          const kept = await tx
            .insertInto('replies')
            .values(row)
            .onConflict((conflict) => conflict.columns(['connection', 'provider_id']).doNothing())
            .returning('id')
            .execute()
          if (kept.length > 0) fresh.push(reply)
        }
        const hooks = await tx
          .selectFrom('webhooks')
          .select('subaccount_id')
          .where('type', 'in', REPLY_TYPES)
          .where('enabled', '=', 1)
          .execute()
        const subAccountIds = [...new Set(hooks.map(({ subaccount_id }) => subaccount_id))]
        const wanted = fresh.flatMap((reply) => {
          const own = subAccountIds.filter((id) => id !== '*' && concerns(id, reply))
          // A webhook for all hears what is nobody's own.
          const ids = own.length > 0 ? own : subAccountIds.filter((id) => id === '*')
          return ids.map((subAccountId) => ({ reply, subAccountId }))
        })
        const batch = deliveriesOfReplies(wanted, now, newId)
        if (batch.rows.length > 0) await database.write(tx, [batch])
        return batch.rows.length
      }),

    async sweepReplies(before) {
      const { rows } = await sql`delete from replies where at < ${before} and not exists
        (select 1 from deliveries d where d.message_id = replies.id) returning 1`.execute(db)
      return rows.length
    },
  }
}
