import { type Kysely, sql } from 'kysely'
import type { ReminderRule } from '../domain/reminder-rule.ts'
import type { RuleStore } from '../engine/ports/rule-store.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

export function ruleStore(database: Database): RuleStore {
  const { reader } = database
  return {
    async list(subAccountId) {
      const rows = await reader
        .selectFrom('reminder_rules')
        .select('body')
        .where('subaccount_id', '=', subAccountId)
        .orderBy('place')
        .execute()
      return rows.map(({ body }) => JSON.parse(body) as ReminderRule)
    },

    put: (subAccountId, rule) =>
      alone(database, async (db) => {
        const body = JSON.stringify(rule)
        const replaced = await db
          .updateTable('reminder_rules')
          .set({ body })
          .where('subaccount_id', '=', subAccountId)
          .where('id', '=', rule.id)
          .executeTakeFirst()
        if (replaced.numUpdatedRows > 0n) return 'replaced'
        const last = await db
          .selectFrom('reminder_rules')
          .select(({ fn }) => fn.max('place').as('place'))
          .where('subaccount_id', '=', subAccountId)
          .executeTakeFirst()
        const place = (last?.place ?? 0) + 1
        await db
          .insertInto('reminder_rules')
          .values({ subaccount_id: subAccountId, id: rule.id, place, body })
          .execute()
        return 'created'
      }),

    async delete(subAccountId, id) {
      const result = await database.db
        .deleteFrom('reminder_rules')
        .where('subaccount_id', '=', subAccountId)
        .where('id', '=', id)
        .executeTakeFirst()
      return result.numDeletedRows > 0n
    },

    reorder: (subAccountId, ids) =>
      alone(database, async (db) => {
        const rows = await db
          .selectFrom('reminder_rules')
          .select('id')
          .where('subaccount_id', '=', subAccountId)
          .execute()
        const named = new Set(ids)
        const isEachOnce =
          named.size === ids.length && rows.length === ids.length && rows.every(({ id }) => named.has(id))
        if (!isEachOnce) return false
        for (const [index, id] of ids.entries()) {
          await db
            .updateTable('reminder_rules')
            .set({ place: index + 1 })
            .where('subaccount_id', '=', subAccountId)
            .where('id', '=', id)
            .execute()
        }
        return true
      }),
  }
}

/**
 * A transaction beside which nobody else writes rules, so that no two get the same place and none is left out of an order.
 * SQLite has one writer anyway. Readers do not wait.
 */
function alone<Result>({ db, name }: Database, work: (db: Kysely<Schema>) => Promise<Result>): Promise<Result> {
  return db.transaction().execute(async (transaction) => {
    if (name === 'postgres') await sql`lock table reminder_rules in share row exclusive mode`.execute(transaction)
    return work(transaction)
  })
}
