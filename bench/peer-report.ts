import { ENTRANTS, type EntrantName } from './entrants.ts'
import type { Figures, Line } from './figures.ts'
import { align, figure, keep, machineLine, worth } from './layout.ts'
import type { PeerSizes } from './peer-session.ts'
import type { RunFacts } from './report.ts'
import { median, medianRatio } from './statistics.ts'
import { judgeTargets, type Verdict } from './targets.ts'

/** Who has a column: the entrants, and the bare HTTP route. */
export type ColumnName = EntrantName | 'bare'
export type Comparison = RunFacts & {
  sizes: PeerSizes
  /** The words that this run was started with. */
  options: readonly string[]
  /** For each server and each entrant what it was told. */
  settings: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What could not be had, and why. */
  skipped: readonly string[]
}

/** Rows of cells: the first row names the columns, and words stand in as many columns as `words` says. */
export type Grid = { title: string; rows: readonly (readonly string[])[]; words: number }

export function grids(figures: Figures, names: readonly ColumnName[], comparison: Comparison): Grid[] {
  const { sizes } = comparison
  const present = names.filter((name) => figures.lines.some(({ key }) => figures.of(key, name).length > 0))
  const all = [
    ['', '', ...present.map(titleOf)],
    ...figures.lines.map((line) => [line.title, line.unit, ...present.map((name) => cell(figures, line, name))]),
  ]
  const ratios = (['untilread-sqlite', 'untilread-postgres'] as const)
    .filter((ours) => present.includes(ours))
    .map((ours): Grid => {
      const others = present.filter((name) => name !== ours)
      const compared = figures.lines.filter(({ key, unit }) => unit !== '×' && figures.of(key, ours).length > 0)
      const rows = compared.map(({ key, title, unit }) => {
        const cells = others.map((other) => {
          const values = figures.of(key, other)
          return values.length === 0 ? '' : medianRatio(figures.of(key, ours), values).toFixed(2)
        })
        return [title, unit === 'per second' ? 'more is better' : 'less is better', ...cells]
      })
      return { title: `${titleOf(ours)} ÷ each`, rows: [['', '', ...others.map(titleOf)], ...rows], words: 2 }
    })
  return [
    { title: `Figures, medians of up to ${rounds(sizes)}`, rows: all, words: 2 },
    ...ratios,
    {
      title: 'Targets',
      rows: [['stage', 'on', 'target', 'measured', ''], ...verdictsOf(figures, comparison).map(verdictCells)],
      words: 3,
    },
  ]
}

function rounds({ rounds }: PeerSizes): string {
  return rounds === 1 ? '1 round' : `${rounds} rounds`
}

function verdictCells({ stage, ours, wanted, measured, met }: Verdict): string[] {
  return [
    stage,
    ours === 'untilread-sqlite' ? 'SQLite' : 'PostgreSQL',
    wanted,
    measured.toFixed(2),
    met ? 'met' : 'not met',
  ]
}

export function titleOf(name: ColumnName): string {
  return name === 'bare' ? 'bare route' : ENTRANTS[name].title
}

function cell(figures: Figures, { key, unit }: Line, name: ColumnName): string {
  const values = figures.of(key, name)
  return values.length === 0 ? '' : figure(median(values), unit)
}

/** For a terminal. */
export function asText(comparison: Comparison, all: readonly Grid[]): string {
  const lines = [...heading(comparison), ...comparison.skipped.map((line) => `Skipped: ${line}`)]
  for (const { title, rows, words } of all) lines.push('', title, ...align(rows, words))
  lines.push('', 'Settings', ...settingLines(comparison).map((line) => `  ${line}`))
  return lines.join('\n')
}

function heading(comparison: Comparison): string[] {
  const { sizes, startedAt } = comparison
  const [few, ...more] = sizes.pending.map((count) => count.toLocaleString('en'))
  return [
    `${machineLine(comparison)}, ${startedAt}`,
    `${sizes.messages.toLocaleString('en')} messages a round, ${rounds(sizes)}, pending ${[few, ...more].join(' and ')}${worth(comparison)}`,
  ]
}

function settingLines({ versions, settings }: Comparison): string[] {
  const told = Object.entries(settings).map(([name, facts]) => {
    return `${name}: ${Object.entries(facts)
      .map(([fact, value]) => `${fact}=${value}`)
      .join('; ')}`
  })
  const { untilread: _, node: __, ...packages } = versions
  const installed = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  return [`packages: ${installed.join(', ')}`, ...told]
}

/** For the documentation. */
export function asPage(comparison: Comparison, all: readonly Grid[]): string {
  const [run = '', sizes = ''] = heading(comparison)
  const { options, skipped } = comparison
  const command = ['npm run bench:peers', ...(options.length > 0 ? ['--', ...options] : [])].join(' ')
  const verdicts =
    all
      .at(-1)
      ?.rows.slice(1)
      .map((row) => row.at(-1)) ?? []
  const met = verdicts.filter((verdict) => verdict === 'met').length
  const lines = [
    '# The benchmark: results',
    '',
    'Written by the benchmark itself. What is measured, and how to read it, stands in [The benchmark](benchmark.md).',
    '',
    `- ${run}`,
    `- ${sizes}`,
    `- ${met} of ${verdicts.length} [targets](#targets) met`,
    ...skipped.map((line) => `- Skipped: ${line}`),
    '',
    'To repeat it:',
    '',
    '    npm ci',
    `    ${command}`,
  ]
  for (const { title, rows, words } of all) lines.push('', `## ${title}`, '', ...asMarkdown(rows, words))
  lines.push('', '## Settings', '', ...settingLines(comparison).map((line) => `- ${line}`), '')
  return lines.join('\n')
}

function asMarkdown(rows: Grid['rows'], words: number): string[] {
  const [first = [], ...others] = rows.map((row) => row.map((text) => text.replaceAll('|', '\\|')))
  const rule = first.map((_, column) => (column < words ? '---' : '--:'))
  return [first, rule, ...others].map((row) => `| ${row.join(' | ')} |`)
}

/** Keeps every value of every round for machines. Answers with the file's name. */
export function saveComparison(
  comparison: Comparison,
  figures: Figures,
  names: readonly ColumnName[],
  folder: string,
): Promise<string> {
  const lines = figures.lines.map((line) => {
    const measured = names.map((each) => [each, figures.of(line.key, each)] as const)
    const values = Object.fromEntries(measured.filter(([, each]) => each.length > 0))
    const medians = Object.fromEntries(Object.entries(values).map(([each, some]) => [each, median(some)]))
    return { ...line, medians, values }
  })
  return keep({ ...comparison, lines, targets: verdictsOf(figures, comparison) }, folder, 'peers-')
}

/** The targets speak of the second number of pending messages, whatever else is measured. */
function verdictsOf(figures: Figures, { sizes }: Comparison): Verdict[] {
  return sizes.pending.slice(1, 2).flatMap((many) => judgeTargets(figures, many))
}
