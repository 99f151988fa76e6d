/**
 * An SMSC names a message in its answer and again in the receipt, and some write the same number in two ways. The spelling
 * that we keep, and give to the engine, is the decimal one, or the id as it came where both are alike.
 */
export const MESSAGE_ID_FORMATS = ['as-is', 'decimal', 'hex', 'hex-then-decimal', 'decimal-then-hex'] as const
export type MessageIdFormat = (typeof MESSAGE_ID_FORMATS)[number]

const LONGEST_ID = 255

/** The id that an answer to `submit_sm` gives; undefined where it gives none. */
export function idInAnswer(id: string, format: MessageIdFormat): string | undefined {
  return idIn(
    id,
    format === 'hex' || format === 'hex-then-decimal' ? 'hex' : format === 'as-is' ? undefined : 'decimal',
  )
}

export function idInReceipt(id: string, format: MessageIdFormat): string | undefined {
  return idIn(
    id,
    format === 'hex' || format === 'decimal-then-hex' ? 'hex' : format === 'as-is' ? undefined : 'decimal',
  )
}

/** The id in the way in which the SMSC's answers write it, but for zeros in front and capitals, which nobody has kept. */
export function idForSmsc(id: string, format: MessageIdFormat): string {
  const isHex = format === 'hex' || format === 'hex-then-decimal'
  return isHex && /^\d+$/.test(id) ? BigInt(id).toString(16) : id
}

/** What is no number after all stays as it is. */
function idIn(text: string, base: 'hex' | 'decimal' | undefined): string | undefined {
  const id = text.trim()
  if (id === '' || id.length > LONGEST_ID) return undefined
  if (base === 'hex' && /^[0-9a-f]+$/i.test(id)) return BigInt(`0x${id}`).toString()
  if (base === 'decimal' && /^\d+$/.test(id)) return BigInt(id).toString()
  return id
}
