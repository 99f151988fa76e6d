import { getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, test } from 'vitest'
import { countryOf, countryOfCode, readPhone } from './phone.ts'

describe('the country of a number', () => {
  test.each([
    ['+6591234567', 'SG'],
    ['+4915123456789', 'DE'],
    ['+8613812345678', 'CN'],
    // Those that share +1 are told apart by area code.
    ['+14155552671', 'US'],
    ['+18085552671', 'US'],
    ['+14165551234', 'CA'],
    ['+18765551234', 'JM'],
    ['+17875551234', 'PR'],
    ['+447400123456', 'GB'],
    ['+442071234567', 'GB'],
    ['+441481960194', 'GG'],
    ['+447797123456', 'JE'],
    ['+447624123456', 'IM'],
    ['+79161234567', 'RU'],
    ['+77011234567', 'KZ'],
    // Italy keeps the first 0 of its fixed lines.
    ['+390612345678', 'IT'],
    ['+393471234567', 'IT'],
    ['+390669812345', 'VA'],
    ['+4740612345', 'NO'],
    ['+4779123456', 'SJ'],
    ['+61412345678', 'AU'],
    ['+262692123456', 'RE'],
    ['+262639012345', 'YT'],
    ['+38349123456', 'XK'],
  ])('%s is of %s', (number, country) => {
    expect(countryOf(number)).toBe(country)
  })

  test('it is told also of a number that does not exist, as long as no other country has its code', () => {
    expect(readPhone('+6512345678')?.exists).toBe(false)
    expect(countryOf('+6512345678')).toBe('SG')
  })

  test.each([
    ['+6591', 'too short'],
    ['+6591234567890123', 'too long'],
    ['6591234567', 'without +'],
    ['+65 9123 4567', 'not in E.164'],
    ['', 'nothing'],
    ['+0123456789', 'no calling code'],
    ['+999123456789', 'a code that nobody has'],
    ['+80012345678', 'a number of no country'],
    ['+881612345678', 'a satellite'],
    ['+15551234567', 'an area code that no country of +1 has'],
  ])('of %s (%s) it is not known', (number) => {
    expect(countryOf(number)).toBeUndefined()
  })

  test('a look-up tells of every country what reading the whole number tells', () => {
    const numbers = getCountries().flatMap((country) => {
      const national = examples[country]
      return national === undefined ? [] : [parsePhoneNumberFromString(national, country)?.number ?? '']
    })
    expect(numbers.length).toBeGreaterThan(200)
    for (const number of numbers) {
      expect([number, countryOf(number)]).toEqual([number, parsePhoneNumberFromString(number)?.country])
    }
  })
})

describe('a number as people write it', () => {
  test.each([
    ['+65 9123-4567', undefined, '+6591234567'],
    ['6591234567', undefined, '+6591234567'],
    ['9123 4567', 'SG', '+6591234567'],
    ['(0151) 234.567.89', 'DE', '+4915123456789'],
    ['+1 415 555 2671', 'SG', '+14155552671'],
  ] as const)('%s in %s is %s', (text, country, number) => {
    expect(readPhone(text, country)).toEqual({ number, exists: true })
  })

  test.each([['12'], ['hello'], ['+0 123 456 789'], ['']])('%j is none', (text) => {
    expect(readPhone(text)).toBeUndefined()
  })

  test('one that no plan has is read all the same', () => {
    expect(readPhone('+15551234567')).toEqual({ number: '+15551234567', exists: false })
  })
})

test('a country code is read in any case', () => {
  expect(countryOfCode('sg')).toBe('SG')
  expect(countryOfCode('ZZ')).toBeUndefined()
  expect(countryOfCode('')).toBeUndefined()
})
