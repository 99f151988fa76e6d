import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describeRun, type Result, save, table } from './report.ts'
import { FULL } from './session.ts'

const result: Result = {
  ...describeRun(Date.UTC(2026, 0, 5, 9), false, FULL),
  databases: [
    {
      name: 'sqlite',
      title: 'SQLite',
      facts: { version: '3.1', synchronous: 'FULL' },
      measurements: [
        { key: 'arm', title: 'arm', unit: 'messages/s', values: { untilread: [900, 1000, 20], raw: [1800, 2000, 40] } },
        { key: 'late', title: 'lateness p99', unit: 'ms', values: { untilread: [4.04], raw: [2.02] } },
        { key: 'grown', title: 'memory, many ÷ few', unit: '×', values: { untilread: [1.05], raw: [1] } },
      ],
    },
  ],
}

test('the table has a line for each measurement, with medians, ratios and units in columns', () => {
  const lines = table(result).split('\n')
  expect(lines[0]).toContain(`Node ${process.versions.node}`)
  expect(lines.slice(3, 8)).toEqual([
    'SQLite 3.1: synchronous=FULL',
    '                                  Untilread    raw  ratio',
    '  arm                 messages/s        900  1,800   0.50',
    '  lateness p99        ms                4.0    2.0   2.00',
    '  memory, many ÷ few  ×                1.05   1.00',
  ])
})

test('the saved result keeps every value of every round', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'untilread-report-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = await save(result, folder)
  expect(file).toBe(join(folder, '2026-01-05T09-00-00.000Z.json'))
  const saved = JSON.parse(await readFile(file, 'utf8'))
  expect(saved.sizes).toEqual(FULL)
  expect(saved.databases[0].measurements[0]).toEqual({
    key: 'arm',
    title: 'arm',
    unit: 'messages/s',
    medians: { untilread: 900, raw: 1800 },
    ratio: 0.5,
    values: { untilread: [900, 1000, 20], raw: [1800, 2000, 40] },
  })
})
