/**
 * `npm run chaos -- [--kills 50] [--database sqlite|postgres|both] [--seed N]`: kills the service again and again under load
 * and prints what became of the messages. Exit code 1 when a promise was broken. Only this machine takes part.
 */
import { parseArgs } from 'node:util'
import { systemClock } from '../../src/system/clock.ts'
import { startPostgres } from '../support/postgres.ts'
import { killRun } from './kill-run.ts'
import { reportText } from './report.ts'

const DATABASES = ['sqlite', 'postgres'] as const
const EXPIRE_AFTER_SECONDS = 45 // every story plays out by itself well before

const { kills, seed, databases } = readArguments()
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort(new Error('interrupted')))

try {
  for (const database of databases) await run(database)
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error)
  process.exitCode = 1
}

async function run(database: (typeof DATABASES)[number]): Promise<void> {
  const postgres = database === 'postgres' ? await startPostgres() : undefined
  try {
    const result = await killRun({
      kills,
      seed,
      expireAfter: EXPIRE_AFTER_SECONDS,
      signal: interrupted.signal,
      tell: (sentence) => console.error(`${database}: ${sentence}`),
      ...(postgres && { databaseUrl: postgres.url }),
    })
    console.log(`${reportText(result, { database, kills, seed })}\n`)
    if (result.violations.length > 0) process.exitCode = 1
  } finally {
    await postgres?.stop()
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '50' },
      database: { type: 'string', default: 'both' },
      seed: { type: 'string', default: String(systemClock.now() % 1_000_000) },
    },
  })
  const databases = DATABASES.filter((each) => values.database === each || values.database === 'both')
  const kills = Number(values.kills)
  const seed = Number(values.seed)
  if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed) || databases.length === 0) {
    console.error('usage: npm run chaos -- [--kills 50] [--database sqlite|postgres|both] [--seed N]')
    process.exit(2)
  }
  return { kills, seed, databases }
}
