/** What addresses, languages and time zones must look like, whoever gave them: a sender, a contact, a user database. */

/** A mailbox without a display name; as a pattern with the flag `u`. */
export const EMAIL_PATTERN = '^[^\\s@<>(),;:"\\[\\]\\\\\\p{Cc}]+@[^\\s@<>(),;:"\\[\\]\\\\\\p{Cc}]+$'
export const LONGEST_EMAIL = 254
const EMAIL = new RegExp(EMAIL_PATTERN, 'u')

export function isEmailAddress(text: string): boolean {
  return text.length <= LONGEST_EMAIL && EMAIL.test(text)
}

/** An id by which a channel knows a person: 1 to 255 characters without spaces; as a pattern with the flag `u`. */
export const CHANNEL_ID_PATTERN = '^[^\\s\\p{Cc}]+$'
export const LONGEST_CHANNEL_ID = 255
const CHANNEL_ID = new RegExp(CHANNEL_ID_PATTERN, 'u')

export function isChannelId(text: string): boolean {
  return text.length <= LONGEST_CHANNEL_ID && CHANNEL_ID.test(text)
}

/** How people write a number for other people. */
export function withoutPunctuation(phone: string): string {
  return phone.replace(/[\s().-]/g, '')
}

/** The number in E.164 with `+`, or undefined for what has not its form. The country code must be there, `+` need not. */
export function e164Of(phone: string): string | undefined {
  const digits = withoutPunctuation(phone)
  const number = digits.startsWith('+') ? digits : `+${digits}`
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : undefined
}

const LONGEST_TAG = 35 // what RFC 5646 asks everybody to have room for

/** The BCP 47 tag in its usual spelling, or undefined: `DE` is `de`, `pt_br` is `pt-BR`, and `english` is none. */
export function languageOf(text: string): string | undefined {
  if (text.length > LONGEST_TAG) return undefined
  try {
    const [tag = ''] = Intl.getCanonicalLocales(text.replaceAll('_', '-'))
    // Longer ones have the right form, but none has ever been registered: it is the name of a language.
    return /^[a-z]{2,3}(?:-|$)/.test(tag) ? tag : undefined
  } catch {
    return undefined
  }
}

/** An IANA name such as `Europe/Berlin`, and not an offset, which would be wrong half of the year. */
export function isTimeZone(text: string): boolean {
  if (knownZones.has(text)) return true
  if (!/^[A-Za-z][\w+/-]{0,63}$/.test(text)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
  } catch {
    return false
  }
  if (knownZones.size < MOST_ZONES) knownZones.add(text)
  return true
}
/** To ask costs more than all else about a contact, and most people live in a few zones. */
const knownZones = new Set<string>()
const MOST_ZONES = 1_000 // there are some 600; in other spellings, no end of them

export const LONGEST_NAME = 200

/** What a person may be called: one line. */
export function isName(text: string): boolean {
  return text.length <= LONGEST_NAME && /^[^\p{Cc}]+$/u.test(text)
}
