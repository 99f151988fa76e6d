import { sql } from 'kysely'
import type { Contact, ContactStore } from '../engine/ports/directory.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

export function contactStore({ db, reader, rows, lockRows }: Database): ContactStore {
  return {
    async find(subAccountId, id) {
      const row = await reader
        .selectFrom('contacts')
        .selectAll()
        .where('subaccount_id', '=', subAccountId)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && readContact(row)
    },

    async put(contacts) {
      const latest = new Map(contacts.map((contact) => [JSON.stringify([contact.subAccountId, contact.id]), contact]))
      if (latest.size === 0) return { created: 0, replaced: 0 }
      // In one order, so that two who write the same contacts wait for one another and not in a ring.
      const values = [...latest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, contact]) => toRow(contact))
      const { rows: written } = await sql<Pick<Schema['contacts'], 'version'>>`
        insert into contacts (subaccount_id, id, person, version, created_at, updated_at)
        select subaccount_id, id, person, 1, created_at, updated_at from ${rows('r', values, COLUMNS)} where true
        on conflict (subaccount_id, id) do update
        set person = excluded.person, updated_at = excluded.updated_at, version = contacts.version + 1
        returning version`.execute(db)
      const created = written.filter(({ version }) => version === 1).length
      return { created, replaced: written.length - created }
    },

    change(subAccountId, id, decide) {
      return db.transaction().execute(async (tx) => {
        const { rows: found } = await sql<Schema['contacts']>`
          select m.* from contacts as m where m.subaccount_id = ${subAccountId} and m.id = ${id} ${lockRows}`.execute(
          tx,
        )
        const [row] = found
        if (row === undefined) return undefined
        const { person, updated_at } = toRow(decide(readContact(row)))
        const changed = { ...row, person, updated_at, version: row.version + 1 }
        await tx
          .updateTable('contacts')
          .set({ person, updated_at, version: changed.version })
          .where('subaccount_id', '=', subAccountId)
          .where('id', '=', id)
          .execute()
        return readContact(changed)
      })
    },

    async delete(subAccountId, id) {
      const result = await db
        .deleteFrom('contacts')
        .where('subaccount_id', '=', subAccountId)
        .where('id', '=', id)
        .executeTakeFirst()
      return result.numDeletedRows > 0n
    },

    async list(subAccountId, { after = '', limit }) {
      const found = await reader
        .selectFrom('contacts')
        .selectAll()
        .where('subaccount_id', '=', subAccountId)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute()
      return found.map(readContact)
    },
  }
}

const COLUMNS = {
  subaccount_id: 'text',
  id: 'text',
  person: 'text',
  created_at: 'bigint',
  updated_at: 'bigint',
} as const

function toRow({ id, subAccountId, createdAt, updatedAt, ...person }: Contact) {
  return {
    subaccount_id: subAccountId,
    id,
    person: JSON.stringify(person),
    created_at: createdAt,
    updated_at: updatedAt,
  }
}

function readContact({ subaccount_id, id, person, created_at, updated_at }: Schema['contacts']): Contact {
  return { ...JSON.parse(person), id, subAccountId: subaccount_id, createdAt: created_at, updatedAt: updated_at }
}
