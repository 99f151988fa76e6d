import { expect, test } from 'vitest'
import { openStore } from '../../src/store/store.ts'
import { newId } from '../../src/system/ids.ts'
import { intake, newMessage, T0 } from '../support/messages.ts'
import { PLACES } from '../support/stores.ts'
import { describeStore } from './store-contract.ts'

describeStore('a SQLite file', PLACES['sqlite file'], { twoNodes: 'SQLite serves one node' })
describeStore('PostgreSQL', PLACES.postgres)

test('a store in memory works like one in a file, and is gone with its connection', async () => {
  const store = openStore(':memory:', { newId })
  try {
    await store.migrate()
    const message = newMessage()
    await store.messages.accept([intake(message)])
    expect((await store.messages.find(message.envelope.umid))?.message).toEqual(message.message)
    expect(await store.messages.nextWakeAt()).toBe(T0)
  } finally {
    await store.close()
  }
})
