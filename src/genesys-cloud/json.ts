/** Reading JSON that somebody else wrote: what has another shape than expected reads as absent. */
export type Fields = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The objects of a list; nothing for what is no list. */
export function objectsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

const LONGEST_ID = 100 // theirs are UUIDs, or hashes in hexadecimal

export function idIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID ? value : undefined
}

/** Text that says something, without the blanks around it. */
export function textIn(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return text === '' ? undefined : text
}

const YEAR_2001_MS = 1e12
const YEAR_2286_MS = 1e13

/**
 * Epoch milliseconds out of a number, a number in quotes (a template of a data action may quote it) or an ISO 8601 text.
 * Seconds are known by their size.
 */
export function timeIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value
  const ms = typeof number === 'string' ? Date.parse(number) : number
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms <= 0) return undefined
  const at = ms < YEAR_2001_MS && ms * 1000 >= YEAR_2001_MS ? ms * 1000 : ms
  return at >= YEAR_2001_MS && at < YEAR_2286_MS ? Math.floor(at) : undefined
}
