/** Reading JSON that somebody else wrote: what has another shape than expected reads as absent. */
export type Fields = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function fieldsOf(value: unknown): Fields | undefined {
  return isObject(value) ? value : undefined
}

/** The objects of a list; nothing for what is no list. */
export function objectsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Text that says something, without the blanks around it. */
export function textIn(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return text === '' ? undefined : text
}

const LONGEST_ID = 100 // those that we meet are UUIDs, hashes in hexadecimal and the like

export function idIn(value: unknown, longest = LONGEST_ID): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= longest ? value : undefined
}

/** An id that some write as a number. One that is no safe integer has lost digits on the way, and would be another's. */
export function numberedIdIn(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : idIn(value)
}

const LONGEST_WORDS = 500 // a sentence for the timeline, not a page

/** What a provider says to people, cut to a sentence or two. */
export function wordsIn(value: unknown): string | undefined {
  return textIn(value)?.slice(0, LONGEST_WORDS)
}

/** What a table of ours says of a word or a number of theirs. `toString` and its like, which every object has, are not in it. */
export function lookUp<T>(table: Readonly<Record<string, T>>, key: unknown): T | undefined {
  return (typeof key === 'string' || typeof key === 'number') && Object.hasOwn(table, key) ? table[key] : undefined
}

/** JSON in bytes, or undefined for bytes that are none. */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

const YEAR_2001_MS = 1e12
const YEAR_2286_MS = 1e13

/** Epoch milliseconds out of a number, a number in quotes or an ISO 8601 text. Seconds are known by their size. */
export function timeIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value
  const ms = typeof number === 'string' ? Date.parse(number) : number
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms <= 0) return undefined
  const at = ms < YEAR_2001_MS && ms * 1000 >= YEAR_2001_MS ? ms * 1000 : ms
  return at >= YEAR_2001_MS && at < YEAR_2286_MS ? Math.floor(at) : undefined
}
