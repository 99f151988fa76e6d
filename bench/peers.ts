import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError, Option } from 'commander'
import { untilSignal } from '../src/cli/stop-on-signal.ts'
import { Terminal } from '../src/cli/terminal.ts'
import { systemClock } from '../src/system/clock.ts'
import { ENTRANT_NAMES, ENTRANTS, type EntrantName, PARTS, type Part } from './entrants.ts'
import { Figures } from './figures.ts'
import { type HttpName, measureHttp, servesHttp } from './http.ts'
import { addGrowth, measureBeside, measureQuietLateness, measureSpace } from './peer-pending.ts'
import { asPage, asText, type Comparison, grids, saveComparison } from './peer-report.ts'
import { HUGE, PEERS_FULL, PEERS_SMALL, type PeerSession, type PeerSizes } from './peer-session.ts'
import { measureRound } from './peer-stages.ts'
import { versions } from './peers/package-of.ts'
import { positive } from './positive.ts'
import { describeRun } from './report.ts'
import { startServers } from './servers.ts'

const RESULTS = fileURLToPath(import.meta.resolve('./results'))
const PAGE = fileURLToPath(import.meta.resolve('../docs/reference/benchmark-results.md'))

type Options = {
  small?: boolean
  huge?: true
  writePage?: true
  only?: readonly EntrantName[]
  parts?: readonly Part[]
  n?: number
  rounds?: number
}

function readOptions(words: readonly string[]): Options {
  return new Command('npm run bench:peers --')
    .description('Measures the engine beside BullMQ, pg-boss and graphile-worker on the same job, in one run.')
    .addOption(new Option('--only <entrants...>', 'who takes part').choices(ENTRANT_NAMES))
    .addOption(new Option('--parts <parts...>', 'what is measured').choices(PARTS))
    .option('--n <messages>', `messages of each throughput round (default: ${PEERS_FULL.messages})`, positive)
    .option('--rounds <rounds>', `rounds of each throughput measurement (default: ${PEERS_FULL.rounds})`, positive)
    .option('--huge', `also with ${HUGE.toLocaleString('en')} messages pending`)
    .option('--small', 'everything once and tiny, to see that it works')
    .option('--write-page', 'write docs/reference/benchmark-results.md')
    .exitOverride()
    .parse(words, { from: 'user' })
    .opts<Options>()
}

function sizesFor({ small, huge, n, rounds }: Options): PeerSizes {
  const base = small ? PEERS_SMALL : PEERS_FULL
  return {
    ...base,
    messages: n ?? base.messages,
    rounds: rounds ?? base.rounds,
    http: { ...base.http, rounds: rounds ?? base.http.rounds },
    pending: huge ? [...base.pending, HUGE] : base.pending,
  }
}

/** The parts in their order; in each round everybody has a turn, and they take turns in going first. */
async function measure(
  session: PeerSession,
  names: readonly EntrantName[],
  { parts = PARTS, small = false }: Options,
): Promise<void> {
  const { sizes, signal } = session
  const takingPart = (part: Part) => names.filter((name) => parts.includes(part) && ENTRANTS[name].parts.includes(part))
  const each = async <Name>(some: readonly Name[], act: (name: Name) => Promise<void>) => {
    for (const name of some) {
      signal.throwIfAborted()
      await act(name)
    }
  }
  const inRounds = async <Name>(
    some: readonly Name[],
    rounds: number,
    act: (name: Name, session: PeerSession, record: boolean) => Promise<void>,
  ) => {
    for (let round = 1; round <= rounds; round++) {
      const progress = (text: string) => session.progress(`round ${round} of ${rounds}, ${text}`)
      await each(round % 2 === 1 ? some : some.toReversed(), (name) => act(name, { ...session, progress }, true))
    }
  }
  const runners = takingPart('throughput')
  // A shorter round first, for the compilers and the caches; one that is tiny anyway has nothing to gain.
  if (!small) {
    const shorter = { messages: Math.ceil(sizes.messages / 10), fire: Math.ceil(sizes.fire / 4) }
    const warmUp = { ...session, sizes: { ...sizes, ...shorter } }
    await each(runners, (name) => measureRound(name, warmUp, false))
  }
  await inRounds(runners, sizes.rounds, measureRound)
  await each(takingPart('lateness'), (name) => measureQuietLateness(name, session))
  for (const pending of sizes.pending)
    await each(takingPart('pending'), (name) => measureBeside(name, pending, session))
  addGrowth(session, takingPart('pending'))
  await each(takingPart('space'), (name) => measureSpace(name, session))
  if (parts.includes('http')) {
    const servers: HttpName[] = ['bare', ...takingPart('http').filter(servesHttp)]
    await inRounds(servers, sizes.http.rounds, measureHttp)
  }
}

async function compare(
  options: Options,
  words: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const sizes = sizesFor(options)
  const figures = new Figures()
  const run = describeRun(systemClock.now(), options.small === true, sizes)
  const progress = (text: string) => {
    terminal.live = text
  }
  await using cleanUp = new AsyncDisposableStack()
  progress('starting servers')
  const { names, newGround, settings, skipped } = await startServers(options.only ?? ENTRANT_NAMES, signal, cleanUp)
  for (const line of skipped) terminal.complain(`Skipped: ${line}`)
  try {
    await measure({ sizes, clock: systemClock, signal, figures, progress, newGround }, names, options)
  } finally {
    terminal.live = ''
  }
  const comparison: Comparison = {
    ...run,
    versions: { ...run.versions, ...(await versions()) },
    options: words.filter((word) => word !== '--write-page'),
    settings,
    skipped,
  }
  const columns = [...names, 'bare'] as const
  const all = grids(figures, columns, comparison)
  terminal.print(asText(comparison, all))
  terminal.print(`\nAll values of each round: ${await saveComparison(comparison, figures, columns, RESULTS)}`)
  if (options.writePage) await writeFile(PAGE, asPage(comparison, all))
}

/** Runs the comparison; answers with the exit code. A first Ctrl-C cleans up and ends, a second one ends at once. */
async function main(words: readonly string[]): Promise<number> {
  const terminal = new Terminal()
  const stop = new AbortController()
  void untilSignal(process, systemClock, () => process.exit(INTERRUPTED)).then(() => stop.abort())
  try {
    await compare(readOptions(words), words, terminal, stop.signal)
    return 0
  } catch (error) {
    // Commander has said its own; asking for help is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (stop.signal.aborted) {
      terminal.complain('Interrupted: nothing was measured to the end.')
      return INTERRUPTED
    }
    throw error
  }
}
const INTERRUPTED = 130

process.exitCode = await main(process.argv.slice(2))
