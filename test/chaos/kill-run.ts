import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Timeline, UntilreadClient } from '../../src/client/client.ts'
import { UntilreadError } from '../../src/client/untilread-error.ts'
import { systemClock } from '../../src/system/clock.ts'
import { newSecret } from '../../src/system/ids.ts'
import { type Copy, Handsets } from './handsets.ts'
import { judge, type Verdict } from './judge.ts'
import { Load, type LoadCounts } from './load.ts'
import { LEASE_MS, ServiceProcess, startPhones } from './processes.ts'
import { SeededRandom } from './seeded-random.ts'
import { SlowLine } from './slow-line.ts'
import { forEach, pause, until } from './waiting.ts'

/**
 * The promise, put to the test: the service is killed with `kill -9` at random moments while senders go on sending, and
 * comes up again each time. The handsets live in a process of their own, honour no idempotency key, and so show every copy.
 */
export type KillRunOptions = {
  kills: number
  seed: number
  /** Absent: SQLite. */
  databaseUrl?: string
  /** Seconds after which no message is tried any further. */
  expireAfter: number
  signal: AbortSignal
  tell?: (sentence: string) => void
}

export type KillRun = Verdict & {
  load: LoadCounts
  killedMidSend: number
  killedWhileStarting: number
  /** From a start until it took requests. */
  startsMs: readonly number[]
  seconds: number
  /** Sentences of the service's log that are errors, with how often each was written. */
  errorsLogged: Record<string, number>
  timelineOf: (umid: string) => Timeline | undefined
}

export async function killRun(options: KillRunOptions): Promise<KillRun> {
  const { databaseUrl, tell = () => {} } = options
  const over = new AbortController()
  const signal = AbortSignal.any([options.signal, over.signal])
  const startedAt = systemClock.now()
  const folder = await mkdtemp(join(tmpdir(), 'untilread-kill-'))
  const apiKey = newSecret('utr_')
  const cleanUps = [() => rm(folder, { recursive: true, force: true })]
  try {
    const phones = await startPhones()
    cleanUps.push(phones.stop)
    const line = new SlowLine(phones.url, new SeededRandom(~options.seed))
    await line.start()
    cleanUps.push(() => line.stop())
    const { secret } = phones
    const service = await ServiceProcess.prepare({
      folder,
      phones: { url: line.url, secret },
      apiKey,
      ...(databaseUrl && { databaseUrl }),
    })
    cleanUps.push(() => service.kill().catch(() => {}))
    service.start()
    await service.ready(signal)

    const random = new SeededRandom(options.seed)
    const handsets = new Handsets(phones.url)
    const { expireAfter } = options
    const load = new Load({ url: service.url, apiKey, handsets, random, expireAfter, signal })
    load.start()
    const moments = await killAgainAndAgain(service, line, load, { ...options, signal }, random)
    await load.stop()
    tell(`${load.sent.length} messages sent; waiting until the last of them has ended`)

    const ending = new Ending(new UntilreadClient({ url: service.url, apiKey }), handsets, load)
    await ending.wait((expireAfter + 30) * 1000, signal)
    // A lease that is still out could bring one more send.
    await pause(LEASE_MS, signal)
    const evidence = { sent: load.sent, load: load.counts, ...(await ending.evidence()) }
    const verdict = judge(evidence)
    const exitCode = await service.stop()
    if (exitCode !== 0) throw new Error(`the service did not stop in good order: it ended with ${exitCode}`)
    const seconds = Math.round((systemClock.now() - startedAt) / 1000)
    const errorsLogged = countErrors(await service.log())
    const timelineOf = (umid: string) => evidence.timelines.get(umid)
    return { ...verdict, ...moments, load: load.counts, startsMs: service.startsMs, seconds, errorsLogged, timelineOf }
  } finally {
    over.abort(new Error('the run is over'))
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  }
}

