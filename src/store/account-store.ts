import type { AccountStore, ApiKey, Webhook } from '../engine/ports/account-store.ts'
import type { Database } from './database.ts'
import { SIGNING_SECRET } from './outbox.ts'
import { isUuid } from './rows.ts'
import type { Schema } from './schema.ts'

export function accountStore({ db, reader }: Database): AccountStore {
  return {
    async addKey({ id, subAccountId, prefix, createdAt }, sha256) {
      await db
        .insertInto('api_keys')
        .values({ id, subaccount_id: subAccountId, prefix, sha256, created_at: createdAt })
        .execute()
    },

    async findKey(sha256) {
      const row = await reader
        .selectFrom('api_keys')
        .selectAll()
        .where('sha256', '=', sha256)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return row && readKey(row)
    },

    async listKeys() {
      const rows = await reader.selectFrom('api_keys').selectAll().orderBy('created_at').orderBy('id').execute()
      return rows.map(readKey)
    },

    async revokeKey(id, at) {
      if (!isUuid(id)) return false
      const result = await db
        .updateTable('api_keys')
        .set({ revoked_at: at })
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },

    async defaultSequence(subAccountId) {
      const row = await reader
        .selectFrom('subaccounts')
        .select('default_sequence')
        .where('id', '=', subAccountId)
        .executeTakeFirst()
      return row?.default_sequence ? JSON.parse(row.default_sequence) : undefined
    },

    async setDefaultSequence(subAccountId, sequence) {
      const default_sequence = JSON.stringify(sequence)
      await db
        .insertInto('subaccounts')
        .values({ id: subAccountId, default_sequence })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ default_sequence }))
        .execute()
    },

    async webhooks() {
      const rows = await reader.selectFrom('webhooks').selectAll().orderBy('subaccount_id').orderBy('type').execute()
      return rows.map(readWebhook)
    },

    async putWebhook({ subAccountId, type = '', url, enabled, httpAuthorization = null }) {
      const values = { url, enabled: enabled ? 1 : 0, http_authorization: httpAuthorization }
      await db
        .insertInto('webhooks')
        .values({ subaccount_id: subAccountId, type, ...values })
        .onConflict((conflict) => conflict.columns(['subaccount_id', 'type']).doUpdateSet(values))
        .execute()
    },

    async deleteWebhook(subAccountId, type) {
      const deletion = db.deleteFrom('webhooks').where('subaccount_id', '=', subAccountId)
      const result = await (type === undefined ? deletion : deletion.where('type', '=', type)).executeTakeFirst()
      return Number(result.numDeletedRows)
    },

    async signingSecret(create) {
      await db
        .insertInto('settings')
        .values({ name: SIGNING_SECRET, value: create() })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      const row = await db
        .selectFrom('settings')
        .select('value')
        .where('name', '=', SIGNING_SECRET)
        .executeTakeFirstOrThrow()
      return row.value
    },
  }
}

function readKey(row: Schema['api_keys']): ApiKey {
  const { id, subaccount_id, prefix, created_at, revoked_at } = row
  return {
    id,
    subAccountId: subaccount_id,
    prefix,
    createdAt: created_at,
    ...(revoked_at !== null && { revokedAt: revoked_at }),
  }
}

function readWebhook(row: Schema['webhooks']): Webhook {
  const { subaccount_id, type, url, enabled, http_authorization } = row
  return {
    subAccountId: subaccount_id,
    url,
    enabled: enabled === 1,
    ...(type !== '' && { type: type as NonNullable<Webhook['type']> }),
    ...(http_authorization !== null && { httpAuthorization: http_authorization }),
  }
}
