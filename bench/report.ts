import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, type } from 'node:os'
import { join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
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
  const { dependencies } = packageJson
  return {
    startedAt: new Date(startedAt).toISOString(),
    small,
    versions: {
      untilread: packageJson.version,
      node: process.versions.node,
      'better-sqlite3': dependencies['better-sqlite3'],
      pg: dependencies.pg,
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
export function table({ versions, machine, sizes, small, databases }: Result): string {
  const lines = [
    `Untilread ${versions.untilread}, Node ${versions.node}, ${machine.cores} cores (${machine.processor}), ${machine.system}`,
    `${sizes.messages.toLocaleString('en')} messages a round, median of ${sizes.rounds}${small ? '; too small to mean anything' : ''}`,
  ]
  for (const { title, facts, measurements } of databases) {
    const { version = '', ...settings } = facts
    const shown = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    const rows = [['', '', 'Untilread', 'raw', 'ratio'], ...measurements.map(cells)]
    lines.push('', `${title} ${version}: ${shown.join(', ')}`, ...align(rows))
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

function figure(value: number, unit: Measurement['unit']): string {
  const digits = { 'messages/s': 0, MB: 0, ms: 1, '×': 2 }[unit]
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Words to the left, figures to the right. */
function align(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => {
    const padded = row.map((cell, column) =>
      column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    return `  ${padded.join('  ').trimEnd()}`
  })
}

/** Keeps the result for machines; small runs overwrite one another. Answers with the file's name. */
export async function save(result: Result, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const name = result.small ? 'small' : result.startedAt.replaceAll(':', '-')
  const file = join(folder, `${name}.json`)
  const databases = result.databases.map(({ measurements, ...database }) => ({
    ...database,
    measurements: measurements.map(summed),
  }))
  await writeFile(file, `${JSON.stringify({ ...result, databases }, null, 2)}\n`)
  return file
}

function summed({ key, title, unit, values }: Measurement) {
  const { untilread, raw } = values
  const medians = { untilread: median(untilread), raw: median(raw) }
  return { key, title, unit, medians, ...(unit !== '×' && { ratio: medianRatio(untilread, raw) }), values }
}
