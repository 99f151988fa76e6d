import type { Clock } from '../src/engine/ports/clock.ts'
import { type Contender, hold } from './contender.ts'
import type { Measurement, Session, Sizes } from './session.ts'
import { unlessAborted } from './session.ts'
import { percentile } from './statistics.ts'
import { CONTENDERS, type ContenderName, openContender, type Place } from './testbed.ts'
import { newMessages, umidsOf } from './workload.ts'

const WARM_UP = 50
const LEAST_LEAD_MS = 250

/** How long after its moment a message reaches the channel, at a gentle rate; `beside` says what else is in the database. */
export async function measureLateness(
  place: Place,
  key: string,
  beside: string,
  session: Session,
): Promise<Measurement[]> {
  const lateness = {} as Record<ContenderName, number[]>
  for (const name of CONTENDERS) {
    session.progress(`lateness, ${beside}: ${name}`)
    const open = () => openContender(name, place, session.clock)
    lateness[name] = await latenessOf(open, () => place.rest(), session)
  }
  const line = (share: number, label: string): Measurement => ({
    key: `${key}-${label}`,
    title: `lateness ${label}, ${beside}`,
    unit: 'ms',
    values: { untilread: [percentile(lateness.untilread, share)], raw: [percentile(lateness.raw, share)] },
  })
  return [line(0.5, 'p50'), line(0.99, 'p99')]
}

/** The lateness of each of the messages. */
export async function latenessOf(
  open: () => Promise<Contender>,
  rest: () => Promise<void>,
  { sizes, clock, signal }: { sizes: Pick<Sizes, 'lateness'>; clock: Clock; signal: AbortSignal },
): Promise<number[]> {
  await using cleanUp = new AsyncDisposableStack()
  const contender = await hold(open, cleanUp)
  const now = fineClock(clock)
  const sentAt = new Map<string, number>()
  await contender.start((umid) => void sentAt.set(umid, now()))

  const { messages: count, overMs } = sizes.lateness
  const warmUp = newMessages(WARM_UP, clock.now(), () => clock.now())
  const begunAt = clock.now()
  await contender.arm(warmUp)
  await unlessAborted(contender.sent(WARM_UP), signal)
  await rest()
  // The first deadline lies far enough ahead for all of them to be armed before it.
  const firstDueAt = clock.now() + Math.max(LEAST_LEAD_MS, 4 * (clock.now() - begunAt))
  const messages = newMessages(count, clock.now(), (index) => firstDueAt + Math.round((index * overMs) / count))
  await contender.arm(messages)
  await unlessAborted(contender.sent(WARM_UP + count), signal)
  const dueAt = new Map(messages.map(({ envelope }) => [envelope.umid, envelope.scheduledAt ?? Number.NaN]))
  return umidsOf(messages).map((umid) => (sentAt.get(umid) ?? Number.NaN) - (dueAt.get(umid) ?? Number.NaN))
}

/** Tells the clock's time with parts of a millisecond: it is set by the moment at which the clock's millisecond changes. */
export function fineClock(clock: Clock): () => number {
  const before = clock.now()
  while (clock.now() === before);
  const offset = clock.now() - performance.now()
  return () => performance.now() + offset
}
