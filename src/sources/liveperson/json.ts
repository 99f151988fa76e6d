/**
 * LivePerson's JSON, read without belief: ids come as numbers and as texts, what is missing comes as the words `undefined`
 * and `null` or as `0`, lists that were not asked for are absent.
 */
const NOTHING = new Set(['', 'undefined', 'null', '0'])

/** A text that says something, trimmed. */
export function wordOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  return NOTHING.has(text) ? undefined : text
}

/** An upper-case word, for values that the documentation spells in either case. */
export function codeOf(value: unknown): string | undefined {
  return wordOf(value)?.toUpperCase()
}

/** A whole number that is not negative: -1 stands for "none". */
export function countOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** Epoch milliseconds. */
export function timeOf(value: unknown): number | undefined {
  const at = countOf(value)
  return at === 0 ? undefined : at
}
