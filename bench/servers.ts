import { openStore } from '../src/store/store.ts'
import { newId } from '../src/system/ids.ts'
import { ENTRANTS, type EntrantName } from './entrants.ts'
import type { Ground, ServerName } from './ground.ts'
import { SETTINGS as BULLMQ } from './peers/bullmq.ts'
import { SETTINGS as GRAPHILE } from './peers/graphile-worker.ts'
import { SETTINGS as PG_BOSS } from './peers/pg-boss.ts'
import { postgresGround } from './postgres-ground.ts'
import { readFacts as postgresFacts, startServer } from './postgres-testbed.ts'
import { redisFacts, redisGround } from './redis-ground.ts'
import { sqliteGround } from './sqlite-ground.ts'
import { readFacts as sqliteFacts } from './sqlite-testbed.ts'
import { providePackages, provideRedis } from './tools.ts'

const PEERS: readonly EntrantName[] = [
  'bullmq-everysec',
  'bullmq-always',
  'pg-boss',
  'graphile-worker',
  'graphile-worker-2s',
]

/** What is there to measure on: those who can take part, places for them, and what each was told. */
export type Servers = {
  names: readonly EntrantName[]
  newGround(name: EntrantName): Promise<Ground>
  settings: Readonly<Record<string, Readonly<Record<string, string>>>>
  skipped: readonly string[]
}

export async function startServers(
  wanted: readonly EntrantName[],
  signal: AbortSignal,
  cleanUp: AsyncDisposableStack,
): Promise<Servers> {
  const skipped: string[] = []
  let names = wanted
  const leaveOut = (reason: string | undefined, without: (name: EntrantName) => boolean) => {
    if (reason === undefined) return
    skipped.push(reason)
    names = names.filter((name) => !without(name))
  }
  const needs = (server: ServerName) => names.some((name) => ENTRANTS[name].server === server)
  const isPeer = (name: EntrantName) => PEERS.includes(name)
  const onRedis = (name: EntrantName) => ENTRANTS[name].server.startsWith('redis')
  const [packages, redis] = await Promise.all([
    names.some(isPeer) ? providePackages(signal) : undefined,
    names.some(onRedis) ? provideRedis(signal) : undefined,
  ])
  leaveOut(packages, isPeer)
  leaveOut(redis, onRedis)
  let postgresUrl = ''
  if (needs('postgres')) {
    const start = startServer(cleanUp).then(
      (url) => {
        postgresUrl = url
        return undefined
      },
      () => 'PostgreSQL could not be started: nothing that runs on it',
    )
    leaveOut(await start, (name) => ENTRANTS[name].server === 'postgres')
  }
  signal.throwIfAborted()

  const newGround = async (name: EntrantName): Promise<Ground> => {
    const { server, look } = ENTRANTS[name]
    const ground =
      server === 'sqlite'
        ? await sqliteGround(look)
        : server === 'postgres'
          ? await postgresGround(postgresUrl, look)
          : await redisGround(server === 'redis-always' ? 'always' : 'everysec')
    // Raw works on the product's tables.
    if (name.startsWith('untilread') || name.startsWith('raw')) await migrate(ground.location)
    return ground
  }

  const settings: Record<string, Record<string, string>> = {}
  if (needs('sqlite')) {
    const ground = await sqliteGround(OF_ANYBODY)
    settings.SQLite = sqliteFacts(ground.location)
    await ground.remove()
  }
  if (needs('postgres')) settings.PostgreSQL = await postgresFacts(postgresUrl)
  if (names.some(onRedis)) {
    const ground = await redisGround('everysec')
    settings.Redis = await redisFacts(ground)
    await ground.remove()
    settings.BullMQ = BULLMQ
  }
  if (names.includes('pg-boss')) settings['pg-boss'] = PG_BOSS
  if (names.some((name) => name.startsWith('graphile'))) settings['graphile-worker'] = GRAPHILE
  return { names, newGround, settings, skipped }
}

/** Nobody's tables: only the database is looked at. */
const OF_ANYBODY = { pending: 'select 0', everyPending: () => 'select 0' }

async function migrate(location: string): Promise<void> {
  const store = openStore(location, { newId })
  await store.migrate()
  await store.close()
}
