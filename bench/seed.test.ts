import { expect, test } from 'vitest'
import { openStore } from '../src/store/store.ts'
import { newId } from '../src/system/ids.ts'
import { seed } from './seed.ts'
import { HOUR_MS, newMessages, providerRefOf } from './workload.ts'

const T0 = Date.UTC(2026, 0, 5, 9)

test('a seeded store holds as many waiting messages as were asked for, with their deadlines spread evenly', async () => {
  const store = openStore(':memory:', { newId })
  await store.migrate()
  const firstDueAt = T0 + HOUR_MS
  await seed(store.messages, { messages: 6001, sentAt: T0, firstDueAt, lastDueAt: firstDueAt + 6001 })
  expect(await store.messages.nextWakeAt()).toBe(firstDueAt)
  expect(await store.messages.backlog(firstDueAt - 1)).toEqual({ overdue: 0, heldBack: 0 })
  expect(await store.messages.backlog(firstDueAt + 2999)).toEqual({ overdue: 3000, heldBack: 0 })
  expect(await store.messages.backlog(firstDueAt + 6001)).toEqual({ overdue: 6001, heldBack: 0 })
  await store.close()
})

test('a seeded message was sent on its first step, and is found by the id of its provider', async () => {
  const store = openStore(':memory:', { newId })
  await store.migrate()
  await seed(store.messages, { messages: 1, sentAt: T0, firstDueAt: T0 + 5, lastDueAt: T0 + 6, connection: 'acme' })
  const umids: string[] = []
  await store.messages.claimDue(T0 + 5, 10, ({ message }) => {
    umids.push(message.id)
    return undefined
  })
  const [umid = ''] = umids
  const record = await store.messages.find(umid)
  expect(record?.message.progress).toEqual({ state: 'live', phase: 'waiting', step: 0, wakeAt: T0 + 5 })
  expect(record?.message.attempts).toMatchObject([{ status: 'accepted', leftAt: T0 }])
  const found = await store.messages.resolveRefs([{ connection: 'acme', ref: providerRefOf(umid) }])
  expect([...found.values()]).toEqual([{ umid, step: 0 }])
  await store.close()
})

test('the body of a message has some 300 bytes', () => {
  const bytes = newMessages(100, T0, () => T0).map(({ envelope }) => Buffer.byteLength(JSON.stringify(envelope)))
  expect(Math.min(...bytes)).toBeGreaterThan(270)
  expect(Math.max(...bytes)).toBeLessThan(330)
})
