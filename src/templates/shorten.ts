import { septetsOf } from '../domain/sms-text.ts'

/** Cuts texts to a length without cutting a character in two. */

/** Marks that phones and word processors write, and what stands for them in an SMS. */
const PLAIN: Record<string, string> = {
  '’': "'",
  '‘': "'",
  '‚': ',',
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  '\u00a0': ' ',
  '\u202f': ' ',
  ç: 'c',
  á: 'a',
  í: 'i',
  ó: 'o',
  ú: 'u',
  â: 'a',
  ê: 'e',
  î: 'i',
  ô: 'o',
  û: 'u',
  ë: 'e',
  ï: 'i',
  ã: 'a',
  õ: 'o',
}
const ONE_SMS = 160 // of the GSM alphabet
const TWO_WIDE_SMS = 134 // of any other, in UTF-16 units: one alone (70) would hold a link and nothing else
const SHORTEST_QUOTE = 8

/** At most `most` characters, the last of them an ellipsis where something was cut off. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const characters = [...text]
  return characters.length <= most
    ? text
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
}

/**
 * An SMS that says `head`, then as much of `quote` as there is room for, then `tail`: one part where the GSM alphabet can spell
 * it, else two. Marks and accents that it lacks are written plainly; emoji are left out.
 */
export function composeSms(head: string, quote: string, tail: string): string {
  const [before, said, after] = [plainly(head), plainly(quote).trim(), plainly(tail)]
  const isGsm = [...before, ...said, ...after].every((each) => septetsOf(each) !== undefined)
  const cost = (text: string) => (isGsm ? gsmLength(text) : text.length)
  const room = (isGsm ? ONE_SMS : TWO_WIDE_SMS) - cost(before) - cost(': ') - cost(after)
  const shown = cost(said) <= room ? said : beginning(said, room - cost('...'), cost)
  return shown === '' ? before + after : `${before}: ${shown}${after}`
}

/** In septets, of which an SMS has 160; what is not of the alphabet counts as one. */
function gsmLength(text: string): number {
  let length = 0
  for (const each of text) length += septetsOf(each) ?? 1
  return length
}

/** The beginning that fits, with dots; nothing where not even a word would. */
function beginning(text: string, room: number, cost: (text: string) => number): string {
  let kept = ''
  let left = room
  for (const each of text) {
    left -= cost(each)
    if (left < 0) break
    kept += each
  }
  return kept.length < SHORTEST_QUOTE ? '' : `${kept.trimEnd()}...`
}

function plainly(text: string): string {
  const plain = [...text].map((each) => (septetsOf(each) === undefined ? (PLAIN[each] ?? each) : each)).join('')
  return plain.replace(EMOJI, '').replace(/ {2,}/g, ' ')
}
// With what follows one: its colour, its form, and others that it is joined with.
const EMOJI =
  /\p{Extended_Pictographic}(?:\ufe0f|\u200d\p{Extended_Pictographic}|\p{Emoji_Modifier})*|\p{Regional_Indicator}/gu