/** At any moment; rather often while a handset has a message that the service does not know of; now and then at a start. */
async function killAgainAndAgain(
  service: ServiceProcess,
  line: SlowLine,
  load: Load,
  { kills, signal, tell = () => {} }: KillRunOptions,
  random: SeededRandom,
) {
  const moments = { killedMidSend: 0, killedWhileStarting: 0 }
  for (let kill = 1; kill <= kills; kill++) {
    const whileStarting = kill > 1 && random.chance(0.1)
    if (whileStarting) {
      await pause(random.between(20, 600), signal)
      moments.killedWhileStarting++
    } else {
      await service.ready(signal)
      await pause(random.between(300, 3000), signal)
      if (kill === 1 || random.chance(0.6)) {
        await line.holds(AbortSignal.any([signal, AbortSignal.timeout(SENDS_COME_WITHIN_MS)]))
        await pause(random.between(0, 20), signal)
        moments.killedMidSend++
      }
    }
    await service.kill()
    service.start()
    if (kill % 10 === 0) tell(`killed ${kill} times; ${load.sent.length} messages so far`)
  }
  await service.ready(signal)
  return moments
}

const SENDS_COME_WITHIN_MS = 30_000

/** Follows the messages to their ends, and takes down what everybody knows then. */
class Ending {
  readonly #client: UntilreadClient
  readonly #handsets: Handsets
  readonly #load: Load

  constructor(client: UntilreadClient, handsets: Handsets, load: Load) {
    this.#client = client
    this.#handsets = handsets
    this.#load = load
  }

  /** Until all have ended, or `withinMs` have passed: those that have not are the judge's business. */
  async wait(withinMs: number, signal: AbortSignal): Promise<void> {
    const open = new Set(this.#load.sent.map(({ umid }) => umid).filter((umid) => umid !== undefined))
    const allEnded = async () => {
      await forEach([...open], AT_ONCE, async (umid) => {
        const timeline = await this.#timeline(umid)
        if (timeline?.state !== 'live') open.delete(umid)
      })
      if (open.size > 0) await pause(500, signal)
      return open.size === 0
    }
    await until('all messages have ended', withinMs, signal, allEnded).catch(() => signal.throwIfAborted())
  }

  /** Handsets first: what was acknowledged to them by then is in a timeline that is read after that. */
  async evidence(): Promise<{ copies: Map<string, readonly Copy[]>; timelines: Map<string, Timeline> }> {
    const copies = new Map<string, readonly Copy[]>()
    const timelines = new Map<string, Timeline>()
    await forEach(this.#load.sent, AT_ONCE, async ({ address }) => {
      copies.set(address, await this.#handsets.copies(address))
    })
    const umids = new Set([...copies.values()].flat().map(({ umid }) => umid))
    for (const { umid } of this.#load.sent) if (umid !== undefined) umids.add(umid)
    await forEach(umids, AT_ONCE, async (umid) => {
      const timeline = await this.#timeline(umid)
      if (timeline !== undefined) timelines.set(umid, timeline)
    })
    return { copies, timelines }
  }

  async #timeline(umid: string): Promise<Timeline | undefined> {
    try {
      return await this.#client.timeline(umid)
    } catch (error) {
      if (error instanceof UntilreadError && error.status === 404) return undefined
      throw error
    }
  }
}
const AT_ONCE = 8

function countErrors(log: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const line of log.split('\n').filter((each) => each.startsWith('{'))) {
    const { level, msg, error } = readLine(line)
    if (level < ERROR_LEVEL) continue
    const sentence = error?.message === undefined ? msg : `${msg}: ${error.message}`
    counts[sentence] = (counts[sentence] ?? 0) + 1
  }
  return counts
}
const ERROR_LEVEL = 50 // as pino counts

/** A kill may have cut the last line short. */
function readLine(line: string): { level: number; msg: string; error?: { message?: string } } {
  try {
    return JSON.parse(line)
  } catch {
    return { level: 0, msg: '' }
  }
}
