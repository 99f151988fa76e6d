import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { e164Of, withoutPunctuation } from '../domain/address.ts'
import { ApiError } from './errors.ts'

/** `exists`: by its country's numbering plan there may be such a number. */
export type Phone = { number: string; exists: boolean }
export type Country = CountryCode

export const DOUBTFUL = 'no such number is known to exist in its numbering plan; it is tried all the same'

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

/** An ISO 3166 code in any case; `path` is where it was given. */
export function readCountry(text: string, path: string): Country {
  const code = text.toUpperCase()
  if (isSupportedCountry(code)) return code
  throw new ApiError(1009, path, 'is not an ISO 3166 country; give one such as SG')
}
