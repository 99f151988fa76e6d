import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openStore } from '../../src/store/store.ts'
import { newId } from '../../src/system/ids.ts'

test('what a badge asks SQLite is looked up, and not searched for among all readers of a source', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'untilread-badge-'))
  const file = join(folder, 'untilread.db')
  const store = openStore(file, { newId })
  await store.migrate()
  const database = new SQLite(file)
  const plan = (column: string) =>
    database
      .prepare(
        `explain query plan select conversation, person, unread from readers
         where subaccount_id = 'a' and source = 's' and ${column} = 'p' and unread > 0`,
      )
      .all()
      .map((row) => (row as { detail: string }).detail)
      .join('; ')
  try {
    expect(plan('person')).toMatch(/readers_by_person .*person=/)
    expect(plan('contact_id')).toMatch(/readers_by_contact .*contact_id=/)
  } finally {
    database.close()
    await store.close()
    rmSync(folder, { recursive: true })
  }
})
