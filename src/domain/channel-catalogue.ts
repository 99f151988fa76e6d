import type { SuccessStatus } from './status-ladder.ts'

/**
 * The channel names that a sequence may use, and what each can report at best. A connection may report less than its
 * channel (an SMS route without receipts); it never reports more.
 */
export type AddressKind = 'phone' | 'email' | 'line' | 'any'
export type ChannelFacts = {
  /** The one spelling that we write; any case and the aliases are read. */
  name: string
  aliases?: readonly string[]
  reports: readonly SuccessStatus[]
  address: AddressKind
  /** Longest text in characters, where the channel has a limit. */
  maxTextLength?: number
  /** Counted in UTF-16 units, of which an emoji has two or more; the others count whole characters. */
  countsUtf16?: true
}

const ALL = ['accepted', 'sent', 'delivered', 'read'] as const
const TO_DELIVERED = ['accepted', 'sent', 'delivered'] as const
const TO_SENT = ['accepted', 'sent'] as const

export const CHANNEL_CATALOGUE: readonly ChannelFacts[] = [
  { name: 'SMS', reports: TO_DELIVERED, address: 'phone' },
  { name: 'WhatsApp', reports: ALL, address: 'phone', maxTextLength: 4096 },
  { name: 'Viber', reports: ALL, address: 'phone', maxTextLength: 1000 },
  { name: 'RCS', aliases: ['GoogleRCS'], reports: ALL, address: 'phone', maxTextLength: 3072 },
  {
    name: 'ZaloNotification',
    aliases: ['ZNS', 'Zalo Notification Service'],
    reports: TO_DELIVERED,
    address: 'phone',
    maxTextLength: 400,
  },
  {
    name: 'LineNotification',
    aliases: ['LON', 'LINE Official Notification'],
    reports: TO_DELIVERED,
    address: 'phone',
    maxTextLength: 500,
  },
  {
    name: 'Line',
    aliases: ['LINE Official Account'],
    reports: TO_SENT,
    address: 'line',
    maxTextLength: 5000,
    countsUtf16: true, // https://developers.line.biz/en/docs/messaging-api/text-character-count/
  },
  { name: 'Facebook', aliases: ['Messenger', 'FacebookMessenger'], reports: ALL, address: 'any', maxTextLength: 2000 },
  { name: 'Instagram', reports: ALL, address: 'any' },
  { name: 'WeChat', reports: TO_SENT, address: 'any' },
  { name: 'Zalo', reports: ALL, address: 'any' },
  { name: 'Kakao', aliases: ['KakaoTalk'], reports: TO_DELIVERED, address: 'phone' },
  { name: 'Telegram', reports: TO_SENT, address: 'any', maxTextLength: 4096 },
  { name: 'Push', aliases: ['WebPush'], reports: ALL, address: 'any' },
  { name: 'Email', aliases: ['E-mail', 'Mail'], reports: TO_DELIVERED, address: 'email' },
]

const bySpelling = new Map(
  CHANNEL_CATALOGUE.flatMap((facts) => [facts.name, ...(facts.aliases ?? [])].map((name) => [fold(name), facts])),
)

/** The catalogue entry for a name in any case and either spelling, or undefined for a name that we do not know. */
export function lookUpChannel(name: string): ChannelFacts | undefined {
  return bySpelling.get(fold(name))
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '')
}
