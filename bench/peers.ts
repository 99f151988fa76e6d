import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../src/system/clock.ts'
import { ENTRANT_NAMES, ENTRANTS, type EntrantName, PARTS, type Part } from './entrants.ts'
import { Figures } from './figures.ts'
import { type HttpName, measureHttp, servesHttp } from './http.ts'
import { type PeerOptions, readOptions, sizesFor } from './peer-options.ts'
import { addGrowth, measureBeside, measureQuietLateness, measureSpace } from './peer-pending.ts'
import { asPage, asText, type Comparison, grids, saveComparison } from './peer-report.ts'
import type { PeerSession } from './peer-session.ts'
import { measureRound } from './peer-stages.ts'
import { versions } from './peers/package-of.ts'
import { type Program, runProgram } from './program.ts'
import { describeRun } from './report.ts'
import { startServers } from './servers.ts'

const RESULTS = fileURLToPath(import.meta.resolve('./results'))
const PAGE = fileURLToPath(import.meta.resolve('../docs/reference/benchmark-results.md'))

/** The parts in their order; in each round everybody has a turn, and they take turns in going first. */
async function measure(
  session: PeerSession,
  names: readonly EntrantName[],
  { parts = PARTS, small }: PeerOptions,
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

async function compare(words: readonly string[], { terminal, signal, progress }: Program): Promise<void> {
  const options = readOptions(words)
  const sizes = sizesFor(options)
  const figures = new Figures()
  const run = describeRun(systemClock.now(), options.small === true, sizes)
  await using cleanUp = new AsyncDisposableStack()
  progress('starting servers')
  const { names, newGround, settings, skipped } = await startServers(options.only ?? ENTRANT_NAMES, signal, cleanUp)
  for (const line of skipped) terminal.complain(`Skipped: ${line}`)
  if (names.length === 0) throw new Error('nobody is left who could be measured')
  await measure({ sizes, clock: systemClock, signal, figures, progress, newGround }, names, options)
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

const words = process.argv.slice(2)
process.exitCode = await runProgram((program) => compare(words, program))
