import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openStore } from '../src/store/store.ts'
import { newId } from '../src/system/ids.ts'
import { openRaw } from './raw-sqlite.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { everyPending, type Place, TALLY, type Tally, type Testbed } from './testbed.ts'

const SYNCHRONOUS = ['OFF', 'NORMAL', 'FULL', 'EXTRA']

/** SQLite files in a temporary folder. */
export async function sqliteTestbed(cleanUp: AsyncDisposableStack): Promise<Testbed> {
  const { path: folder, remove } = await temporaryFolder()
  cleanUp.defer(remove)
  return {
    name: 'sqlite',
    title: 'SQLite',
    facts: readFacts(join(folder, 'facts.db')),
    async newPlace() {
      const location = join(folder, `${newId()}.db`)
      const store = openStore(location, { newId })
      await store.migrate()
      await store.close()
      return placeAt(location)
    },
  }
}

export function readFacts(file: string): Record<string, string> {
  using db = disposable(file)
  const value = (name: string) => db.open.pragma(name, { simple: true })
  return {
    version: String(db.open.prepare('select sqlite_version()').pluck().get()),
    journal_mode: String(value('journal_mode')),
    synchronous: SYNCHRONOUS[Number(value('synchronous'))] ?? 'unknown',
    page_size: String(value('page_size')),
    wal_autocheckpoint: String(value('wal_autocheckpoint')),
  }
}

function placeAt(location: string): Place {
  return {
    database: 'sqlite',
    location,
    rest: () => writeOut(location),
    async tally() {
      using db = disposable(location)
      return db.open.prepare<[], Tally>(TALLY).get() as Tally
    },
    async everyPending(step) {
      using db = disposable(location)
      return db.open.prepare<[], string>(everyPending(step)).pluck().all() as string[]
    },
    async remove() {
      await Promise.all(['', '-wal', '-shm'].map((suffix) => rm(location + suffix, { force: true })))
    },
  }
}

/** Brings a file to rest: all that is in its log goes where it belongs. */
export async function writeOut(file: string): Promise<void> {
  using db = disposable(file)
  db.open.pragma('wal_checkpoint(TRUNCATE)')
}

export function disposable(file: string) {
  const open = openRaw(file)
  return { open, [Symbol.dispose]: () => void open.close() }
}
