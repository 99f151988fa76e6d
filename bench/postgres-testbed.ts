import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { openStore } from '../src/store/store.ts'
import { newId } from '../src/system/ids.ts'
import { createDatabase } from '../test/support/stores.ts'
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

/** In a session of its own, so that a Ctrl-C in the terminal does not take the database away from under its users. */
export async function startServer(cleanUp: AsyncDisposableStack): Promise<string> {
  const file = fileURLToPath(import.meta.resolve('./postgres-process.ts'))
  const holder = fork(file, { detached: true, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const gone = once(holder, 'exit')
  cleanUp.defer(async () => {
    if (holder.connected) holder.disconnect()
    await gone
  })
  const first = await Promise.race([once(holder, 'message'), gone.then(() => undefined)])
  if (first === undefined) throw new Error('PostgreSQL could not be started')
  return String(first[0])
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
