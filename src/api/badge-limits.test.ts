import { describe, expect, test } from 'vitest'
import { MovableClock } from '../system/movable-clock.ts'
import { clientOf } from './badge-client.ts'
import { BadgeLimits, OpenPlaces } from './badge-limits.ts'

const START = Date.UTC(2026, 4, 5, 9)

describe('limits', () => {
  test('a refused request costs nothing', async () => {
    const clock = new MovableClock(START)
    const limits = new BadgeLimits(clock, 4)
    for (let i = 0; i < 4; i++) expect(limits.take('a', 'ann')).toBeUndefined()
    for (let i = 0; i < 100; i++) expect(limits.take('a', 'ann')).toBe(15)
    await clock.advance(15_000)
    expect(limits.take('a', 'ann')).toBeUndefined()
  })

  test('buckets hold no more than a minute of rest gives', async () => {
    const clock = new MovableClock(START)
    const limits = new BadgeLimits(clock, 4)
    limits.take('a', 'ann')
    await clock.advance(24 * 3_600_000)
    const answers = Array.from({ length: 5 }, () => limits.take('a', 'ann'))
    expect(answers).toEqual([undefined, undefined, undefined, undefined, 15])
  })

  test('a clock that is set back neither refills nor locks out', () => {
    let now = START
    const limits = new BadgeLimits({ now: () => now, sleepUntil: async () => {} }, 4)
    for (let i = 0; i < 4; i++) limits.take('a', 'ann')
    now -= 3_600_000
    expect(limits.take('a', 'ann')).toBe(15)
    now += 15_000
    expect(limits.take('a', 'ann')).toBeUndefined()
  })

  test('a consumer that was asked for before is free, but not to another address', () => {
    const limits = new BadgeLimits(new MovableClock(START), 8)
    expect([limits.take('a', 'ann'), limits.take('a', 'bob')]).toEqual([undefined, undefined])
    expect(limits.take('a', 'eve')).toBe(30)
    expect(limits.take('a', 'ann')).toBeUndefined()
    expect(limits.take('b', 'eve')).toBeUndefined()
  })

  test('remembers no more than so many addresses, the latest', () => {
    const limits = new BadgeLimits(new MovableClock(START), 1)
    expect(limits.take('first', 'ann')).toBeUndefined()
    expect(limits.take('first', 'ann')).toBe(60)
    for (let i = 0; i < 20_000; i++) limits.take(`address ${i}`, 'ann')
    expect(limits.take('address 19999', 'ann')).toBe(60)
    expect(limits.take('first', 'ann')).toBeUndefined()
  })

  test('places are taken per address and in all, and are given back', () => {
    const places = new OpenPlaces(2, 3)
    const leave = places.take('a')
    expect(places.take('a')).toBeDefined()
    expect(places.take('a')).toBeUndefined()
    expect(places.take('b')).toBeDefined()
    expect(places.take('c')).toBeUndefined()
    leave?.()
    expect(places.take('c')).toBeDefined()
    expect(places.take('a')).toBeUndefined()
  })
})

describe('the client', () => {
  const client = (ip: string, forwarded?: string, proxies = 0) =>
    clientOf({ ip, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }, proxies)

  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5::', '2001:db8:1:2::/64'],
  ])('%s counts as %s', (ip, expected) => expect(client(ip)).toBe(expected))

  test.each([
    ['one proxy: the last entry', '203.0.113.9, 198.51.100.1', 1, '198.51.100.1'],
    ['two proxies: the last but one', '9.9.9.9, 203.0.113.9, 198.51.100.1', 2, '203.0.113.9'],
    ['no proxy of ours: nothing in it is believed', '203.0.113.9', 0, '192.0.2.7'],
    ['fewer entries than proxies', '203.0.113.9', 2, '192.0.2.7'],
    ['no address', 'unknown', 1, '192.0.2.7'],
    ['an address with a port', '203.0.113.9:4711', 1, '203.0.113.9'],
    ['IPv6 in brackets with a port', '[2001:db8::1]:4711', 1, '2001:db8:0:0::/64'],
    ['empty', '', 1, '192.0.2.7'],
  ])('%s', (_, forwarded, proxies, expected) => expect(client('192.0.2.7', forwarded, proxies)).toBe(expected))
})
