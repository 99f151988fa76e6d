import pg from 'pg'
import { openStore } from '../src/store/store.ts'
import { newId } from '../src/system/ids.ts'
import { createDatabase } from '../test/support/stores.ts'
import { Helper } from './helper.ts'
import { everyPending, type Place, TALLY, type Tally, type Testbed } from './testbed.ts'

const FACTS = ['fsync', 'synchronous_commit', 'wal_sync_method', 'full_page_writes', 'shared_buffers', 'max_wal_size']

/** Databases on a real PostgreSQL with its default settings. */
export async function postgresTestbed(cleanUp: AsyncDisposableStack): Promise<Testbed> {
  const url = await startServer(cleanUp)
  return {
    name: 'postgres',
    title: 'PostgreSQL',
    facts: await readFacts(url),
    async newPlace() {
      const { url: location, drop } = await createDatabase(url)
      const store = openStore(location, { newId })
      await store.migrate()
      await store.close()
      return placeAt(location, drop)
    },
  }
}

/** The address of a PostgreSQL that runs until the stack is disposed of. */
export async function startServer(cleanUp: AsyncDisposableStack): Promise<string> {
  const holder = new Helper('./postgres-process.ts', { detached: true })
  cleanUp.defer(() => holder.end())
  return holder.hear<string>()
}

export async function readFacts(url: string): Promise<Record<string, string>> {
  const names = ['server_version', ...FACTS]
  const shown = await Promise.all(names.map((name) => ask<Record<string, string>>(url, `show ${name}`)))
  const facts = names.map((name, index) => [name, shown[index]?.[0]?.[name] ?? 'unknown'] as const)
  const { server_version: version = 'unknown', ...settings } = Object.fromEntries(facts)
  return { version, ...settings }
}

function placeAt(location: string, drop: () => Promise<void>): Place {
  return {
    database: 'postgres',
    location,
    async rest() {
      await ask(location, 'checkpoint')
    },
    async tally() {
      const [row] = await ask<Tally>(location, TALLY)
      if (row === undefined) throw new Error('invariant broken: a count has a row')
      return row
    },
    async everyPending(step) {
      return (await ask<{ id: string }>(location, everyPending(step))).map(({ id }) => id)
    },
    remove: drop,
  }
}

export async function ask<Row extends pg.QueryResultRow>(url: string, statement: string): Promise<Row[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}
