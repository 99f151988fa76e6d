import { CONTENT_TYPES, type Content, type ContentType } from '../domain/content.ts'
import type { SmsEncoding } from '../domain/sms-text.ts'
import { nearest } from '../words/nearest.ts'
import { ApiError } from './errors.ts'
import { unknownField } from './judge.ts'
import { ContentShape } from './message-shape.ts'
import { checkTemplate, isObject } from './read-template.ts'
import { isHttpUrl } from './read-url.ts'

const FIELDS = Object.keys(ContentShape.properties)
const ENCODINGS: Record<string, 'AUTO' | SmsEncoding> = {
  AUTO: 'AUTO',
  GSM7: 'GSM7',
  GSM: 'GSM7',
  UCS2: 'UCS2',
  UNICODE: 'UCS2',
}
const INTERACTIVE_TYPES = [
  'button',
  'list',
  'product',
  'product_list',
  'cta_url',
  'flow',
  'call_permission_request',
  'request_contact_info',
  'voice_call',
  'location_request_message',
]

export function readType(given: string): ContentType {
  const type = CONTENT_TYPES.find((known) => known.toLowerCase() === given.toLowerCase())
  if (type === undefined) throw new ApiError(3010, 'type', `must be one of ${CONTENT_TYPES.join(', ')}`)
  return type
}

/** Checks what the type requires, on content whose fields have the right shape; keeps every field as it came. */
export function readContent(type: ContentType, given: Content, warnings: string[]): Content {
  checkFields(given, warnings)
  if (given.url !== undefined && !isHttpUrl(given.url)) {
    throw new ApiError(3008, 'content.url', 'must be a public http or https URL')
  }
  switch (type) {
    case 'text':
      if (given.text === undefined || given.text.trim() === '') {
        throw new ApiError(3005, 'content.text', 'is missing; give the text to send')
      }
      break
    case 'image':
    case 'audio':
    case 'video':
    case 'file':
      if (given.url === undefined) {
        throw new ApiError(3007, 'content.url', `is missing; give the public URL of the ${type}`)
      }
      break
    case 'location':
      if (given.location === undefined) {
        throw new ApiError(3021, 'content.location', 'is missing; give {"latitude":1.28,"longitude":103.85}')
      }
      break
    case 'template':
      checkTemplate(given.template, 'content.template')
      break
    case 'interactive':
      checkInteractive(given.interactive)
      break
    case 'buttons':
      if (given.button === undefined && given.buttons === undefined) {
        throw new ApiError(3049, 'content.button', 'is missing; give {"caption":"Open","action":"https://example.com"}')
      }
      break
    case 'carousel':
    case 'richCard':
      if (given[type] === undefined) throw new ApiError(3004, `content.${type}`, `is missing; type ${type} needs it`)
  }
  if (given.sms?.encoding === undefined) return given
  return { ...given, sms: { ...given.sms, encoding: readEncoding(given.sms.encoding) } }
}

/** A slip in a name must not be lost; a field that is new to us may be known to the provider. */
function checkFields(content: Content, warnings: string[]): void {
  for (const field of Object.keys(content)) {
    if (FIELDS.includes(field)) continue
    if (nearest(field, FIELDS) !== undefined) throw unknownField(`content.${field.slice(0, 60)}`, field, FIELDS)
    warnings.push(`content.${field.slice(0, 60)}: is not known here; it is passed on as it is`)
  }
}

function checkInteractive(interactive: unknown): void {
  if (!isObject(interactive)) {
    throw new ApiError(3004, 'content.interactive', 'is missing; type interactive needs it')
  }
  if (typeof interactive.type !== 'string' || !INTERACTIVE_TYPES.includes(interactive.type.toLowerCase())) {
    throw new ApiError(1000, 'content.interactive.type', `must be one of ${INTERACTIVE_TYPES.join(', ')}`)
  }
  if (!isObject(interactive.action))
    throw new ApiError(3049, 'content.interactive.action', 'is missing; give an object')
}

export function readEncoding(given: string): 'AUTO' | SmsEncoding {
  const encoding = ENCODINGS[given.toUpperCase()]
  if (encoding === undefined) throw new ApiError(1003, 'content.sms.encoding', 'must be AUTO, GSM7 or UCS2')
  return encoding
}
