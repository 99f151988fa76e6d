import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Figures } from './figures.ts'
import { asPage, asText, type Comparison, grids, saveComparison } from './peer-report.ts'
import { PEERS_FULL } from './peer-session.ts'
import { describeRun } from './report.ts'

const figures = new Figures()
const arm = { key: 'arm-one', title: 'arm', unit: 'per second' } as const
const p99 = { key: 'lateness-quiet-p99', title: 'late', unit: 'ms' } as const
for (const value of [3000, 3300, 10]) figures.add(arm, 'untilread-sqlite', value)
for (const value of [1000, 1100, 20]) figures.add(arm, 'bullmq-everysec', value)
figures.add(p99, 'untilread-sqlite', 2.5)
figures.add(p99, 'pg-boss', 500)
const comparison: Comparison = {
  ...describeRun(Date.UTC(2026, 0, 5, 9), false, PEERS_FULL),
  options: ['--rounds', '3'],
  settings: { SQLite: { synchronous: 'FULL' } },
  skipped: ['no such thing'],
}
const NAMES = ['untilread-sqlite', 'bullmq-everysec', 'pg-boss', 'graphile-worker'] as const
const all = grids(figures, NAMES, comparison)

test('figures are medians, and who was not measured has no column', () => {
  expect(all[0]?.rows).toEqual([
    ['', '', 'Untilread SQLite', 'BullMQ everysec', 'pg-boss'],
    ['arm', 'per second', '3,000', '1,000', ''],
    ['late', 'ms', '2.5', '', '500.0'],
  ])
})

test('ratios are medians of the ratios of each round, and say which side is good', () => {
  expect(all[1]?.title).toBe('Untilread SQLite ÷ each')
  expect(all[1]?.rows.slice(1)).toEqual([
    ['arm', 'more is better', '3.00', ''],
    ['late', 'less is better', '', '0.01'],
  ])
})

test('the targets that could be judged stand last', () => {
  expect(all.at(-1)?.rows.slice(1)).toEqual([
    ['arm, one at a time', 'SQLite', '≥ 2 × BullMQ everysec', '3.00', 'met'],
    ['lateness p99', 'SQLite', '≤ 5 ms', '2.50', 'met'],
  ])
})

test('the page tells how to repeat the run, and what was left out', () => {
  const page = asPage(comparison, all)
  expect(page).toContain('    npm run bench:peers -- --rounds 3\n')
  expect(page).toContain('| arm | per second | 3,000 | 1,000 |  |\n')
  expect(page).toContain('- SQLite: synchronous=FULL\n')
  expect(page).toContain('- 2 of 2 [targets](#targets) met\n- Skipped: no such thing\n')
  expect(asText(comparison, all)).toContain('  arm   per second             3,000            1,000')
})

test('a run without options is repeated without options', () => {
  expect(asPage({ ...comparison, options: [] }, all)).toContain('    npm run bench:peers\n')
})

test('the saved comparison keeps every value of every round', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'untilread-report-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const saved = JSON.parse(await readFile(await saveComparison(comparison, figures, NAMES, folder), 'utf8'))
  expect(saved.lines[0]).toEqual({
    ...arm,
    medians: { 'untilread-sqlite': 3000, 'bullmq-everysec': 1000 },
    values: { 'untilread-sqlite': [3000, 3300, 10], 'bullmq-everysec': [1000, 1100, 20] },
  })
  expect(saved.targets).toHaveLength(2)
})
