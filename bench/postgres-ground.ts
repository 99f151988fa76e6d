import { createDatabase } from '../test/support/stores.ts'
import type { Ground, Look } from './ground.ts'
import { ask } from './postgres-testbed.ts'

/** A database of its own on a running PostgreSQL. */
export async function postgresGround(url: string, look: Look): Promise<Ground> {
  const { url: location, drop } = await createDatabase(url)
  const number = async (expression: string) => {
    const [row] = await ask<{ value: number }>(location, `select cast((${expression}) as float8) as value`)
    if (row === undefined) throw new Error('invariant broken: a number was asked for')
    return row.value
  }
  const rest = async () => void (await ask(location, 'checkpoint'))
  return {
    location,
    rest,
    pending: () => number(look.pending),
    async everyPending(step) {
      return (await ask<{ id: string }>(location, look.everyPending(step))).map(({ id }) => id)
    },
    async diskBytes() {
      await rest()
      return number('pg_database_size(current_database())')
    },
    async loggedBy(work) {
      await rest()
      const position = "pg_current_wal_insert_lsn() - '0/0'"
      const before = await number(position)
      await work()
      return (await number(position)) - before
    },
    remove: drop,
  }
}
