import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { chatSource, rule, wrote } from '../support/chat.ts'
import { openHouse } from '../support/house.ts'
import { scriptedConnection } from '../support/scripted-channel.ts'
import { PLACES, type Place } from '../support/stores.ts'

let place: Place
beforeEach(async () => {
  place = await PLACES['sqlite file'](inject('postgresUrl'))
})
afterEach(() => place.cleanUp())

test('a source is closed after the last question to it', async () => {
  let closed = false
  let answer = () => {}
  let askedSecond: boolean | undefined
  const asked = new Promise<void>((resolve) => {
    answer = resolve
  })
  let go = () => {}
  const gate = new Promise<void>((resolve) => {
    go = resolve
  })
  const source = chatSource({
    confirm: async () => {
      answer()
      await gate
      askedSecond = closed
      return { kind: 'unknown' as const }
    },
    close: async () => {
      closed = true
    },
  })
  const fake = scriptedConnection({ serves: ['SMS'], reports: ['accepted'] })
  const house = await openHouse(place, [fake], { watch: { rules: [rule()], sources: [source] } })
  await house.engine.watch.observe('default', 'chat', [wrote('1')])
  void house.advance(900_000)
  await asked
  const stopped = house.engine.stop()
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  go()
  await stopped
  expect(askedSecond).toBe(false)
})

test('a dry run of a message to a thousand does not ask the directory a thousand questions at once', async () => {
  let now = 0
  let most = 0
  const directory = {
    find: async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      return undefined
    },
  }
  const fake = scriptedConnection({ serves: ['SMS'], reports: ['accepted'] })
  const house = await openHouse(place, [fake], { watch: { rules: [rule({ largestGroup: 1000 })], directory } })
  const recipients = Array.from({ length: 1000 }, (_, index) => `p${index}`)
  await house.engine.watch.dryRun('default', 'events', wrote('1', { recipients }))
  await house.stop()
  expect(most).toBeLessThanOrEqual(32)
})
