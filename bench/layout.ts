import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunFacts } from './report.ts'

/** One row after another: words to the left in as many columns as `words` says, figures to the right in the others. */
export function align(rows: readonly (readonly string[])[], words: number): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => {
    const cells = row.map((text, column) => {
      const width = widths[column] ?? 0
      return column < words ? text.padEnd(width) : text.padStart(width)
    })
    return `  ${cells.join('  ').trimEnd()}`
  })
}

const DIGITS = { 'messages/s': 0, 'per second': 0, MB: 0, bytes: 0, ms: 1, '×': 2 }

export function figure(value: number, unit: keyof typeof DIGITS): string {
  const digits = DIGITS[unit]
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** What ran, and on what machine. */
export function machineLine({ versions, machine }: Pick<RunFacts, 'versions' | 'machine'>): string {
  const { system, processor, cores } = machine
  return `Untilread ${versions.untilread}, Node ${versions.node}, ${cores} cores (${processor}), ${system}`
}

/** A note for the figures of a run that is too small to have any. */
export function worth({ small }: Pick<RunFacts, 'small'>): string {
  return small ? '; too small to mean anything' : ''
}

/** Keeps a result for machines; small runs overwrite one another. Answers with the file's name. */
export async function keep<Kept extends Pick<RunFacts, 'small' | 'startedAt'>>(
  result: Kept,
  folder: string,
  prefix = '',
): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${prefix}${result.small ? 'small' : result.startedAt.replaceAll(':', '-')}.json`)
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
  return file
}
