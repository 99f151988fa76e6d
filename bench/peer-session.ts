import type { Clock } from '../src/engine/ports/clock.ts'
import { hold } from './contender.ts'
import { ENTRANTS, type EntrantName, openEntrant } from './entrants.ts'
import type { Figures } from './figures.ts'
import type { Ground } from './ground.ts'

/** How large everything is in the comparison with peers. */
export type PeerSizes = {
  /** Messages that are armed, in each round; nine in ten of them are called off. */
  messages: number
  rounds: number
  /** Messages that are due at one instant. */
  fire: number
  lateness: { messages: number; overMs: number }
  /** How many messages wait while some more are armed and called off. */
  pending: readonly number[]
  beside: { messages: number; rounds: number }
  memory: { rounds: number; sends: number }
  space: { messages: number }
  http: { requests: number; batches: number; perBatch: number; rounds: number }
}
export const PEERS_FULL: PeerSizes = {
  messages: 100_000,
  rounds: 5,
  fire: 20_000,
  lateness: { messages: 200, overMs: 10_000 },
  pending: [10_000, 1_000_000],
  beside: { messages: 10_000, rounds: 3 },
  memory: { rounds: 3, sends: 2000 },
  space: { messages: 20_000 },
  http: { requests: 30_000, batches: 60, perBatch: 500, rounds: 5 },
}
/** Everything once and tiny: it shows that the comparison works, and measures nothing. */
export const PEERS_SMALL: PeerSizes = {
  messages: 100,
  rounds: 1,
  fire: 100,
  lateness: { messages: 5, overMs: 50 },
  pending: [100, 200],
  beside: { messages: 50, rounds: 1 },
  memory: { rounds: 1, sends: 20 },
  space: { messages: 50 },
  http: { requests: 150, batches: 2, perBatch: 20, rounds: 1 },
}
export const HUGE = 10_000_000

/** What all measurements of one comparison share. */
export type PeerSession = {
  sizes: PeerSizes
  clock: Clock
  signal: AbortSignal
  figures: Figures
  progress(text: string): void
  /** An empty place for an entrant, on its own server. */
  newGround(name: EntrantName): Promise<Ground>
}

/** An empty place for an entrant, which is gone when the stack is disposed of. */
export async function groundFor(
  name: EntrantName,
  session: PeerSession,
  cleanUp: AsyncDisposableStack,
): Promise<Ground> {
  const ground = await session.newGround(name)
  cleanUp.defer(() => ground.remove())
  return ground
}

/** Opens an entrant on this ground; it is stopped and closed when the stack is disposed of. */
export function enter(name: EntrantName, ground: Ground, { clock }: PeerSession, cleanUp: AsyncDisposableStack) {
  return hold(() => openEntrant(name, ground.location, clock), cleanUp)
}

/** Opens an entrant on a new ground; both are gone when the stack is disposed of. */
export async function settle(name: EntrantName, session: PeerSession, cleanUp: AsyncDisposableStack) {
  const ground = await groundFor(name, session, cleanUp)
  const contender = await enter(name, ground, session, cleanUp)
  return { ground, contender, title: ENTRANTS[name].title }
}
