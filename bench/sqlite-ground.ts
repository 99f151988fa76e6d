import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ground, Look } from './ground.ts'
import { disposable, writeOut } from './sqlite-testbed.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A file in a folder of its own. */
export async function sqliteGround(look: Look): Promise<Ground> {
  const folder = await temporaryFolder()
  const location = join(folder.path, 'bench.db')
  const rest = () => writeOut(location)
  return {
    location,
    rest,
    async pending() {
      using db = disposable(location)
      return Number(db.open.prepare(look.pending).pluck().get())
    },
    async everyPending(step) {
      using db = disposable(location)
      return db.open.prepare<[], string>(look.everyPending(step)).pluck().all() as string[]
    },
    async diskBytes() {
      await rest()
      return (await stat(location)).size
    },
    async loggedBy(work) {
      await rest()
      using reader = disposable(location)
      // A reader of the state before keeps the log from being written over from its beginning, so that all of it is left.
      reader.open.exec('begin')
      reader.open.prepare('select count(*) from sqlite_master').get()
      await work()
      return (await stat(`${location}-wal`)).size
    },
    remove: () => folder.remove(),
  }
}
