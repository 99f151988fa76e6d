import type { RejectReason } from '../../domain/message.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { isPhone, NO_PHONE } from '../person-address.ts'
import { onChannel } from './address.ts'
import { templateOf } from './content-template.ts'

/** Of `ValidityPeriod`, in seconds. What may wait longer is given the most, which is Twilio's own default. */
export const VALIDITY_SECONDS = { min: 1, max: 36_000 }

export type Senders = {
  from?: string
  whatsappFrom?: string
  rcsFrom?: string
  messagingServiceSid?: string
}

/** What is posted, or why there is nothing to post. */
export type Form = { fields: Record<string, string> } | { reason: RejectReason; detail: string }

/** A message as Twilio's form has it; `statusCallback` is absent where Twilio could not reach us. */
export function formOf(outgoing: Outgoing, senders: Senders, statusCallback: string | undefined): Form {
  const { channel, address, validForMs } = outgoing
  // Anything else would be another channel of Twilio's (`messenger:…`), or a short code.
  if (!isPhone(address)) return NO_PHONE
  const sender = senderOf(outgoing, senders)
  if (sender === undefined) {
    return { reason: 'credentials', detail: `this connection has no sender for ${channel}` }
  }
  const content = contentOf(outgoing)
  if ('reason' in content) return content
  return {
    fields: {
      To: onChannel(channel, address),
      ...sender,
      ...content.fields,
      ...(statusCallback !== undefined && { StatusCallback: statusCallback }),
      ...(validForMs !== undefined && { ValidityPeriod: String(validitySeconds(validForMs)) }),
    },
  }
}

function senderOf({ channel, content }: Outgoing, senders: Senders): Record<string, string> | undefined {
  const { from, whatsappFrom, rcsFrom, messagingServiceSid } = senders
  const service = messagingServiceSid === undefined ? undefined : { MessagingServiceSid: messagingServiceSid }
  if (channel === 'SMS') {
    const named = content.content.sms?.source ?? from
    if (named === undefined) return service
    return { From: named, ...service }
  }
  // Without SMS to fall back to: with `rcs:` before the number Twilio sends RCS or nothing.
  const own = channel === 'RCS' ? rcsFrom : whatsappFrom
  return own === undefined ? service : { From: onChannel(channel, own) }
}

function contentOf({ content }: Outgoing): Form {
  const { type, text } = content
  const { url } = content.content
  const body: Record<string, string> = text ? { Body: text } : {}
  if (type === 'template') {
    const template = templateOf(content.content)
    if (typeof template === 'string') return { reason: 'content', detail: template }
    const { contentSid, variables } = template
    const given = Object.keys(variables).length > 0
    return { fields: { ContentSid: contentSid, ...(given && { ContentVariables: JSON.stringify(variables) }) } }
  }
  if (type !== 'text') {
    return url === undefined
      ? { reason: 'content', detail: `there is no URL of the ${type} to send` }
      : { fields: { ...body, MediaUrl: url } }
  }
  return text ? { fields: body } : { reason: 'content', detail: 'there is no text to send' }
}

/** Rounded down: an SMS that arrives a moment after its step has ended is the one that nobody wants. */
function validitySeconds(validForMs: number): number {
  return Math.min(Math.max(Math.floor(validForMs / 1000), VALIDITY_SECONDS.min), VALIDITY_SECONDS.max)
}
