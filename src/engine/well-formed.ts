/** The same with every text as both databases give it back: without NUL, and without halves of characters. */
export function wellFormed<T>(value: T): T {
  const text = JSON.stringify(value)
  if (!ODD.test(text)) return value
  return JSON.parse(text, (_key, each) => (typeof each === 'string' ? each.replaceAll('\0', '').toWellFormed() : each))
}

const ODD = /\\u(?:0000|d[89a-f])/i
