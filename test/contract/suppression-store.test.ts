import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Suppression, SuppressionStore } from '../../src/engine/ports/suppression-store.ts'
import { PLACES, type Place } from '../support/stores.ts'

const stop = (address: string, more: Partial<Suppression> = {}): Suppression => {
  return { connection: 'main', channel: 'SMS', address, reason: 'opted-out', at: 1_772_366_400_000, ...more }
}

describe.each(Object.entries(PLACES))('suppressions on %s', (_name, makePlace) => {
  let place: Place
  let store: SuppressionStore
  beforeEach(async () => {
    place = await makePlace(inject('postgresUrl'))
    store = (await place.open()).suppressions
  })
  afterEach(() => place.cleanUp())

  const list = async (...connections: string[]) =>
    (await store.list(connections, { limit: 100 })).map(({ connection, channel, address, reason }) =>
      [connection, channel, address, reason].join(' '),
    )

  test('come back as they were put, and the first word on an address stands', async () => {
    const first = stop("+6591234567 '; drop table suppressions; --")
    await store.suppress([first, stop('ännä@example.org', { channel: 'Email', reason: 'bad-address' })])
    await store.suppress([{ ...first, reason: 'blocked', at: 5 }])
    await store.suppress([])
    expect(await store.list(['main'], { limit: 10, address: first.address })).toEqual([first])
    expect(await list('main')).toHaveLength(2)
  })

  test('are put in any number at once, each once', async () => {
    const stops = Array.from({ length: 20_000 }, (_, n) => stop(`+65${n}`))
    await store.suppress([...stops, ...stops.slice(0, 10)])
    expect(await store.lift(stops)).toBe(20_000)
  })

  test('belong to a connection and a channel', async () => {
    await store.suppress([stop('+1'), stop('+1', { connection: 'backup' }), stop('+1', { channel: 'WhatsApp' })])
    expect(await list('backup')).toEqual(['backup SMS +1 opted-out'])
    expect(await store.connections()).toEqual(['backup', 'main'])
    expect(await list('nobody')).toEqual([])
    expect(await list()).toEqual([])
    expect(await list('main', 'backup')).toEqual([
      'backup SMS +1 opted-out',
      'main SMS +1 opted-out',
      'main WhatsApp +1 opted-out',
    ])
  })

  test('are lifted when the person asks for messages again; what was a bad address stays one', async () => {
    await store.suppress([stop('+1'), stop('+2', { reason: 'blocked' }), stop('+3', { reason: 'bad-address' })])
    const keys = ['+1', '+2', '+3', '+4'].map((address) => ({ connection: 'main', channel: 'SMS', address }))
    expect(await store.lift(keys)).toBe(2)
    expect(await list('main')).toEqual(['main SMS +3 bad-address'])
    expect(await store.lift(keys, { all: true })).toBe(1)
    expect(await store.lift([])).toBe(0)
    expect(await list('main')).toEqual([])
  })

  test('are listed page by page', async () => {
    const addresses = Array.from({ length: 25 }, (_, n) => `+65${String(n).padStart(3, '0')}`)
    await store.suppress(addresses.map((address) => stop(address)))
    const seen: string[] = []
    for (;;) {
      const last = seen.at(-1)
      const after = last === undefined ? {} : { after: { connection: 'main', channel: 'SMS', address: last } }
      const page = await store.list(['main'], { limit: 10, ...after })
      if (page.length === 0) break
      seen.push(...page.map(({ address }) => address))
    }
    expect(seen).toEqual(addresses)
  })
})
