import { availableParallelism, cpus, release, type } from 'node:os'
import sqlite from 'better-sqlite3/package.json' with { type: 'json' }
import pg from 'pg/package.json' with { type: 'json' }
import packageJson from '../package.json' with { type: 'json' }
import { align, figure, keep, machineLine, worth } from './layout.ts'
import type { Measurement, Sizes } from './session.ts'
import { median, medianRatio } from './statistics.ts'
import type { Testbed } from './testbed.ts'

export type Section = Pick<Testbed, 'name' | 'title' | 'facts'> & { measurements: readonly Measurement[] }
/** When, with what and on what. */
export type RunFacts = {
  startedAt: string
  small: boolean
  versions: Record<string, string>
  machine: { system: string; processor: string; cores: number }
}
export type Result = RunFacts & { sizes: Sizes; databases: readonly Section[] }

export function describeRun<S>(startedAt: number, small: boolean, sizes: S): RunFacts & { sizes: S } {
  return {
    startedAt: new Date(startedAt).toISOString(),
    small,
    versions: {
      untilread: packageJson.version,
      node: process.versions.node,
      'better-sqlite3': sqlite.version,
      pg: pg.version,
    },
    machine: {
      system: `${type()} ${release()}`,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
    },
    sizes,
  }
}

/** The whole result as a person reads it. */
export function table(result: Result): string {
  const { sizes, databases } = result
  const lines = [
    machineLine(result),
    `${sizes.messages.toLocaleString('en')} messages a round, median of ${sizes.rounds}${worth(result)}`,
  ]
  for (const { title, facts, measurements } of databases) {
    const { version = '', ...settings } = facts
    const shown = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    const rows = [['', '', 'Untilread', 'raw', 'ratio'], ...measurements.map(cells)]
    lines.push('', `${title} ${version}: ${shown.join(', ')}`, ...align(rows, 2))
  }
  lines.push(
    '',
    'ratio: Untilread ÷ the bare database on the same rows, in the same run. 1.00 is as fast, late or large.',
  )
  return lines.join('\n')
}

function cells({ title, unit, values: { untilread, raw } }: Measurement): string[] {
  // A line that is a ratio itself is not compared once more.
  const ratio = unit === '×' ? '' : medianRatio(untilread, raw).toFixed(2)
  return [title, unit, figure(median(untilread), unit), figure(median(raw), unit), ratio]
}

/** Keeps every value of every round for machines. Answers with the file's name. */
export function save(result: Result, folder: string): Promise<string> {
  const databases = result.databases.map(({ measurements, ...database }) => ({
    ...database,
    measurements: measurements.map(summed),
  }))
  return keep({ ...result, databases }, folder)
}

function summed({ key, title, unit, values }: Measurement) {
  const { untilread, raw } = values
  const medians = { untilread: median(untilread), raw: median(raw) }
  return { key, title, unit, medians, ...(unit !== '×' && { ratio: medianRatio(untilread, raw) }), values }
}
