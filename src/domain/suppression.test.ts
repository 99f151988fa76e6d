import { expect, test } from 'vitest'
import { listedAs, stopFor } from './suppression.ts'

const step = { channel: 'SMS', addresses: ['+1'], connections: ['main', 'spare'] }
const stop = { connection: 'spare', channel: 'SMS', address: '+1', reason: 'opted-out' } as const

test.each([
  ['opted-out', 'opted-out'],
  ['blocked', 'opted-out'],
  ['bad-address', 'bad-address'],
] as const)('an address that is %s is skipped as %s', (reason, skip) => {
  expect(stopFor([{ ...stop, reason }], step)).toMatchObject({ reason: skip, detail: expect.stringMatching(/\S/) })
})

test('a stop holds by another name of the person, a bad address does not', () => {
  expect(stopFor([{ ...stop, address: 'user-7' }], step)).toBeDefined()
  expect(stopFor([{ ...stop, address: '+2', reason: 'bad-address' }], step)).toBeUndefined()
})

test.each([
  ['no stop', []],
  ['one on another channel', [{ ...stop, channel: 'WhatsApp' }]],
  ['one that another company heard', [{ ...stop, connection: 'theirs' }]],
])('%s stops nothing', (_, suppressed) => {
  expect(stopFor(suppressed, step)).toBeUndefined()
})

test('a mailbox is listed in one case, an id as it is', () => {
  expect([listedAs('Ann@Example.ORG'), listedAs('User-7')]).toEqual(['ann@example.org', 'User-7'])
})
