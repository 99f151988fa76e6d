import type { ContentType } from '../../domain/content.ts'
import { lookUp } from '../../json/loose-json.ts'

/** The channels that we send through Infobip, and what its one API for all of them calls them. */
export type InfobipChannel = {
  wire: 'SMS' | 'VIBER_BM' | 'WHATSAPP' | 'RCS'
  /** Bodies that the channel takes as they are; what Infobip would only adapt is left to our own fallback text. */
  carries: readonly ContentType[]
  /** Infobip tells when a message was seen. */
  seen: boolean
  /** A repeat of a message's id is refused, and documented to be. */
  refusesRepeats: boolean
  /** Of `validityPeriod`: Infobip's own bounds, and Viber's lower one. More than 48 hours it takes for 48. */
  validitySeconds: { min: number; max: number }
}

const TWO_DAYS_S = 172_800
const MEDIA = ['text', 'image', 'video', 'file', 'template'] as const
const chat = { seen: true, refusesRepeats: false, validitySeconds: { min: 10, max: TWO_DAYS_S } }

const CHANNELS: Readonly<Record<string, InfobipChannel>> = {
  SMS: { ...chat, wire: 'SMS', carries: ['text'], seen: false, refusesRepeats: true },
  WhatsApp: { ...chat, wire: 'WHATSAPP', carries: [...MEDIA, 'location'] },
  Viber: { ...chat, wire: 'VIBER_BM', carries: MEDIA, validitySeconds: { min: 30, max: TWO_DAYS_S } },
  RCS: { ...chat, wire: 'RCS', carries: MEDIA },
}

export const CHANNEL_NAMES = Object.keys(CHANNELS)

export function infobipChannel(name: string): InfobipChannel | undefined {
  return lookUp(CHANNELS, name)
}

/** Our name for a channel of Infobip's; undefined for one that we do not send through it. */
export function channelOfWire(wire: unknown): string | undefined {
  return CHANNEL_NAMES.find((name) => CHANNELS[name]?.wire === wire)
}
