import { GSM_ALPHABET } from './gsm-alphabet.ts'

/**
 * How a text is spelled in an SMS, and how many messages it takes on the air (3GPP TS 23.038 and 23.040). One message holds
 * 140 bytes: 160 characters of the GSM alphabet in 7 bits each, or 70 units of UTF-16. A longer text goes in parts, each with
 * six bytes that tell the phone how to put them together. Every part is paid for by itself.
 */
export type SmsEncoding = 'GSM7' | 'UCS2'

export type SmsParts = {
  encoding: SmsEncoding
  /** Septets of GSM-7, or UTF-16 units of UCS-2. */
  units: number
  /** At least one: an empty SMS is one too. */
  parts: number
  /** The first character that the GSM alphabet lacks: why AUTO chose UCS-2, or what GSM-7 would lose. */
  foreign?: string
}

const ESCAPE = '\u001b'
const SEPTETS: ReadonlyMap<string, number> = new Map([
  ...[...GSM_ALPHABET.basic].filter((each) => each !== ESCAPE).map((each) => [each, 1] as const),
  ...Object.keys(GSM_ALPHABET.extension).map((each) => [each, 2] as const),
])

const ROOM = {
  GSM7: { alone: 160, inPart: 153 },
  UCS2: { alone: 70, inPart: 67 },
} as const

/** How many septets a character takes; undefined for one that the GSM alphabet lacks. */
export function septetsOf(character: string): number | undefined {
  return SEPTETS.get(character)
}

/** `AUTO`: GSM-7 where it can spell the whole text, else UCS-2. In GSM-7 a foreign character counts as the `?` it becomes. */
export function smsParts(text: string, wanted: 'AUTO' | SmsEncoding): SmsParts {
  const foreign = firstForeign(text)
  const encoding = wanted === 'AUTO' ? (foreign === undefined ? 'GSM7' : 'UCS2') : wanted
  const unitsOf = encoding === 'GSM7' ? (each: string) => SEPTETS.get(each) ?? 1 : (each: string) => each.length
  return { encoding, ...fill(text, unitsOf, ROOM[encoding]), ...(foreign !== undefined && { foreign }) }
}

function firstForeign(text: string): string | undefined {
  for (const character of text) if (!SEPTETS.has(character)) return character
  return undefined
}

/** Neither an escape and its septet nor the halves of a surrogate pair are parted: what does not fit opens the next part. */
function fill(
  text: string,
  unitsOf: (character: string) => number,
  room: { alone: number; inPart: number },
): { units: number; parts: number } {
  let units = 0
  let parts = 1
  let inPart = 0
  for (const character of text) {
    const more = unitsOf(character)
    if (inPart + more > room.inPart) {
      parts += 1
      inPart = 0
    }
    inPart += more
    units += more
  }
  return { units, parts: units <= room.alone ? 1 : parts }
}
