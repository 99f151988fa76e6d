import { startPostgres } from '../test/support/postgres.ts'

/**
 * Holds a PostgreSQL, with its default settings, for the process that forked this one, and stops it when that process lets
 * go of it or is gone, however it went.
 */
const server = await startPostgres()
const letGo = () => void server.stop()
if (process.connected) {
  process.once('disconnect', letGo)
  process.send?.(server.url)
} else letGo()
