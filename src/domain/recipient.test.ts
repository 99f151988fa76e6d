import { expect, test } from 'vitest'
import { addressOf, type User } from './recipient.ts'

const everything: User = {
  msisdn: '+6590000001',
  email: 'bob@example.test',
  lineUserId: 'U1',
  channelUserId: 'SG.bob',
  contactId: 'crm-7',
}

test.each([
  ['SMS', 'phone', '+6590000001'],
  ['WhatsApp', 'phone', '+6590000001'],
  ['Email', 'email', 'bob@example.test'],
  ['Line', 'line', 'U1'],
  ['Push', 'any', 'SG.bob'],
] as const)('%s finds a person of whom everything is known by the address of its kind', (channel, kind, address) => {
  expect(addressOf(everything, channel, kind)).toBe(address)
})

test('only WhatsApp reaches a phone by the id that WhatsApp gave', () => {
  const user = { channelUserId: 'SG.bob' }
  expect(addressOf(user, 'WhatsApp', 'phone')).toBe('SG.bob')
  expect(addressOf(user, 'SMS', 'phone')).toBeUndefined()
})

test.each([
  ['phone', 'SMS'],
  ['email', 'Email'],
  ['line', 'Line'],
] as const)('without an address of kind %s, %s has nowhere to go', (kind, channel) => {
  expect(addressOf({ contactId: 'crm-7' }, channel, kind)).toBeUndefined()
})

test('a channel for any address takes the most specific one that there is', () => {
  const order = ['channelUserId', 'contactId', 'msisdn', 'email', 'lineUserId'] as const
  for (const [index, field] of order.entries()) {
    const user = Object.fromEntries(order.slice(index).map((each) => [each, everything[each]]))
    expect(addressOf(user, 'Push', 'any')).toBe(everything[field])
  }
  expect(addressOf({}, 'Push', 'any')).toBeUndefined()
})
