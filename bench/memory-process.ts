import { systemClock } from '../src/system/clock.ts'
import { type EntrantName, openEntrant } from './entrants.ts'
import { CONCURRENCY, inBulk, newMessages, oneByOne, PER_REQUEST, umidsOf } from './workload.ts'

export type MemoryTask = {
  entrant: EntrantName
  location: string
  /** How many messages to send. */
  sends: number
  /** Messages that wait in the database, to be called off with those just sent. */
  callOff: readonly string[]
}

/** Lives as the service does, on a database that may be full of waiting messages, and answers with its memory. */
async function live({ entrant, location, sends, callOff }: MemoryTask): Promise<number> {
  const { signal } = new AbortController()
  const contender = await openEntrant(entrant, location, systemClock)
  await contender.start(() => {})
  const now = systemClock.now()
  const messages = newMessages(sends, now, () => now)
  await inBulk(messages, PER_REQUEST, signal, (some) => contender.arm(some))
  await contender.sent(sends)
  const drive = contender.sharesCommits ? oneByOne : inBulk
  const alsoRead = contender.callsOff === 'sent' ? umidsOf(messages) : []
  await drive([...alsoRead, ...callOff], CONCURRENCY, signal, (some) => contender.callOff(some))
  const { rss } = process.memoryUsage()
  await contender.stop()
  await contender.close()
  return rss
}

process.once('disconnect', () => process.exit())
process.once('message', async (task: MemoryTask) => {
  const rss = await live(task)
  process.send?.(rss, () => process.disconnect())
})
