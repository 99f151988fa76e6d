import { ENTRANTS, type EntrantName, openEntrant } from './entrants.ts'
import type { Line } from './figures.ts'
import type { Ground } from './ground.ts'
import { latenessOf } from './lateness.ts'
import { runTask } from './memory.ts'
import { enter, groundFor, type PeerSession, settle } from './peer-session.ts'
import { armAndCallOff, drive } from './peer-stages.ts'
import { seedFromOutside } from './pending.ts'
import { unlessAborted } from './session.ts'
import { percentile } from './statistics.ts'
import { HOUR_MS, inBulk, newMessages, PER_REQUEST, umidsOf } from './workload.ts'

const MB = 1024 * 1024
const PER_FILL = 5000

/** How late messages are at a gentle rate while nothing else is pending. */
export async function measureQuietLateness(name: EntrantName, session: PeerSession): Promise<void> {
  await using cleanUp = new AsyncDisposableStack()
  const ground = await groundFor(name, session, cleanUp)
  await lateness(name, ground, 'quiet', 'nothing else pending', session)
}

async function lateness(name: EntrantName, ground: Ground, key: string, beside: string, session: PeerSession) {
  session.progress(`${ENTRANTS[name].title}: lateness, ${beside}`)
  const open = () => openEntrant(name, ground.location, session.clock)
  const values = await latenessOf(open, () => ground.rest(), session)
  for (const [label, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const line: Line = { key: `lateness-${key}-${label}`, title: `lateness ${label}, ${beside}`, unit: 'ms' }
    session.figures.add(line, name, percentile(values, share))
  }
}

/** Beside so many pending messages: the memory of a process, lateness, and arming and calling off some more. */
export async function measureBeside(name: EntrantName, pending: number, session: PeerSession): Promise<void> {
  const { sizes, figures, progress } = session
  const { title } = ENTRANTS[name]
  const beside = `${pending.toLocaleString('en')} pending`
  await using cleanUp = new AsyncDisposableStack()
  const ground = await groundFor(name, session, cleanUp)

  for (let round = 1; round <= sizes.memory.rounds; round++) {
    progress(`${title}: filling up to ${beside}`)
    await fill(name, ground, pending, session)
    progress(`${title}: memory, ${beside}`)
    const { sends } = sizes.memory
    const callOff = (await ground.everyPending(Math.max(1, Math.floor(pending / sends)))).slice(0, sends)
    const bytes = await runTask({ entrant: name, location: ground.location, sends, callOff }, session.signal)
    figures.add({ key: `memory-${pending}`, title: `memory of the process, ${beside}`, unit: 'MB' }, name, bytes / MB)
  }
  const server = await ground.serverMemory?.()
  if (server !== undefined) {
    figures.add({ key: `server-${pending}`, title: `memory of Redis, ${beside}`, unit: 'MB' }, name, server / MB)
  }
  await lateness(name, ground, String(pending), beside, session)

  const contender = await enter(name, ground, session, cleanUp)
  for (let round = 1; round <= sizes.beside.rounds; round++) {
    progress(`${title}: arm and call off, ${beside}`)
    const { arm, callOff } = await armAndCallOff(contender, ground, sizes.beside.messages, 'one', session)
    const both = (arm.count + callOff.count) / (arm.seconds + callOff.seconds)
    const line: Line = {
      key: `beside-${pending}`,
      title: `arm and call off, one a request, ${beside}`,
      unit: 'per second',
    }
    figures.add(line, name, both)
  }
}

/** Sees to it that so many messages are pending, with deadlines a day ahead, each such that a receipt may call it off. */
async function fill(name: EntrantName, ground: Ground, wanted: number, session: PeerSession): Promise<void> {
  const { clock, signal } = session
  await using cleanUp = new AsyncDisposableStack()
  const contender = await enter(name, ground, session, cleanUp)
  const missing = wanted - (await ground.pending())
  if (missing <= 0) return
  if (contender.callsOff === 'sent') await seedFromOutside(ground.location, missing, signal)
  else {
    const now = clock.now()
    const dueAt = (index: number) => now + 24 * HOUR_MS + Math.floor((index * HOUR_MS) / missing)
    for (let done = 0; done < missing; done += PER_FILL) {
      const some = newMessages(Math.min(PER_FILL, missing - done), now, (index) => dueAt(done + index))
      signal.throwIfAborted()
      await contender.arm(some)
    }
  }
  await ground.rest()
}

/** How memory and speed change with what waits, round by round. */
export function addGrowth({ figures, sizes }: PeerSession, names: readonly EntrantName[]): void {
  const [few, ...others] = sizes.pending
  if (few === undefined) return
  for (const many of others) {
    const label = `${many.toLocaleString('en')} ÷ ${few.toLocaleString('en')} pending`
    for (const name of names) {
      for (const [what, key] of [
        ['arm and call off', 'beside'],
        ['memory of the process', 'memory'],
      ] as const) {
        const bases = figures.of(`${key}-${few}`, name)
        for (const [round, value] of figures.of(`${key}-${many}`, name).entries()) {
          const line: Line = { key: `${key}-growth-${many}`, title: `${what}, ${label}`, unit: '×' }
          figures.add(line, name, value / (bases[round] ?? Number.NaN))
        }
      }
    }
  }
}

/** Bytes that a message costs: on the disk, and in the log for each thing that happens to it. */
export async function measureSpace(name: EntrantName, session: PeerSession): Promise<void> {
  const { sizes, figures, clock, signal } = session
  await using cleanUp = new AsyncDisposableStack()
  const { ground, contender, title } = await settle(name, session, cleanUp)
  session.progress(`${title}: bytes`)
  const { messages: count } = sizes.space
  const add = (key: string, what: string, bytes: number) => {
    figures.add({ key, title: `${what}, a message`, unit: 'bytes' }, name, bytes / count)
  }
  const now = clock.now()
  const ahead = newMessages(count, now, (index) => now + HOUR_MS + index)
  const due = newMessages(count, now, () => now)
  const before = await ground.diskBytes()
  const armed = await ground.loggedBy(() => drive(contender, 'one', ahead, signal, (some) => contender.arm(some)))
  add('disk', 'on the disk', (await ground.diskBytes()) - before)
  add('log-arm', 'log to arm', armed)
  await inBulk(due, PER_REQUEST, signal, (some) => contender.arm(some))
  const fired = await ground.loggedBy(async () => {
    await contender.start(() => {})
    await unlessAborted(contender.sent(count), signal)
  })
  add('log-fire', 'log to fire', fired)
  const umids = umidsOf(contender.callsOff === 'sent' ? due : ahead)
  const calledOff = await ground.loggedBy(() =>
    drive(contender, 'one', umids, signal, (some) => contender.callOff(some)),
  )
  add('log-call-off', 'log to call off', calledOff)
  await contender.stop()
}
