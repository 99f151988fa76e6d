import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Session } from './session.ts'
import type { Place } from './testbed.ts'

/** Sees to it that so many messages wait in a database; another process writes them, so that this one stays as it is. */
export async function fillUp(place: Place, wanted: number, { signal }: Pick<Session, 'signal'>): Promise<void> {
  const missing = wanted - (await place.tally()).pending
  if (missing <= 0) return
  await seedFromOutside(place.location, missing, signal)
  await place.rest()
}

/** Another process adds so many messages that were sent and wait for a receipt. */
export async function seedFromOutside(location: string, messages: number, signal: AbortSignal): Promise<void> {
  const file = fileURLToPath(import.meta.resolve('./seed.ts'))
  const words = ['--database', location, '--messages', String(messages)]
  const child = fork(file, words, { execArgv: [], signal })
  child.on('error', () => {}) // of being aborted; it is gone a little later
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  signal.throwIfAborted()
  if (code !== 0) throw new Error(`the process that fills the database ended with ${code}`)
}
