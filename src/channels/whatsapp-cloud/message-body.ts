import type { Content, StepContent } from '../../domain/content.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { type Fields, isObject, textIn } from '../../json/loose-json.ts'
import { interactiveOf } from './interactive.ts'
import { linkTo, placeOf } from './media.ts'
import { templateOf } from './template.ts'

/** What our content types are at Meta. */
export const CARRIES = ['text', 'image', 'audio', 'video', 'file', 'location', 'interactive', 'template'] as const

export type DirectSendCategory = 'utility' | 'authentication'

/** Meta's range of `ttl_seconds`. https://developers.facebook.com/documentation/business-messaging/whatsapp/direct-send/configure-message-ttl */
export const TTL_SECONDS: Readonly<Record<DirectSendCategory, { min: number; max: number }>> = {
  utility: { min: 30, max: 43_200 },
  authentication: { min: 30, max: 900 },
}

/** The body of a send without who it goes to; undefined where the content lacks what its type needs. */
export function contentFields(
  { content, validForMs }: Pick<Outgoing, 'content' | 'validForMs'>,
  directSend: DirectSendCategory | undefined,
): Fields | undefined {
  const fields = fieldsFor(content)
  return fields && { ...fields, ...directSendFields(fields, content.content, directSend, validForMs) }
}

function fieldsFor({ type, text, content }: StepContent): Fields | undefined {
  const caption = text ? { caption: text } : {}
  switch (type) {
    case 'text':
      return text ? { type, text: { body: text, preview_url: false } } : undefined
    case 'image':
    case 'video':
      return content.url ? { type, [type]: { ...linkTo(type, content.url), ...caption } } : undefined
    case 'audio':
      return content.url ? { type, audio: linkTo(type, content.url) } : undefined
    case 'file':
      return content.url
        ? { type: 'document', document: { ...linkTo('document', content.url), ...caption } }
        : undefined
    case 'location':
      return part('location', placeOf(content.location))
    case 'interactive':
      return part('interactive', interactiveOf(content.interactive))
    case 'template':
      return part('template', templateOf(content.template))
    default:
      return undefined
  }
}

function part(type: string, fields: Fields | undefined): Fields | undefined {
  return fields && { type, [type]: fields }
}

/**
 * Direct Send: free text without a template, outside of the 24 hours too, and the only message with a life of its own.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/direct-send/send-utility-and-authentication-messages
 */
function directSendFields(
  fields: Fields,
  content: Content,
  configured: DirectSendCategory | undefined,
  validForMs: number | undefined,
): Fields {
  const asked = askedFor(content)
  const category = asked?.category ?? configured
  if (category === undefined || !goesDirectly(fields)) return {}
  const seconds = asked?.ttlSeconds ?? (validForMs === undefined ? undefined : Math.floor(validForMs / 1000))
  if (seconds === undefined) return { category }
  const { min, max } = TTL_SECONDS[category]
  return { category, ttl_seconds: Math.min(Math.max(seconds, min), max) }
}

function askedFor({ whatsApp }: Content): { category: DirectSendCategory; ttlSeconds?: number } | undefined {
  const asked = isObject(whatsApp) ? whatsApp.directSend : undefined
  if (!isObject(asked)) return undefined
  const ttlSeconds = Number.isSafeInteger(asked.ttlSeconds) ? { ttlSeconds: asked.ttlSeconds as number } : {}
  return { category: asked.category === 'authentication' ? 'authentication' : 'utility', ...ttlSeconds }
}

const DIRECT_INTERACTIVE = ['button', 'cta_url']

function goesDirectly({ type, interactive }: Fields): boolean {
  if (type === 'text') return true
  return isObject(interactive) && DIRECT_INTERACTIVE.includes(textIn(interactive.type) ?? '')
}
