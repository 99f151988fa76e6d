import { expect, test } from 'vitest'
import { isPhone, isWhatsAppUserId } from './person-address.ts'

test('a number and an id are told apart', () => {
  const id = 'US.ENT.11815799212886844830'
  expect([isPhone('+6591234567'), isWhatsAppUserId('+6591234567')]).toEqual([true, false])
  expect([isPhone(id), isWhatsAppUserId(id)]).toEqual([false, true])
  for (const neither of ['6591234567', '++6591234567', 'ann@example.com', '', '+0591234567', 'US.../messages']) {
    expect([isPhone(neither), isWhatsAppUserId(neither)]).toEqual([false, false])
  }
})
