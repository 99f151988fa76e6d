import type { TestProject } from 'vitest/node'
import { startPostgres } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL that all test files share; each makes databases of its own. */
    postgresUrl: string
  }
}

/** One real PostgreSQL for the whole run. Its files do not outlive it, so it need not wait for the disk. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ fsync: 'off', synchronous_commit: 'off', max_connections: '200' })
  project.provide('postgresUrl', server.url)
  return () => server.stop()
}
