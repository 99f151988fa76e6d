import { type Kysely, sql } from 'kysely'
import type { WatchStore } from '../engine/ports/watch-store.ts'
import type { Database } from './database.ts'
import type { Schema } from './schema.ts'

type Holding = { subAccountId: string; source: string; holder: string }

/** Whose turn it is to poll a source, and how far the last one came. */
export function sourceTurns({ db }: Pick<Database, 'db'>): Pick<WatchStore, 'takeTurn' | 'endTurn'> & {
  /** False when the turn is somebody else's by now. */
  moveCursor(tx: Kysely<Schema>, turn: Holding & { cursor: unknown; nextAt: number }): Promise<boolean>
} {
  return {
    async takeTurn({ subAccountId, source, holder, now, until }) {
      // Each row is written in one statement that says what it expects, so that of several nodes one gets it.
      const { rows: taken } = await sql<{ cursor: string | null }>`
        insert into source_turns (subaccount_id, source, holder, held_until, next_at)
        values (${subAccountId}, ${source}, ${holder}, ${until}, ${now})
        on conflict (subaccount_id, source) do update set holder = excluded.holder, held_until = excluded.held_until
        where source_turns.next_at <= ${now} and (source_turns.held_until <= ${now} or source_turns.holder = ${holder})
        returning cursor`.execute(db)
      const [mine] = taken
      if (mine !== undefined)
        return { kind: 'taken', cursor: mine.cursor === null ? undefined : JSON.parse(mine.cursor) }
      const { rows: found } = await sql<{ held_until: number; next_at: number }>`
        select held_until, next_at from source_turns
        where subaccount_id = ${subAccountId} and source = ${source}`.execute(db)
      const [row] = found
      return { kind: 'later', at: row === undefined ? now : Math.max(row.next_at, row.held_until) }
    },

    async endTurn({ subAccountId, source, holder, nextAt }) {
      await sql`update source_turns set held_until = 0, next_at = ${nextAt}
        where subaccount_id = ${subAccountId} and source = ${source} and holder = ${holder}`.execute(db)
    },

    async moveCursor(tx, { subAccountId, source, holder, cursor, nextAt }) {
      const text = cursor === undefined ? null : JSON.stringify(cursor)
      const { rows: moved } = await sql`
        update source_turns set cursor = ${text}, held_until = 0, next_at = ${nextAt}
        where subaccount_id = ${subAccountId} and source = ${source} and holder = ${holder} and held_until > 0
        returning 1 as moved`.execute(tx)
      return moved.length === 1
    },
  }
}
