import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { systemClock } from '../src/system/clock.ts'
import { measureLateness } from './lateness.ts'
import { growth, measureMemory } from './memory.ts'
import { fillUp } from './pending.ts'
import { positive } from './positive.ts'
import { postgresTestbed } from './postgres-testbed.ts'
import { type Program, runProgram } from './program.ts'
import { describeRun, type Result, type Section, save, table } from './report.ts'
import { FULL, type Measurement, type Session, type Sizes, SMALL } from './session.ts'
import { sqliteTestbed } from './sqlite-testbed.ts'
import type { DatabaseName, Testbed } from './testbed.ts'
import { measureThroughput } from './throughput.ts'

const TESTBEDS: Record<DatabaseName, (cleanUp: AsyncDisposableStack) => Promise<Testbed>> = {
  sqlite: sqliteTestbed,
  postgres: postgresTestbed,
}
const RESULTS = fileURLToPath(import.meta.resolve('./results'))

type Options = { small?: true; only?: DatabaseName; n?: number; rounds?: number }

function readOptions(words: readonly string[]): Options {
  return new Command('npm run bench --')
    .description('Measures the engine on SQLite and on PostgreSQL, beside the bare database doing the same rows.')
    .addOption(new Option('--only <database>', 'measure on one database').choices(Object.keys(TESTBEDS)))
    .option('--n <messages>', `messages of each throughput measurement (default: ${FULL.messages})`, positive)
    .option('--rounds <rounds>', `rounds of each throughput measurement (default: ${FULL.rounds})`, positive)
    .option('--small', 'everything once and tiny, to see that it works')
    .exitOverride()
    .parse(words, { from: 'user' })
    .opts<Options>()
}

async function measure(name: DatabaseName, session: Session): Promise<Section> {
  await using cleanUp = new AsyncDisposableStack()
  session.progress(`starting ${name}`)
  const testbed = await TESTBEDS[name](cleanUp)
  const newPlace = async () => {
    const place = await testbed.newPlace()
    cleanUp.defer(() => place.remove())
    return place
  }
  const { few, many } = session.sizes.pending
  const measurements: Measurement[] = await measureThroughput(testbed, session)
  const quiet = await newPlace()
  measurements.push(...(await measureLateness(quiet, 'lateness-quiet', 'nothing else pending', session)))
  const crowded = await newPlace()
  session.progress(`${testbed.title}: filling a database with ${many.toLocaleString('en')} messages`)
  await fillUp(crowded, many, session)
  const beside = `${many.toLocaleString('en')} pending`
  measurements.push(...(await measureLateness(crowded, 'lateness-crowded', beside, session)))
  const memoryOfFew = await measureMemory(await newPlace(), 'memory-few', few, session)
  const memoryOfMany = await measureMemory(crowded, 'memory-many', many, session)
  const grown = `memory, ${many.toLocaleString('en')} ÷ ${few.toLocaleString('en')} pending`
  measurements.push(memoryOfFew, memoryOfMany, growth(memoryOfFew, memoryOfMany, grown))
  const { title, facts } = testbed
  return { name, title, facts, measurements }
}

async function bench(words: readonly string[], { terminal, signal, progress }: Program): Promise<void> {
  const { small, only, n, rounds } = readOptions(words)
  const base = small ? SMALL : FULL
  const sizes: Sizes = { ...base, messages: n ?? base.messages, rounds: rounds ?? base.rounds }
  const run = describeRun(systemClock.now(), small === true, sizes)
  const databases: Section[] = []
  const names: readonly DatabaseName[] = only === undefined ? ['sqlite', 'postgres'] : [only]
  for (const name of names) databases.push(await measure(name, { sizes, clock: systemClock, signal, progress }))
  const result: Result = { ...run, databases }
  terminal.print(table(result))
  terminal.print(`\nAll values of each round: ${await save(result, RESULTS)}`)
}

const words = process.argv.slice(2)
process.exitCode = await runProgram((program) => bench(words, program))
