import type { Clock } from '../src/engine/ports/clock.ts'
import type { Contender } from './contender.ts'
import type { Look, ServerName } from './ground.ts'
import { everyPending } from './testbed.ts'

/** Who takes part, in the order of the table. */
export const ENTRANT_NAMES = [
  'untilread-sqlite',
  'untilread-postgres',
  'bullmq-everysec',
  'bullmq-always',
  'pg-boss',
  'graphile-worker',
  'graphile-worker-2s',
  'raw-sqlite',
  'raw-postgres',
  'table-sqlite',
] as const
export type EntrantName = (typeof ENTRANT_NAMES)[number]

/** What is measured. `throughput` is arming, calling off and firing; `pending` the same beside many others. */
export const PARTS = ['throughput', 'lateness', 'pending', 'space', 'http'] as const
export type Part = (typeof PARTS)[number]

export type Entrant = {
  title: string
  server: ServerName
  parts: readonly Part[]
  look: Look
}

const OURS: Look = {
  pending: 'select count(*) from messages where wake_at is not null',
  everyPending,
}
const PG_BOSS: Look = {
  pending: "select count(*) from pgboss.job where name = 'messages' and state < 'completed'",
  everyPending: (step) => everyOf("pgboss.job where name = 'messages' and state < 'completed'", 'id', step),
}
const GRAPHILE: Look = {
  pending: 'select count(*) from graphile_worker._private_jobs',
  everyPending: (step) => everyOf('graphile_worker._private_jobs', 'key', step),
}
/** It is looked at by its own means. */
const REDIS: Look = { pending: '', everyPending: () => '' }

function everyOf(rows: string, id: string, step: number): string {
  return `select id from (select ${id} as id, row_number() over (order by ${id}) as place from ${rows}) as pending
    where place % ${step} = 0`
}

const ALL: readonly Part[] = PARTS
const ENGINE: readonly Part[] = ['throughput', 'lateness', 'pending', 'space']

export const ENTRANTS: Record<EntrantName, Entrant> = {
  'untilread-sqlite': { title: 'Untilread SQLite', server: 'sqlite', parts: ALL, look: OURS },
  'untilread-postgres': { title: 'Untilread PostgreSQL', server: 'postgres', parts: ALL, look: OURS },
  'bullmq-everysec': { title: 'BullMQ everysec', server: 'redis-everysec', parts: ALL, look: REDIS },
  'bullmq-always': { title: 'BullMQ always', server: 'redis-always', parts: ALL, look: REDIS },
  'pg-boss': { title: 'pg-boss', server: 'postgres', parts: ENGINE, look: PG_BOSS },
  'graphile-worker': { title: 'graphile 50 ms', server: 'postgres', parts: ENGINE, look: GRAPHILE },
  'graphile-worker-2s': { title: 'graphile 2 s', server: 'postgres', parts: ['lateness'], look: GRAPHILE },
  'raw-sqlite': { title: 'raw SQLite', server: 'sqlite', parts: ENGINE, look: OURS },
  'raw-postgres': { title: 'raw PostgreSQL', server: 'postgres', parts: ENGINE, look: OURS },
  'table-sqlite': { title: 'one SQLite table', server: 'sqlite', parts: ['throughput'], look: OURS },
}

/** Opens an entrant where it may have been before. Loaded where needed: what a process loads is part of its memory. */
export async function openEntrant(name: EntrantName, location: string, clock: Clock): Promise<Contender> {
  switch (name) {
    case 'untilread-sqlite':
    case 'untilread-postgres':
      return (await import('./untilread.ts')).untilread(location, clock)
    case 'raw-sqlite':
      return (await import('./raw-sqlite.ts')).rawSqlite(location, clock)
    case 'raw-postgres':
      return (await import('./raw-postgres.ts')).rawPostgres(location, clock)
    case 'table-sqlite':
      return (await import('./plain-table.ts')).plainTable(location, clock)
    case 'bullmq-everysec':
    case 'bullmq-always':
      return (await import('./peers/bullmq.ts')).bullmq(location, clock)
    case 'pg-boss':
      return (await import('./peers/pg-boss.ts')).pgBoss(location, clock)
    case 'graphile-worker':
      return (await import('./peers/graphile-worker.ts')).graphileWorker(location, clock, 50)
    case 'graphile-worker-2s':
      return (await import('./peers/graphile-worker.ts')).graphileWorker(location, clock, 2000)
  }
}
