import { e164Of } from '../../domain/address.ts'
import { isWhatsAppUserId } from '../person-address.ts'

/**
 * Every address under which we may know a person, the likeliest first: by the phone number (`wa_id`, without `+`) and by the
 * id of people who show a name and no number. WhatsApp keeps some numbers in the way in which they
 * were written when their owner came to it, so that a stop would miss the address that a sender gave.
 */
export function addressesOf(waId: unknown, userId: unknown): string[] {
  const phone = typeof waId === 'string' ? e164Of(waId) : undefined
  const ids = typeof userId === 'string' && isWhatsAppUserId(userId) ? [userId] : []
  return [...(phone === undefined ? [] : spellingsOf(phone)), ...ids]
}

/** Mexico dropped the 1 before mobile numbers in 2019; Brazil put a 9 before them, region by region, until 2016. */
function spellingsOf(phone: string): string[] {
  const mexican = /^\+521?(\d{10})$/.exec(phone)
  if (mexican) return [`+52${mexican[1]}`, `+521${mexican[1]}`]
  const brazilian = /^\+55(\d{2})(?:9(\d{8})|([6-9]\d{7}))$/.exec(phone)
  if (brazilian) {
    const [, area, withNine, without] = brazilian
    const number = withNine ?? without
    return [`+55${area}9${number}`, `+55${area}${number}`]
  }
  return [phone]
}
