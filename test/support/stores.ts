import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import pg from 'pg'
import { openStore, type Store } from '../../src/store/store.ts'
import { newId } from '../../src/system/ids.ts'

/** A place for a store, that can be opened more than once, as two nodes or two runs would. */
export type Place = {
  open(): Promise<Store>
  /** Runs a statement beside the store, as an operator might. */
  execute(statement: string): Promise<void>
  cleanUp(): Promise<void>
}
export type PlaceMaker = (postgresUrl: string) => Promise<Place>

/** Every kind of database that the product runs on. */
export const PLACES: Record<'sqlite file' | 'postgres', PlaceMaker> = {
  'sqlite file': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'untilread-store-'))
    const file = join(folder, 'untilread.db')
    const execute = async (statement: string) => {
      const database = new SQLite(file)
      database.exec(statement)
      database.close()
    }
    return placeAt(file, execute, () => rm(folder, { recursive: true, force: true }))
  },
  postgres: async (postgresUrl) => {
    const { url, drop } = await createDatabase(postgresUrl)
    return placeAt(url, (statement) => administer(url, statement), drop)
  },
}

/** A database of its own on a running PostgreSQL. */
export async function createDatabase(postgresUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${newId().replaceAll('-', '')}`
  await administer(postgresUrl, `create database ${name}`)
  const url = new URL(postgresUrl)
  url.pathname = name
  return { url: url.href, drop: () => administer(postgresUrl, `drop database ${name} with (force)`) }
}

function placeAt(location: string, execute: Place['execute'], cleanUp: () => Promise<void>): Place {
  const opened = new Set<Store>()
  return {
    async open() {
      const store = openStore(location, { newId })
      await store.migrate()
      opened.add(store)
      return { ...store, close: () => (opened.delete(store) ? store.close() : Promise.resolve()) }
    },
    execute,
    async cleanUp() {
      await Promise.all([...opened].map((store) => store.close()))
      await cleanUp()
    },
  }
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(statement)
  await client.end()
}
