import type { Contender } from './contender.ts'
import type { EntrantName } from './entrants.ts'
import type { Line } from './figures.ts'
import type { Ground } from './ground.ts'
import { type PeerSession, settle } from './peer-session.ts'
import { unlessAborted } from './session.ts'
import { percentile } from './statistics.ts'
import {
  CONCURRENCY,
  HOUR_MS,
  inBulk,
  NAMED_SEQUENCE,
  newMessages,
  oneByOne,
  PER_REQUEST,
  SEQUENCE,
  shuffled,
  umidsOf,
} from './workload.ts'

const perSecond = (key: string, title: string): Line => ({ key, title, unit: 'per second' })
const LINES = {
  'arm-one': perSecond('arm-one', `arm, one a request, ${CONCURRENCY} at a time`),
  'call-off-one': perSecond('call-off-one', `call off, one a receipt, ${CONCURRENCY} at a time`),
  'call-off-named': perSecond('call-off-named', "call off by the provider's own id, the same way"),
  'arm-bulk': perSecond('arm-bulk', `arm, ${PER_REQUEST} a request`),
  'call-off-bulk': perSecond('call-off-bulk', `call off, ${PER_REQUEST} a callback`),
}
const FIRE = (count: number) => perSecond('fire', `fire ${count.toLocaleString('en')} that are due at once`)
const lateness = (key: string, title: string): Line => ({ key, title, unit: 'ms' })
export const CALLED_OFF = 0.9

export type Way = 'one' | 'bulk'

/** One entrant's round: arm, call off, the same in bulk, and on fresh ground fire what is due at once. */
export async function measureRound(name: EntrantName, session: PeerSession, record: boolean): Promise<void> {
  {
    await using cleanUp = new AsyncDisposableStack()
    const { ground, contender, title } = await settle(name, session, cleanUp)
    for (const way of ['one', 'bulk'] as const) {
      session.progress(`${title}: arm and call off (${way})`)
      const { arm, callOff } = await armAndCallOff(contender, ground, session.sizes.messages, way, session)
      if (!record) continue
      session.figures.add(LINES[`arm-${way}`], name, arm.count / arm.seconds)
      session.figures.add(LINES[`call-off-${way}`], name, callOff.count / callOff.seconds)
    }
    session.progress(`${title}: call off by the provider's own id`)
    const named = await callOffNamed(contender, ground, session.sizes.messages, session)
    if (record && named) session.figures.add(LINES['call-off-named'], name, named.count / named.seconds)
  }
  if (name === 'table-sqlite') return // it has no loop that would fire
  const fired = await measureFire(name, session)
  if (!record) return
  session.figures.add(FIRE(session.sizes.fire), name, fired.perSecond)
  session.figures.add(lateness('fire-p50', 'lateness p50 of these'), name, percentile(fired.lateness, 0.5))
  session.figures.add(lateness('fire-p99', 'lateness p99 of these'), name, percentile(fired.lateness, 0.99))
}

type Took = { count: number; seconds: number }

/** Arms so many, an hour ahead, and calls nine in ten off in no order of time. */
export async function armAndCallOff(
  contender: Contender,
  ground: Ground,
  count: number,
  way: Way,
  { clock, signal }: PeerSession,
): Promise<{ arm: Took; callOff: Took }> {
  const now = clock.now()
  const messages = newMessages(count, now, (index) => now + HOUR_MS + index)
  // The service is always running. A queue's workers have nothing to do here, and may be in another process.
  const runs = contender.callsOff === 'sent'
  if (runs) await contender.start(() => {})
  await ground.rest()
  const before = await ground.pending()
  const arm = await timed(count, () => drive(contender, way, messages, signal, (some) => contender.arm(some)))
  const armed = await ground.pending()
  if (armed - before !== count) throw new Error(`${contender.name} holds ${armed - before} messages and not ${count}`)

  const umids = umidsOf(runs ? await sendOthers(contender, count, { clock, signal }) : messages)
  const read = shuffled(umids).slice(0, Math.ceil(count * CALLED_OFF))
  await ground.rest()
  const waiting = await ground.pending()
  const callOff = await timed(read.length, () => {
    return drive(contender, way, read, signal, (some) => contender.callOff(some))
  })
  const gone = waiting - (await ground.pending())
  if (gone !== read.length) throw new Error(`${contender.name} called off ${gone} messages and not ${read.length}`)
  if (runs) await contender.stop()
  return { arm, callOff }
}

/** The same for messages that their provider knows by an id of its own. Nothing of the kind is known to a job queue. */
async function callOffNamed(
  contender: Contender,
  ground: Ground,
  count: number,
  { clock, signal }: PeerSession,
): Promise<Took | undefined> {
  if (contender.callOffNamed === undefined) return
  const read = shuffled(umidsOf(await sendOthers(contender, count, { clock, signal }, NAMED_SEQUENCE)))
  await ground.rest()
  const waiting = await ground.pending()
  const callOff = await timed(read.length, () => {
    return drive(contender, 'one', read, signal, async (some) => contender.callOffNamed?.(some))
  })
  const gone = waiting - (await ground.pending())
  if (gone !== read.length) throw new Error(`${contender.name} called off ${gone} messages and not ${read.length}`)
  await contender.stop()
  return callOff
}

/** A receipt comes only for what was sent: these are sent, outside of the measured time, and then wait for it. */
async function sendOthers(
  contender: Contender,
  count: number,
  { clock, signal }: Pick<PeerSession, 'clock' | 'signal'>,
  sequence = SEQUENCE,
) {
  await contender.stop()
  const now = clock.now()
  const others = newMessages(count, now, () => now, sequence)
  await inBulk(others, PER_REQUEST, signal, (some) => contender.arm(some))
  await contender.start(() => {})
  await unlessAborted(contender.sent(count), signal)
  return others
}

async function measureFire(name: EntrantName, session: PeerSession) {
  await using cleanUp = new AsyncDisposableStack()
  const { ground, contender, title } = await settle(name, session, cleanUp)
  const { sizes, clock, signal } = session
  session.progress(`${title}: fire`)
  const now = clock.now()
  const messages = newMessages(sizes.fire, now, () => now)
  await inBulk(messages, PER_REQUEST, signal, (some) => contender.arm(some))
  await ground.rest()
  const sentAfter: number[] = []
  const startedAt = performance.now()
  await contender.start(() => void sentAfter.push(performance.now() - startedAt))
  await unlessAborted(contender.sent(sizes.fire), signal)
  const seconds = (performance.now() - startedAt) / 1000
  await contender.stop()
  if (sentAfter.length !== sizes.fire) throw new Error(`${title} sent ${sentAfter.length} and not ${sizes.fire}`)
  return { perSecond: sizes.fire / seconds, lateness: sentAfter }
}

/** One at a time from many callers, or in bulk from one; who shares no commits gets the callers' requests as a group. */
export function drive<T>(
  { sharesCommits }: Pick<Contender, 'sharesCommits'>,
  way: Way,
  items: readonly T[],
  signal: AbortSignal,
  act: (items: readonly T[]) => Promise<void>,
): Promise<void> {
  if (way === 'bulk') return inBulk(items, PER_REQUEST, signal, act)
  return sharesCommits ? oneByOne(items, CONCURRENCY, signal, act) : inBulk(items, CONCURRENCY, signal, act)
}

async function timed(count: number, work: () => Promise<void>): Promise<Took> {
  const startedAt = performance.now()
  await work()
  return { count, seconds: (performance.now() - startedAt) / 1000 }
}
