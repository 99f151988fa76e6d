import { Command } from 'commander'
import type { MessageStore, NewMessage, ProviderRef } from '../src/engine/ports/message-store.ts'
import { openStore } from '../src/store/store.ts'
import { systemClock } from '../src/system/clock.ts'
import { newId } from '../src/system/ids.ts'
import { lifeOf } from './life.ts'
import { positive } from './positive.ts'
import { CONNECTION, HOUR_MS, newMessages, providerRefOf } from './workload.ts'

export type Seeding = {
  messages: number
  /** When they were sent. Epoch milliseconds, like every `…At`. */
  sentAt: number
  /** The deadlines lie evenly between these two moments. */
  firstDueAt: number
  lastDueAt: number
  /** The connection that is said to have sent them; its id finds them when a receipt names the provider's own. */
  connection?: string
}

const PER_COMMIT = 5000

/**
 * Fills a store with messages that were sent and wait for a receipt, each with a deadline ahead and with its provider's
 * reference. They are written as they stand, so they have no timeline: it begins with what happens to them next.
 */
export async function seed(store: MessageStore, seeding: Seeding): Promise<void> {
  const { messages, sentAt, firstDueAt, lastDueAt, connection = CONNECTION } = seeding
  for (let done = 0; done < messages; done += PER_COMMIT) {
    const count = Math.min(PER_COMMIT, messages - done)
    const dueAt = (index: number) => firstDueAt + Math.floor(((done + index) * (lastDueAt - firstDueAt)) / messages)
    const sent = newMessages(count, sentAt, () => sentAt).map((each, index) => waiting(each, sentAt, dueAt(index)))
    await store.accept([{ subAccountId: 'default', messages: sent }])
    const refs = sent.map(({ envelope: { umid } }): ProviderRef => {
      return { connection, ref: providerRefOf(umid), umid, step: 0 }
    })
    await store.update([], () => undefined, { refs })
  }
}

function waiting({ envelope, message }: NewMessage, sentAt: number, wakeAt: number): NewMessage {
  const sent = lifeOf(message, sentAt).waiting.message
  return { envelope, message: { ...sent, progress: { state: 'live', phase: 'waiting', step: 0, wakeAt } } }
}

async function main(): Promise<void> {
  const { database, messages } = new Command('node bench/seed.ts')
    .description('Fills a database with messages that wait for a receipt, due from a day ahead on.')
    .requiredOption('--database <location>', 'a SQLite file, or a postgres:// address')
    .requiredOption('--messages <number>', 'how many to add', positive)
    .parse()
    .opts<{ database: string; messages: number }>()
  const store = openStore(database, { newId })
  try {
    await store.migrate()
    const sentAt = systemClock.now()
    const firstDueAt = sentAt + 24 * HOUR_MS
    await seed(store.messages, { messages, sentAt, firstDueAt, lastDueAt: firstDueAt + HOUR_MS })
  } finally {
    await store.close()
  }
}

if (import.meta.main) {
  process.once('disconnect', () => process.exit()) // whoever forked this is gone
  process.channel?.unref() // and the ear for it keeps nobody waiting
  await main()
}
