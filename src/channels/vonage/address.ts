import { lookUp } from '../../json/loose-json.ts'
import { isPhone, isWhatsAppUserId } from '../person-address.ts'

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

/** An address of ours as Vonage has it: numbers go without their `+`. Undefined for what the channel does not reach. */
export function toVonage(channel: string, address: string): string | undefined {
  if (isPhone(address)) return address.slice(1)
  return channel === 'WhatsApp' && isWhatsAppUserId(address) ? address : undefined
}

export function fromVonage(channel: string, text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  if (isPhone(`+${text}`)) return `+${text}`
  return channel === 'WhatsApp' && isWhatsAppUserId(text) ? text : undefined
}
