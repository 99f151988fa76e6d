import { GSM_ALPHABET } from '../../domain/gsm-alphabet.ts'

/**
 * Text as the bytes of SMS and back. Over SMPP the default alphabet goes unpacked, a septet in each octet, so a text of 160
 * septets has 160 octets; the SMSC packs them into the 140 that travel.
 */
export const DATA_CODING = { gsm: 0, ascii: 1, latin1: 3, ucs2: 8 } as const

/** Octets of a text that goes alone, and of one part of several, where a header takes its share. */
const ROOM = { [DATA_CODING.gsm]: { alone: 160, part: 153 }, [DATA_CODING.ucs2]: { alone: 140, part: 134 } } as const

const ESCAPE = 0x1b
const SEPTETS: ReadonlyMap<string, Buffer> = new Map([
  ...[...GSM_ALPHABET.basic].map((char, septet) => [char, Buffer.from([septet])] as const),
  ...Object.entries(GSM_ALPHABET.extension).map(([char, septet]) => [char, Buffer.from([ESCAPE, septet])] as const),
])
const EXTENSION = new Map<number, string>(
  Object.entries(GSM_ALPHABET.extension).map(([char, septet]) => [septet, char]),
)

export type Encoded = {
  dataCoding: (typeof DATA_CODING)['gsm' | 'ucs2']
  /** The bytes of each character, which are never torn apart. */
  characters: readonly Buffer[]
}

/** `encoding` as a message asks for it; undefined for a text that the alphabet asked for cannot write. */
export function encodeText(text: string, encoding = 'AUTO'): Encoded | undefined {
  const septets = encoding === 'UCS2' ? undefined : gsmCharacters(text)
  if (septets !== undefined) return { dataCoding: DATA_CODING.gsm, characters: septets }
  if (encoding === 'GSM7') return undefined
  return {
    dataCoding: DATA_CODING.ucs2,
    characters: [...text].map((char) => Buffer.from(char, 'utf16le').swap16()),
  }
}

function gsmCharacters(text: string): Buffer[] | undefined {
  const characters: Buffer[] = []
  for (const char of text) {
    const septets = SEPTETS.get(char)
    if (septets === undefined || char === '\u001b') return undefined
    characters.push(septets)
  }
  return characters
}

/** The text of each SMS: one where it fits, else several that leave room for their header. */
export function partsOf({ dataCoding, characters }: Encoded): Buffer[] {
  const { alone, part } = ROOM[dataCoding]
  const whole = Buffer.concat(characters)
  if (whole.length <= alone) return [whole]
  const parts: Buffer[][] = []
  let room = 0
  for (const character of characters) {
    if (character.length > room) {
      parts.push([])
      room = part
    }
    parts.at(-1)?.push(character)
    room -= character.length
  }
  return parts.map((each) => Buffer.concat(each))
}

/** What a person wrote; undefined for what is no text, or is in an alphabet that we do not know. */
export function decodeText(bytes: Buffer, dataCoding: number): string | undefined {
  switch (alphabetOf(dataCoding)) {
    case DATA_CODING.gsm:
      return gsmText(bytes)
    case DATA_CODING.ascii:
    case DATA_CODING.latin1:
      return bytes.toString('latin1')
    case DATA_CODING.ucs2:
      return Buffer.from(bytes.subarray(0, bytes.length & ~1))
        .swap16()
        .toString('utf16le')
    default:
      return undefined
  }
}

/** Besides SMPP's own numbers there are those of GSM (3GPP TS 23.038, 4), which some SMSCs hand through: with a class. */
function alphabetOf(dataCoding: number): number {
  if ((dataCoding & 0xf4) === 0xf0) return DATA_CODING.gsm
  const isGeneral = (dataCoding & 0xf0) === 0x10
  return isGeneral ? dataCoding & 0x0c : dataCoding
}

function gsmText(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at++) {
    const septet = bytes.readUInt8(at)
    if (septet !== ESCAPE) text += GSM_ALPHABET.basic[septet] ?? '\ufffd'
    else {
      // What follows an escape and is in no extension that we know is shown as it would be without.
      const escaped = bytes[++at]
      if (escaped !== undefined) text += EXTENSION.get(escaped) ?? GSM_ALPHABET.basic[escaped] ?? '\ufffd'
    }
  }
  return text
}
