import type { ContentType } from '../../domain/content.ts'
import type { RejectReason } from '../../domain/message.ts'
import type { Abilities, Outgoing } from '../../engine/ports/channel.ts'
import type { Fields } from '../../json/loose-json.ts'
import { NO_PHONE } from '../person-address.ts'
import { nativeChannel, toVonage } from './address.ts'
import { whatsAppTemplate } from './whatsapp-template.ts'

export type Senders = {
  from?: string
  whatsappFrom?: string
  viberFrom?: string
  rcsFrom?: string
  viberCategory?: string
  rcsCategory?: string
}

/** What is posted, or why there is nothing to post. */
export type Body = { body: Fields } | { reason: RejectReason; detail: string }

/** Types that a channel carries as they are. Viber wants more of a video than a message tells. */
export const CARRIES: Readonly<Record<string, Abilities['carries']>> = {
  SMS: ['text'],
  WhatsApp: ['text', 'template', 'image', 'audio', 'video', 'file'],
  Viber: ['text', 'image', 'file'],
  RCS: ['text', 'image', 'video', 'file'],
}

/**
 * How long a message may be told to live, in seconds. WhatsApp cannot be told. For Viber Vonage names a day in one place and
 * three in another; a day is right by both.
 */
export const TTL_SECONDS: Readonly<Record<string, { min: number; max: number }>> = {
  SMS: { min: 20, max: 604_800 },
  Viber: { min: 30, max: 86_400 },
  RCS: { min: 20, max: 259_200 },
}

/** Where the text goes beside media: RCS and audio have no place for it. */
const CAPTIONED: Readonly<Record<string, readonly ContentType[]>> = {
  WhatsApp: ['image', 'video', 'file'],
  Viber: ['image'],
}

/** A message as Vonage's JSON has it; `webhookUrl` is absent where nothing is to be reported. */
export function bodyOf(outgoing: Outgoing, senders: Senders, webhookUrl: string | undefined): Body {
  const { channel, address, attemptRef } = outgoing
  const to = toVonage(channel, address)
  if (to === undefined) return NO_PHONE
  const from = senderOf(outgoing, senders)
  if (from === undefined) {
    return { reason: 'credentials', detail: `this connection has no sender for ${channel}` }
  }
  const content = contentOf(outgoing)
  if (typeof content === 'string') return { reason: 'content', detail: content }
  const body = {
    channel: nativeChannel(channel),
    to,
    from,
    ...content,
    ...settingsOf(outgoing, senders),
    client_ref: attemptRef,
    ...(webhookUrl !== undefined && { webhook_url: webhookUrl, webhook_version: 'v1' }),
  }
  return { body }
}

function senderOf({ channel, content }: Outgoing, senders: Senders): string | undefined {
  switch (channel) {
    case 'SMS':
      // A number without its `+`; a name as it is.
      return (content.content.sms?.source ?? senders.from)?.replace(/^\+(?=\d+$)/, '')
    case 'WhatsApp':
      return senders.whatsappFrom?.replace(/^\+/, '')
    case 'Viber':
      return senders.viberFrom
    case 'RCS':
      return senders.rcsFrom
  }
  return undefined
}

function contentOf({ channel, content }: Outgoing): Fields | string {
  const { type, text } = content
  if (type === 'text') return text ? { message_type: 'text', text } : 'there is no text to send'
  if (type === 'template') return whatsAppTemplate(content.content) ?? 'the template has no name or no language'
  const { url } = content.content
  if (url === undefined) return `there is no URL of the ${type} to send`
  const hasCaption = text !== undefined && text !== '' && CAPTIONED[channel]?.includes(type)
  return { message_type: type, [type]: { url, ...(hasCaption && { caption: text }) } }
}

function settingsOf({ channel, content, validForMs }: Outgoing, senders: Senders): Fields {
  const seconds = ttlOf(channel, validForMs)
  const ttl = seconds === undefined ? {} : { ttl: seconds }
  switch (channel) {
    case 'SMS': {
      const encoding = ENCODINGS[content.content.sms?.encoding ?? '']
      return { ...ttl, ...(encoding !== undefined && { sms: { encoding_type: encoding } }) }
    }
    case 'Viber':
      return { viber_service: { category: senders.viberCategory ?? 'transaction', ...ttl } }
    case 'RCS':
      return { ...ttl, ...(senders.rcsCategory !== undefined && { rcs: { category: senders.rcsCategory } }) }
  }
  return {}
}

const ENCODINGS: Readonly<Record<string, string>> = { AUTO: 'auto', GSM7: 'text', UCS2: 'unicode' }

/** Rounded down: a message that arrives a moment after its step has ended is the one that nobody wants. */
function ttlOf(channel: string, validForMs: number | undefined): number | undefined {
  const range = TTL_SECONDS[channel]
  if (range === undefined || validForMs === undefined) return undefined
  return Math.min(Math.max(Math.floor(validForMs / 1000), range.min), range.max)
}
