import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { systemClock } from '../src/system/clock.ts'
import { Figures, type Line } from './figures.ts'
import { Helper } from './helper.ts'
import type { Load, LoadResult } from './http-load.ts'
import { layerRequests } from './layer-requests.ts'
import { align, figure, keep, machineLine, worth } from './layout.ts'
import { positive } from './positive.ts'
import { postgresTestbed } from './postgres-testbed.ts'
import { type Program, runProgram } from './program.ts'
import { describeRun } from './report.ts'
import { sqliteTestbed } from './sqlite-testbed.ts'
import { median, medianRatio, percentile } from './statistics.ts'
import type { DatabaseName, Testbed } from './testbed.ts'
import type { FillTask, NoticesTask, WatchReady, WatchTask } from './watch-service.ts'

/** How long Layer waits for the answer to a webhook: while much is open and much falls due, beside a quiet service. */
type Sizes = { open: number; due: number; requests: number; rounds: number }
const FULL: Sizes = { open: 100_000, due: 2000, requests: 15_000, rounds: 3 }
const SMALL: Sizes = { open: 500, due: 50, requests: 300, rounds: 1 }
const CONNECTIONS = 32
const RESULTS = fileURLToPath(import.meta.resolve('./results'))

type Entrant = 'bare' | `${DatabaseName} quiet` | `${DatabaseName} crowded`
const LINES = {
  rate: { key: 'webhooks', title: `webhooks, ${CONNECTIONS} connections`, unit: 'per second' },
  median: { key: 'p50', title: 'answer, p50', unit: 'ms' },
  p99: { key: 'p99', title: 'answer, p99', unit: 'ms' },
  longest: { key: 'longest', title: 'answer, the longest', unit: 'ms' },
  notices: { key: 'notices', title: 'all notices are out after', unit: 'ms' },
} satisfies Record<string, Line>

type Run = { sizes: Sizes; figures: Figures } & Pick<Program, 'signal' | 'progress'>

/** One round of one entrant: the service and the load are processes of their own. */
async function measure(
  entrant: Entrant,
  task: WatchTask,
  fill: Pick<FillTask, 'open' | 'due'>,
  run: Run,
): Promise<void> {
  await using cleanUp = new AsyncDisposableStack()
  const { signal, sizes, figures } = run
  const service = new Helper('./watch-service.ts', { signal })
  cleanUp.defer(() => service.end())
  const load = new Helper('./http-load.ts', { signal })
  cleanUp.defer(() => load.end())
  const { port } = await service.ask<WatchReady>(task)
  const ask = (requests: readonly string[]) =>
    load.ask<LoadResult>({ port, requests, connections: CONNECTIONS } satisfies Load)
  await ask(layerRequests(sizes.requests / 5, 'warm', systemClock.now())) // for the compilers
  // Far enough ahead that all are in by then.
  const dueAt = systemClock.now() + 1000 + fill.due + (fill.open + fill.due) / 2
  if (task.kind === 'untilread') await service.ask({ ...fill, dueAt } satisfies FillTask)
  const requests = layerRequests(sizes.requests, 'load', systemClock.now())
  if (fill.due > 0) {
    if (systemClock.now() >= dueAt) throw new Error('it took too long to open the streaks: some fell due meanwhile')
    await systemClock.sleepUntil(dueAt, signal)
    signal.throwIfAborted()
  }
  const { seconds, latencies } = await ask(requests)
  figures.add(LINES.rate, entrant, sizes.requests / seconds)
  figures.add(LINES.median, entrant, percentile(latencies, 0.5))
  figures.add(LINES.p99, entrant, percentile(latencies, 0.99))
  figures.add(LINES.longest, entrant, percentile(latencies, 1))
  if (fill.due === 0) return
  const lastAt = await service.ask<number>({ notices: fill.due } satisfies NoticesTask)
  figures.add(LINES.notices, entrant, lastAt - dueAt)
}

async function bench(words: readonly string[], { terminal, signal, progress }: Program): Promise<void> {
  const { small, only, rounds } = new Command('npm run bench:watch --')
    .description('Measures answers to webhooks of Layer while streaks are open and notices fall due.')
    .addOption(new Option('--only <database>', 'measure on one database').choices(['sqlite', 'postgres']))
    .option('--rounds <rounds>', `rounds (default: ${FULL.rounds})`, positive)
    .option('--small', 'everything once and tiny, to see that it works')
    .exitOverride()
    .parse(words, { from: 'user' })
    .opts<{ small?: true; only?: DatabaseName; rounds?: number }>()
  const base = small ? SMALL : FULL
  const sizes = { ...base, rounds: rounds ?? base.rounds }
  const facts = describeRun(systemClock.now(), small === true, sizes)
  const figures = new Figures()
  await using cleanUp = new AsyncDisposableStack()
  const testbeds: Testbed[] = []
  if (only !== 'postgres') testbeds.push(await sqliteTestbed(cleanUp))
  if (only !== 'sqlite') testbeds.push(await postgresTestbed(cleanUp))
  const run = { sizes, figures, signal, progress }
  for (let round = 1; round <= sizes.rounds; round++) {
    progress(`round ${round}: a route that keeps nothing`)
    await measure('bare', { kind: 'bare' }, { open: 0, due: 0 }, run)
    for (const testbed of testbeds) {
      for (const [state, fill] of [
        ['quiet', { open: 0, due: 0 }],
        ['crowded', { open: sizes.open, due: sizes.due }],
      ] as const) {
        progress(`round ${round}: ${testbed.title}, ${state}`)
        const place = await testbed.newPlace()
        try {
          await measure(`${testbed.name} ${state}`, { kind: 'untilread', location: place.location }, fill, run)
        } finally {
          await place.remove()
        }
      }
    }
  }
  const entrants: Entrant[] = [
    'bare',
    ...testbeds.flatMap(({ name }): Entrant[] => [`${name} quiet`, `${name} crowded`]),
  ]
  const cell = (line: Line, entrant: Entrant) => {
    const values = figures.of(line.key, entrant)
    return values.length === 0 ? '' : figure(median(values), line.unit)
  }
  const rows = figures.lines.map((line) => [line.title, line.unit, ...entrants.map((entrant) => cell(line, entrant))])
  const open = `${sizes.open.toLocaleString('en')} streaks open, ${sizes.due.toLocaleString('en')} notices due at once`
  terminal.print(`${machineLine(facts)}\n${open} (crowded); median of ${sizes.rounds}${worth(facts)}\n`)
  for (const line of align([['', '', ...entrants], ...rows], 2)) terminal.print(line)
  for (const { name, title } of testbeds) {
    const ratio = (key: string) =>
      medianRatio(figures.of(key, `${name} crowded`), figures.of(key, `${name} quiet`)).toFixed(2)
    terminal.print(`\n${title}, crowded ÷ quiet: p99 ${ratio('p99')}, webhooks per second ${ratio('webhooks')}`)
  }
  const kept = figures.lines.map((line) => ({
    ...line,
    values: Object.fromEntries(entrants.map((entrant) => [entrant, figures.of(line.key, entrant)])),
  }))
  terminal.print(`\nAll values of each round: ${await keep({ ...facts, lines: kept }, RESULTS, 'watch-')}`)
}

const words = process.argv.slice(2)
process.exitCode = await runProgram((program) => bench(words, program))
