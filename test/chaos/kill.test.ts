import { describe, expect, inject, test } from 'vitest'
import { createDatabase } from '../support/stores.ts'
import { killRun } from './kill-run.ts'
import { reportText } from './report.ts'

/** The short form of `npm run chaos`. Shorter lives for messages; everything else is as in the long one. */
const SHORT = { kills: 3, seed: 20_260_301, expireAfter: 20 }
const A_HANG_MS = 180_000

async function expectPromisesKept(database: string, databaseUrl?: string): Promise<void> {
  const { signal } = new AbortController()
  const run = await killRun({ ...SHORT, signal, ...(databaseUrl !== undefined && { databaseUrl }) })
  expect(run.violations, reportText(run, { ...SHORT, database })).toEqual([])
  // A run in which no kill hit a send would prove nothing.
  expect(run.counts.cutShortArrived).toBeGreaterThan(0)
  expect(run.counts.acknowledged).toBeGreaterThan(0)
}

describe('a service that is killed under load, again and again, and started each time', () => {
  test('loses nothing and sends nothing twice on SQLite', { timeout: A_HANG_MS }, async () => {
    await expectPromisesKept('sqlite')
  })

  test('loses nothing and sends nothing twice on PostgreSQL', { timeout: A_HANG_MS }, async () => {
    const { url, drop } = await createDatabase(inject('postgresUrl'))
    try {
      await expectPromisesKept('postgres', url)
    } finally {
      await drop()
    }
  })
})
