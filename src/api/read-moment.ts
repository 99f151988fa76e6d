import { ApiError, type ErrorCode } from './errors.ts'

const FORM = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2})$/

/** An RFC 3339 time as epoch milliseconds. A time without its zone is refused: guessing one would send at night. */
export function readMoment(value: string, path: string, code: ErrorCode): number {
  const parts = FORM.exec(value)
  const at = parts === null ? Number.NaN : Date.parse(value)
  // JavaScript reads the 30th of February as the 2nd of March.
  const lastDay = parts === null ? 0 : new Date(Date.UTC(Number(parts[1]), Number(parts[2]), 0)).getUTCDate()
  if (Number.isNaN(at) || Number(parts?.[3]) > lastDay) {
    throw new ApiError(code, path, 'must be a time with its zone such as 2030-01-31T09:00:00Z')
  }
  return at
}
