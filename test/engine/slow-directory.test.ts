import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { rule, wrote } from '../support/chat.ts'
import { type House, openHouse } from '../support/house.ts'
import { newMessage, ONE_SMS, T0 } from '../support/messages.ts'
import { type ScriptedConnection, scriptedConnection } from '../support/scripted-channel.ts'
import { PLACES, type Place } from '../support/stores.ts'

const MINUTE = 60_000
let place: Place
let fake: ScriptedConnection
let house: House

beforeEach(async () => {
  place = await PLACES['sqlite file'](inject('postgresUrl'))
  fake = scriptedConnection({ serves: ['SMS'], reports: ['accepted', 'delivered'] })
})
afterEach(async () => {
  house.kill()
  await place.cleanUp()
})

/** Time goes on by the second, whether or not everybody has finished. */
async function run(ms: number) {
  for (let done = 0; done < ms; done += 1000) {
    await house.clock.advance(1000, async () => {
      for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
    })
  }
}

async function openSlow(answersAfterMs: number, streaks: number) {
  house = await openHouse(place, [fake], {
    settings: { leaseMs: 10_000, callTimeoutMs: 5_000 },
    watch: {
      rules: [rule()],
      directory: {
        find: async (_, id, signal) => {
          await house.clock.sleepUntil(house.clock.now() + answersAfterMs, signal)
          return { msisdn: '+6590000001', name: id }
        },
      },
    },
  })
  for (let start = 0; start < streaks; start += 500) {
    const events = Array.from({ length: Math.min(500, streaks - start) }, (_, index) =>
      wrote('1', { conversation: `c${start + index}`, at: T0 }),
    )
    await house.engine.watch.observe('default', 'events', events)
  }
}

test('a slow user database holds no message of the Send API up', async () => {
  await openSlow(2_000, 300)
  await run(15 * MINUTE + 1000)
  await house.send(newMessage({ sequence: ONE_SMS, at: house.clock.now() }))
  const isOurs = () => fake.calls.some(({ user }) => user.contactId === undefined)
  for (let second = 0; second < 5 && !isOurs(); second++) await run(1000)
  expect(isOurs()).toBe(true)
})

test('all that is due at once is told, though asking about it takes far longer than a lease', async () => {
  await openSlow(2_000, 300)
  await run(15 * MINUTE + 60_000)
  expect(fake.calls).toHaveLength(300)
  expect(new Set(fake.calls.map(({ umid }) => umid)).size).toBe(300)
})
