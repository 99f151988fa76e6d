import { type Country, countryOfCode } from '../phone/phone.ts'
import { ApiError } from './errors.ts'

/** Said of a number that has the right form and that no numbering plan has. */
export const DOUBTFUL = 'no such number is known to exist in its numbering plan; it is tried all the same'

/** An ISO 3166 code in any case; `path` is where it was given. */
export function readCountry(text: string, path: string): Country {
  const country = countryOfCode(text)
  if (country !== undefined) return country
  throw new ApiError(1009, path, 'is not an ISO 3166 country; give one such as SG')
}
