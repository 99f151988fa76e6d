import { expect, inject, onTestFinished, test } from 'vitest'
import { MovableClock } from '../src/system/movable-clock.ts'
import { ENTRANTS, type EntrantName, openEntrant } from './entrants.ts'
import { postgresGround } from './postgres-ground.ts'
import { sqliteGround } from './sqlite-ground.ts'
import { HOUR_MS, newMessages } from './workload.ts'

const T0 = Date.UTC(2026, 0, 5, 9)

for (const name of ['untilread-sqlite', 'untilread-postgres', 'table-sqlite'] as const satisfies EntrantName[]) {
  test(`what is pending for ${name}, and what it takes in bytes, is seen from outside`, async () => {
    const { server, look } = ENTRANTS[name]
    const ground = await (server === 'sqlite' ? sqliteGround(look) : postgresGround(inject('postgresUrl'), look))
    onTestFinished(() => ground.remove())
    const entrant = await openEntrant(name, ground.location, new MovableClock(T0))
    const before = await ground.diskBytes()
    const messages = newMessages(2000, T0, () => T0 + HOUR_MS)
    const logged = await ground.loggedBy(() => entrant.arm(messages))
    const bodies = messages.reduce((sum, { envelope }) => sum + JSON.stringify(envelope).length, 0)
    // Each body is in the log, and on the disk after it; neither takes ten times as much.
    for (const bytes of [logged, (await ground.diskBytes()) - before]) {
      expect(bytes).toBeGreaterThan(bodies)
      expect(bytes).toBeLessThan(10 * bodies)
    }
    expect(await ground.pending()).toBe(2000)
    expect(await ground.everyPending(500)).toHaveLength(4)
    await entrant.close()
  })
}

test('the log of a SQLite file is counted whole, also where it would have begun anew', async () => {
  const ground = await sqliteGround(ENTRANTS['table-sqlite'].look)
  onTestFinished(() => ground.remove())
  const entrant = await openEntrant('table-sqlite', ground.location, new MovableClock(T0))
  const arm = async (times: number) => {
    for (let done = 0; done < times; done++) await entrant.arm(newMessages(500, T0, () => T0 + HOUR_MS))
  }
  const once = await ground.loggedBy(() => arm(10))
  const fourTimes = await ground.loggedBy(() => arm(40)) // far more than SQLite lets its log grow by itself
  expect(fourTimes).toBeGreaterThan(3.5 * once)
  await entrant.close()
})
