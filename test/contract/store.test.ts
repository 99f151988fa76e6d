import { expect, inject, onTestFinished, test } from 'vitest'
import { openStore } from '../../src/store/store.ts'
import { newId } from '../../src/system/ids.ts'
import { decideOn, intake, newMessage, T0 } from '../support/messages.ts'
import { PLACES } from '../support/stores.ts'
import { describeStore } from './store-contract.ts'

describeStore('a SQLite file', PLACES['sqlite file'], { twoNodes: 'SQLite serves one node' })
describeStore('PostgreSQL', PLACES.postgres)

test('a wake-up that comes back to the moment of an alarm that is just being cleared away keeps it', async () => {
  const place = await PLACES['sqlite file'](inject('postgresUrl'))
  onTestFinished(() => place.cleanUp())
  const store = await place.open()
  const [back, other] = [newMessage(), newMessage()]
  const { umid } = back.envelope
  await store.messages.accept([intake(back, other)])
  await place.execute(`update messages set wake_at = null where id = '${umid}'`)
  // While the claim decides, somebody else releases the message; this runs at once, through another connection.
  await store.messages.claimDue(T0, 10, () => {
    void place.execute(`update messages set wake_at = ${T0} where id = '${umid}'`)
    return undefined
  })
  const seen: string[] = []
  await store.messages.claimDue(T0, 10, ({ message }) => {
    seen.push(message.id)
    return undefined
  })
  expect(seen).toContain(umid)
})

test('a claim that somebody else gets in the way of decides once more, from the first on', async () => {
  const place = await PLACES['sqlite file'](inject('postgresUrl'))
  onTestFinished(() => place.cleanUp())
  const store = await place.open()
  await store.messages.accept([intake(newMessage(), newMessage())])
  const positions: number[] = []
  const { changes } = await store.messages.claimDue(T0, 10, (held, position) => {
    // While the first attempt decides, another process moves the messages on; this runs at once.
    if (positions.push(position) === 1) void place.execute('update messages set version = version + 1')
    return { held, advanced: decideOn(held, { type: 'cancel', at: T0 }) }
  })
  expect(positions).toEqual([0, 1, 0, 1])
  expect(changes.map(({ now: { version } }) => version)).toEqual([2, 2])
})

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
