import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min'
import { e164Of, withoutPunctuation } from '../domain/address.ts'

/** `exists`: by its country's numbering plan there may be such a number. */
export type Phone = { number: string; exists: boolean }
/** ISO 3166, two letters. */
export type Country = CountryCode

/**
 * Reads a number as people write it: international, or with a country also as it is dialled there. Undefined for what
 * is no phone number.
 */
export function readPhone(text: string, country?: Country): Phone | undefined {
  const digits = withoutPunctuation(text)
  if (country !== undefined && !digits.startsWith('+')) {
    const national = parsePhoneNumberFromString(digits, country)
    const number = national && e164Of(national.number)
    return number === undefined ? undefined : { number, exists: national?.isValid() === true }
  }
  const number = e164Of(digits)
  return number === undefined ? undefined : { number, exists: parsePhoneNumberFromString(number)?.isValid() === true }
}

/** The country of an ISO 3166 code in any case; undefined where nobody is called by one. */
export function countryOfCode(code: string): Country | undefined {
  const upper = code.toUpperCase()
  return isSupportedCountry(upper) ? upper : undefined
}

/**
 * The country that a number in E.164 belongs to, told by its first digits: the number itself need not exist. Undefined for
 * what has not the form, for numbers of no country (satellites, +800), and where countries share a calling code and none of
 * their numbering plans has the number.
 */
export function countryOf(e164: string): Country | undefined {
  if (!E164.test(e164)) return undefined
  for (const length of CALLING_CODE_LENGTHS) {
    const countries = COUNTRIES.get(e164.slice(1, 1 + length))
    // Most have a code of their own: that is a look-up, where reading the number takes microseconds.
    if (countries?.length === 1) return countries[0]
    if (countries !== undefined) return parsePhoneNumberFromString(e164)?.country
  }
  return undefined
}

const E164 = /^\+[1-9]\d{6,14}$/
const CALLING_CODE_LENGTHS = [1, 2, 3] // none begins with another
const COUNTRIES = new Map<string, Country[]>()
for (const country of getCountries()) {
  const code = getCountryCallingCode(country)
  COUNTRIES.set(code, [...(COUNTRIES.get(code) ?? []), country])
}
