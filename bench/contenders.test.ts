import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { openStore, type Store } from '../src/store/store.ts'
import { newId } from '../src/system/ids.ts'
import { MovableClock } from '../src/system/movable-clock.ts'
import { createDatabase } from '../test/support/stores.ts'
import { type ContenderName, type DatabaseName, openContender } from './testbed.ts'
import { HOUR_MS, newMessages, umidsOf } from './workload.ts'

const T0 = Date.UTC(2026, 0, 5, 9)

describe.each<DatabaseName>(['sqlite', 'postgres'])('on %s', (database) => {
  test('the bare database is left with the same rows as by the engine', async () => {
    const messages = newMessages(150, T0, (index) => (index < 100 ? T0 : T0 + HOUR_MS))
    const [read, sent, ahead] = [
      umidsOf(messages.slice(0, 50)),
      umidsOf(messages.slice(50, 100)),
      umidsOf(messages.slice(100)),
    ]
    const left = async (name: ContenderName) => {
      const { location, store } = await newStore(database)
      const contender = await openContender(name, { database, location }, new MovableClock(T0))
      await contender.arm(messages)
      const calls: string[] = []
      await contender.start((umid) => void calls.push(umid))
      await contender.sent(100)
      await contender.callOff(read)
      await contender.stop()
      await contender.close()
      expect(calls.toSorted()).toEqual([...read, ...sent].toSorted())
      return Promise.all([...read, ...sent, ...ahead].map((umid) => everythingOf(store, umid)))
    }
    const ours = await left('untilread')
    expect(await left('raw')).toEqual(ours)
    const states = ours.map((each) => each.record?.message.progress.state)
    expect(states.filter((state) => state === 'succeeded')).toHaveLength(50)
  })

  test('a message that is armed while a contender sleeps is sent', async () => {
    for (const name of ['untilread', 'raw'] as const) {
      const { location } = await newStore(database)
      const contender = await openContender(name, { database, location }, new MovableClock(T0))
      const calls: string[] = []
      await contender.start((umid) => void calls.push(umid))
      const messages = newMessages(3, T0, () => T0)
      await contender.arm(messages)
      await contender.sent(3)
      await contender.stop()
      await contender.close()
      expect(calls.toSorted()).toEqual(umidsOf(messages).toSorted())
    }
  })
})

/** All that is kept of a message. */
async function everythingOf(store: Store, umid: string) {
  return { record: await store.messages.find(umid), timeline: await store.messages.timeline(umid) }
}

async function newStore(database: DatabaseName): Promise<{ location: string; store: Store }> {
  const { location, remove } = database === 'sqlite' ? await newFile() : await newDatabase()
  const store = openStore(location, { newId })
  onTestFinished(async () => {
    await store.close()
    await remove()
  })
  await store.migrate()
  return { location, store }
}

async function newFile() {
  const folder = await mkdtemp(join(tmpdir(), 'untilread-bench-test-'))
  return { location: join(folder, 'bench.db'), remove: () => rm(folder, { recursive: true, force: true }) }
}

async function newDatabase() {
  const { url, drop } = await createDatabase(inject('postgresUrl'))
  return { location: url, remove: drop }
}
