import { lookUpChannel } from '../../domain/channel-catalogue.ts'
import type { ContentType, StepContent } from '../../domain/content.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { type Fields, lookUp } from '../../json/loose-json.ts'
import { isPhone } from '../person-address.ts'

/** The channels that we send through 8x8, with the content that each of them takes as it is. */
const CARRIES: Readonly<Record<string, readonly ContentType[]>> = {
  SMS: ['text'],
  WhatsApp: ['text', 'template', 'image', 'video', 'audio', 'file', 'location', 'interactive'],
  Viber: ['text', 'template', 'image', 'video', 'file', 'buttons'],
  RCS: ['text', 'image', 'video', 'audio', 'file', 'location', 'carousel', 'richCard'],
  Line: ['text', 'image', 'video', 'audio', 'location'],
  ZaloNotification: ['text', 'template'],
  LineNotification: ['text', 'template'],
}

export const CHANNEL_NAMES = Object.keys(CARRIES)

export function carriedBy(channel: string): readonly ContentType[] {
  return lookUp(CARRIES, channel) ?? ['text']
}

/** 8x8's name for a channel in ours; undefined for one that we do not send through it. */
export function channelOfWire(wire: unknown): string | undefined {
  const name = typeof wire === 'string' ? lookUpChannel(wire)?.name : undefined
  return name !== undefined && CHANNEL_NAMES.includes(name) ? name : undefined
}

/** What each request has, whatever the channel. */
export type Common = { clientMessageId: string; dlrCallbackUrl?: string; expiry?: string; source?: string }
/** Which API takes it, below a subaccount, and what it is given. */
export type Written = { api: 'apps' | 'sms'; path: 'messages' | 'lon'; body: Fields }

/** Undefined where the address or the content is nothing that the channel can take. */
export function requestOf(
  outgoing: Outgoing,
  common: Common,
): Written | { unfit: 'recipient' | 'content'; why: string } {
  const { channel, address, content } = outgoing
  const { source, expiry, ...rest } = common
  const user = userOf(channel, address)
  if (user === undefined) return { unfit: 'recipient', why: `the address is none that ${channel} can use` }
  if (content.type === 'text' && !content.text) return { unfit: 'content', why: 'there is no text to send' }
  if (channel === 'SMS') {
    const { encoding, source: named = source } = content.content.sms ?? {}
    const message = { destination: address, text: content.text, source: named, encoding, expiry, ...rest }
    return { api: 'sms', path: 'messages', body: message }
  }
  // A notification of LINE's takes no time to expire, and its content is laid out in a way of its own.
  if (channel === 'LineNotification') {
    return { api: 'apps', path: 'lon', body: { user, content: notificationOf(content), ...rest } }
  }
  const message = { user, type: content.type, content: contentOf(content), channels: [{ channel }], expiry, ...rest }
  return { api: 'apps', path: 'messages', body: message }
}

function userOf(channel: string, address: string): Fields | undefined {
  // 8x8's pages and its OpenAPI description give the field for LINE two names; each reads the one that it knows.
  if (channel === 'Line') return { channelUserId: address, lineUserId: address }
  if (isPhone(address)) return { msisdn: address }
  return channel === 'WhatsApp' && /^[A-Z]{2}\.[A-Za-z0-9]+$/.test(address) ? { channelUserId: address } : undefined
}

/** Ours is 8x8's own shape, so it goes as it came, without what belongs to other steps: 8x8 would fall back with it. */
function contentOf({ type, text, content }: StepContent): Fields {
  const { fallbackText: _, sms: __, email: ___, ...own } = content
  if (type !== 'text') return own
  // A text may stand in for what the channel could not carry; then only these of its fields still make sense.
  const { whatsApp, suggestions, button } = own
  return { text, whatsApp, suggestions, button }
}

const NOTIFICATION_FIELDS = ['title', 'company', 'icon', 'greeting', 'emphasis', 'list', 'explanation', 'actions']

function notificationOf({ text, content }: StepContent): Fields {
  const given = NOTIFICATION_FIELDS.filter((field) => content[field] !== undefined)
  if (given.length === 0) return { explanation: text }
  return Object.fromEntries(given.map((field) => [field, content[field]]))
}
