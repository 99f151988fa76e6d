import pg from 'pg'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import type { SourceEvent } from '../../src/domain/source-event.ts'
import { openStore } from '../../src/store/store.ts'
import { newId } from '../../src/system/ids.ts'
import { chatSource, EVERYBODY, rule, wrote } from '../support/chat.ts'
import { type House, openHouse } from '../support/house.ts'
import { T0 } from '../support/messages.ts'
import { scriptedConnection } from '../support/scripted-channel.ts'
import { createDatabase, PLACES, type Place } from '../support/stores.ts'

let places: Place[] = []
let houses: House[] = []
beforeEach(() => {
  places = []
  houses = []
})
afterEach(async () => {
  await Promise.all(houses.map((house) => house.stop()))
  for (const place of places) await place.cleanUp()
})

test('two nodes that hear of the same events in another order do not lock each other out', async () => {
  const { url, drop } = await createDatabase(inject('postgresUrl'))
  const [one, two] = [openStore(url, { newId }), openStore(url, { newId })]
  await one.migrate()
  const events = Array.from({ length: 400 }, (_, index) => `k${index}`)
  const tell = (keys: string[], round: number): SourceEvent[] =>
    keys.map((key) => ({ key: `${round}-${key}`, at: T0, conversation: `c${round}`, type: 'described' }))
  const nothing = () => ({ changes: { readers: new Map(), items: new Map() }, advanced: [], opened: [] })
  for (let round = 0; round < 12; round++) {
    await Promise.all([
      one.watch.observe([{ subAccountId: 'a', source: 's', events: tell(events, round) }], nothing, T0),
      two.watch.observe([{ subAccountId: 'a', source: 's', events: tell([...events].reverse(), round) }], nothing, T0),
    ])
  }
  // A process of PostgreSQL tells what it counted when it ends.
  await one.close()
  await two.close()
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query('select deadlocks from pg_stat_database where datname = current_database()')
  await client.end()
  await drop()
  expect(Number(rows[0]?.deadlocks)).toBe(0)
}, 60_000)

for (const [name, makePlace] of Object.entries(PLACES)) {
  test(`what is not going to be sent is not worded and kept, on ${name}`, async () => {
    const place = await makePlace(inject('postgresUrl'))
    places.push(place)
    const fake = scriptedConnection({ serves: ['SMS'], reports: ['accepted'] })
    const source = chatSource({ confirm: async () => ({ kind: 'read' as const }) })
    const house = await openHouse(place, [fake], {
      watch: { rules: [rule()], directory: EVERYBODY, sources: [source] },
    })
    houses.push(house)
    await house.engine.watch.observe('default', 'chat', [wrote('1')])
    const { people } = await house.engine.watch.dryRun('default', 'chat', wrote('2'))
    const would = people[0]?.would
    const umid = would?.result === 'join' ? would.umid : ''
    await house.advance(3_600_000)
    expect(await house.stateOf(umid)).toBe('succeeded')
    expect((await house.store.watch.notices([{ umid, step: 9 }])).size).toBe(0)
  })
}
