import { Helper } from './helper.ts'
import type { MemoryTask } from './memory-process.ts'
import { fillUp } from './pending.ts'
import type { Measurement, Session } from './session.ts'
import { CONTENDERS, type ContenderName, type Place } from './testbed.ts'

const MB = 1024 * 1024

/** Resident memory of fresh processes that work on this database while so many messages wait in it. */
export async function measureMemory(
  place: Place,
  key: string,
  pending: number,
  session: Session,
): Promise<Measurement> {
  const { memory } = session.sizes
  const values: Record<ContenderName, number[]> = { untilread: [], raw: [] }
  for (let round = 1; round <= memory.rounds; round++) {
    for (const contender of CONTENDERS) {
      session.progress(
        `memory, ${pending.toLocaleString('en')} pending, round ${round} of ${memory.rounds}: ${contender}`,
      )
      await fillUp(place, pending, session)
      const callOff = (await place.everyPending(Math.max(1, Math.floor(pending / memory.sends)))).slice(0, memory.sends)
      const entrant = `${contender}-${place.database}` as const
      const task = { entrant, location: place.location, sends: memory.sends, callOff }
      values[contender].push((await runTask(task, session.signal)) / MB)
    }
  }
  return { key, title: `memory, ${pending.toLocaleString('en')} pending`, unit: 'MB', values }
}

/** The resident memory of a fresh process, in bytes. */
export async function runTask(task: MemoryTask, signal: AbortSignal): Promise<number> {
  const helper = new Helper('./memory-process.ts', { signal })
  try {
    return await helper.ask<number>(task)
  } finally {
    await helper.end()
  }
}

/** How memory grows with what waits, round by round. */
export function growth(few: Measurement, many: Measurement, title: string): Measurement {
  const ratios = (name: ContenderName) =>
    many.values[name].map((value, round) => value / (few.values[name][round] ?? Number.NaN))
  return { key: 'memory-growth', title, unit: '×', values: { untilread: ratios('untilread'), raw: ratios('raw') } }
}
