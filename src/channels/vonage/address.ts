import { lookUp } from '../../json/loose-json.ts'

/** How Vonage calls the channels that we serve. */
const NATIVE: Readonly<Record<string, string>> = {
  SMS: 'sms',
  WhatsApp: 'whatsapp',
  Viber: 'viber_service',
  RCS: 'rcs',
}
export const CHANNEL_NAMES = Object.keys(NATIVE)

export function nativeChannel(channel: string): string | undefined {
  return lookUp(NATIVE, channel)
}

/** Our name for a channel of Vonage's. Who answers an SMS with a picture sends an MMS. */
export function channelOf(native: unknown): string | undefined {
  return native === 'mms' ? 'SMS' : CHANNEL_NAMES.find((name) => NATIVE[name] === native)
}

/** WhatsApp's business-scoped user id, which may stand in place of a number. */
const WHATSAPP_USER_ID = /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/

/** An address of ours as Vonage has it: numbers go without their `+`. Undefined for what the channel does not reach. */
export function toVonage(channel: string, address: string): string | undefined {
  if (/^\+[1-9]\d{6,14}$/.test(address)) return address.slice(1)
  return channel === 'WhatsApp' && WHATSAPP_USER_ID.test(address) ? address : undefined
}

export function fromVonage(channel: string, text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  if (/^[1-9]\d{6,14}$/.test(text)) return `+${text}`
  return channel === 'WhatsApp' && WHATSAPP_USER_ID.test(text) ? text : undefined
}
