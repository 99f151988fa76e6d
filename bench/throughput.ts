import { type Contender, hold } from './contender.ts'
import type { Measurement, Session } from './session.ts'
import { unlessAborted } from './session.ts'
import { CONTENDERS, type ContenderName, openContender, type Place, type Tally, type Testbed } from './testbed.ts'
import { CONCURRENCY, HOUR_MS, inBulk, newMessages, oneByOne, PER_REQUEST, shuffled, umidsOf } from './workload.ts'

/** A contender on a database of its own, on its way through the stages. */
type Runner = { name: ContenderName; place: Place; contender: Contender; sent: readonly string[] }

/** Prepares outside of the measured time, and answers with the work to be measured. */
type Stage = {
  key: string
  title(messages: number): string
  prepare(runner: Runner, session: Session): Promise<() => Promise<void>>
  /** What the work must have added to the database. */
  adds(messages: number): Partial<Tally>
}

const armOne: Stage = {
  key: 'arm-one',
  title: () => `arm, one a request, ${CONCURRENCY} at a time`,
  async prepare({ contender }, { sizes, clock, signal }) {
    const now = clock.now()
    const messages = newMessages(sizes.messages, now, () => now + HOUR_MS)
    return () => together(contender, messages, signal, (some) => contender.arm(some))
  },
  adds: (messages) => ({ messages, pending: messages }),
}

const armBulk: Stage = {
  key: 'arm-bulk',
  title: () => `arm, ${PER_REQUEST.toLocaleString('en')} a request, one at a time`,
  async prepare({ contender }, { sizes, clock, signal }) {
    const now = clock.now()
    const messages = newMessages(sizes.messages, now, () => now + HOUR_MS)
    return () => inBulk(messages, PER_REQUEST, signal, (some) => contender.arm(some))
  },
  adds: armOne.adds,
}

const fire: Stage = {
  key: 'fire',
  title: (messages) => `fire ${messages.toLocaleString('en')} that are due at once`,
  async prepare(runner, { sizes, clock, signal }) {
    const { contender } = runner
    const now = clock.now()
    const messages = newMessages(sizes.messages, now, () => now)
    // Stopped, so that all of it is due when it starts.
    await contender.stop()
    await inBulk(messages, PER_REQUEST, signal, (some) => contender.arm(some))
    runner.sent = umidsOf(messages)
    return async () => {
      await contender.start(() => {})
      await unlessAborted(contender.sent(messages.length), signal)
    }
  },
  adds: (messages) => ({ pages: 2 * messages }),
}

const callOff: Stage = {
  key: 'call-off',
  title: () => `call off by receipt, one a callback, ${CONCURRENCY} at a time`,
  async prepare({ contender, sent }, { signal }) {
    const umids = shuffled(sent)
    return () => together(contender, umids, signal, (some) => contender.callOff(some))
  },
  adds: (messages) => ({ succeeded: messages, pending: -messages, pages: messages }),
}

/** In this order: what `fire` has sent is what `call-off` calls off. */
const STAGES: readonly Stage[] = [armOne, armBulk, fire, callOff]

/** Items from as many callers as there may be at a time; who shares no commits gets the same number as one group. */
function together<T>(
  { sharesCommits }: Contender,
  items: readonly T[],
  signal: AbortSignal,
  act: (items: readonly T[]) => Promise<void>,
): Promise<void> {
  return sharesCommits ? oneByOne(items, CONCURRENCY, signal, act) : inBulk(items, CONCURRENCY, signal, act)
}

/** Messages per second of each stage. Contenders take turns in each stage, and in who goes first. */
export async function measureThroughput(testbed: Testbed, session: Session): Promise<Measurement[]> {
  const { messages, rounds } = session.sizes
  // A shorter round first, for the compilers and the caches.
  const warmUp = { ...session, sizes: { ...session.sizes, messages: Math.ceil(messages / 4) } }
  await measureRound(testbed, warmUp, 'warming up', CONTENDERS)
  const results: Record<string, number>[] = []
  for (let round = 1; round <= rounds; round++) {
    const order = round % 2 === 1 ? CONTENDERS : CONTENDERS.toReversed()
    results.push(await measureRound(testbed, session, `round ${round} of ${rounds}`, order))
  }
  const valuesOf = (key: string, name: ContenderName) => results.map((result) => result[`${key} ${name}`] ?? Number.NaN)
  return STAGES.map(({ key, title }) => ({
    key,
    title: title(messages),
    unit: 'messages/s',
    values: { untilread: valuesOf(key, 'untilread'), raw: valuesOf(key, 'raw') },
  }))
}

async function measureRound(
  testbed: Testbed,
  session: Session,
  what: string,
  order: readonly ContenderName[],
): Promise<Record<string, number>> {
  await using cleanUp = new AsyncDisposableStack()
  const runners: Runner[] = []
  for (const name of order) {
    const place = await testbed.newPlace()
    cleanUp.defer(() => place.remove())
    const contender = await hold(() => openContender(name, place, session.clock), cleanUp)
    await contender.start(() => {})
    runners.push({ name, place, contender, sent: [] })
  }
  const results: Record<string, number> = {}
  for (const stage of STAGES) {
    for (const runner of runners) {
      session.progress(`${testbed.title}, ${what}: ${stage.key}, ${runner.contender.name}`)
      results[`${stage.key} ${runner.name}`] = await measureStage(stage, runner, session)
    }
  }
  return results
}

async function measureStage(stage: Stage, runner: Runner, session: Session): Promise<number> {
  const { messages } = session.sizes
  const { place, contender } = runner
  const work = await stage.prepare(runner, session)
  await place.rest()
  const before = await place.tally()
  session.signal.throwIfAborted()
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1000
  const after = await place.tally()
  for (const [name, wanted] of Object.entries(stage.adds(messages)) as [keyof Tally, number][]) {
    const added = after[name] - before[name]
    if (added !== wanted)
      throw new Error(`${stage.key}, ${contender.name}: ${name} grew by ${added} and not by ${wanted}`)
  }
  return messages / seconds
}
