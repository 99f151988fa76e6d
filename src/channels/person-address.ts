/** How several providers know a person. First the phone number, in E.164 with its `+`. */
export const PHONE_PATTERN = '^\\+[1-9]\\d{6,14}$'
const PHONE = new RegExp(PHONE_PATTERN)

export function isPhone(address: string): boolean {
  return PHONE.test(address)
}

/** What a message to anything else is refused with. */
export const NO_PHONE = {
  reason: 'recipient',
  detail: 'the address is no phone number with + and country code',
} as const

/**
 * WhatsApp's id of a person for one business alone, which may stand in place of a number.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
const WHATSAPP_USER_ID = /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/

export function isWhatsAppUserId(address: string): boolean {
  return WHATSAPP_USER_ID.test(address)
}
