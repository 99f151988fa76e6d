import { isPhone } from '../person-address.ts'

/** One number, three channels: Twilio tells them apart by what stands before it. */
const PREFIXES: Readonly<Record<string, string>> = { SMS: '', WhatsApp: 'whatsapp:', RCS: 'rcs:' }

export const CHANNEL_NAMES = Object.keys(PREFIXES)

/** How Twilio writes a number or a sender on a channel. */
export function onChannel(channel: string, address: string): string {
  return `${PREFIXES[channel] ?? ''}${address}`
}

/** The channel and the number in an address of Twilio's; undefined for one that is no number, or on no channel of ours. */
export function readAddress(text: string): { channel: string; address: string } | undefined {
  const channel = CHANNEL_NAMES.find((name) => PREFIXES[name] !== '' && text.startsWith(onChannel(name, ''))) ?? 'SMS'
  const address = text.slice(onChannel(channel, '').length)
  return isPhone(address) ? { channel, address } : undefined
}
