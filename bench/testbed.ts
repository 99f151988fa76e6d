import type { Clock } from '../src/engine/ports/clock.ts'
import type { Contender } from './contender.ts'
import { untilread } from './untilread.ts'

/** A kind of database to measure on. */
export type Testbed = {
  name: DatabaseName
  title: string
  /** Version and the settings that decide what "durable" costs. */
  facts: Readonly<Record<string, string>>
  /** An empty database with the product's tables. */
  newPlace(): Promise<Place>
}
export type DatabaseName = 'sqlite' | 'postgres'

/** One database, looked at from outside while contenders work in it. */
export type Place = {
  database: DatabaseName
  location: string
  /** Brings the database to rest, so that nobody pays for what another one has left to be written. */
  rest(): Promise<void>
  tally(): Promise<Tally>
  /** Every `step`th of the messages that wait, in the order of their ids. */
  everyPending(step: number): Promise<string[]>
  remove(): Promise<void>
}

/** What a measurement must have left behind, or it measured something else. */
export type Tally = { messages: number; pending: number; succeeded: number; pages: number }

// `float8`: the driver reads it as a number in both databases.
export const TALLY = `select
  cast((select count(*) from messages) as float8) as messages,
  cast((select count(*) from messages where wake_at is not null) as float8) as pending,
  cast((select count(*) from messages where state = 'succeeded') as float8) as succeeded,
  cast((select count(*) from timeline) as float8) as pages`

export function everyPending(step: number): string {
  return `select id from (
    select id, row_number() over (order by id) as place from messages where wake_at is not null
  ) as pending where place % ${step} = 0`
}

/** Who takes part, in the order of the table: the product, and the database with nothing around it. */
export type ContenderName = 'untilread' | 'raw'
export const CONTENDERS: readonly ContenderName[] = ['untilread', 'raw']

/** Opens a contender on a database that has the product's tables. */
export async function openContender(
  name: ContenderName,
  { database, location }: Pick<Place, 'database' | 'location'>,
  clock: Clock,
): Promise<Contender> {
  if (name === 'untilread') return untilread(location, clock)
  // Loaded where needed: what a process loads is part of its memory, and that is measured.
  if (database === 'sqlite') return (await import('./raw-sqlite.ts')).rawSqlite(location, clock)
  return (await import('./raw-postgres.ts')).rawPostgres(location, clock)
}
