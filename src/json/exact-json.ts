/**
 * JSON whose numbers may be ids of 19 digits, as Viber writes them: a number that JavaScript cannot hold exactly comes back
 * as the digits that stood there. Undefined for a text that is no JSON.
 */
export function parseExactJson(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
        ? context?.source
        : value,
    )
  } catch {
    return undefined
  }
}
