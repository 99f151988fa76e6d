import { expect, test } from 'vitest'
import { addressesOf } from './addresses.ts'

test.each([
  ['6591234567', ['+6591234567']],
  ['+6591234567', ['+6591234567']],
  // A Mexican mobile: WhatsApp keeps the 1 that the country has dropped.
  ['5215512345678', ['+525512345678', '+5215512345678']],
  ['525512345678', ['+525512345678', '+5215512345678']],
  // A Brazilian mobile: WhatsApp may keep it as it was before it got a 9.
  ['553187654321', ['+5531987654321', '+553187654321']],
  ['5531987654321', ['+5531987654321', '+553187654321']],
  // A Brazilian landline has no 9.
  ['551123456789', ['+551123456789']],
  ['', []],
  ['abc', []],
  ['0123456789', []],
  [undefined, []],
  [6591234567, []],
])('the number %j may be known as %j', (waId, addresses) => {
  expect(addressesOf(waId, undefined)).toEqual(addresses)
})

test('an id of a person stands behind the number, or alone', () => {
  expect(addressesOf('6591234567', 'SG.13491208655302741918')).toEqual(['+6591234567', 'SG.13491208655302741918'])
  expect(addressesOf(undefined, 'SG.13491208655302741918')).toEqual(['SG.13491208655302741918'])
  for (const other of ['SG', 'sg.1', 'SG.', 'SG.1 2', 7, null]) expect(addressesOf(undefined, other)).toEqual([])
})
