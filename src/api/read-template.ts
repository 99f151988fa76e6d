import { ApiError } from './errors.ts'
import { isHttpUrl } from './read-url.ts'

/**
 * An approved template as it is named in `content.template`. Whether it exists and how many parameters it takes, only the
 * provider knows; here its form is checked, so that a slip is told to the caller and not found out from a receipt.
 */
const MAX_NAME = 512
const MAX_PARAMETERS = 100
const MAX_PARAMETER_TEXT = 32_768
const SUB_TYPES = ['QuickReply', 'Url', 'CopyCode', 'Flow', 'VoiceCall']
const PARAMETER_TYPES = [
  'text',
  'image',
  'gif',
  'video',
  'document',
  'location',
  'payload',
  'couponCode',
  'action',
  'ttlMinutes',
]
const MEDIA = ['image', 'gif', 'video', 'document']

export function checkTemplate(template: unknown, path: string): void {
  if (!isObject(template)) throw new ApiError(3030, path, 'is missing; give {"name":"reminder","language":"en"}')
  const { name, language, components } = template
  if (typeof name !== 'string' || name.length === 0 || name.length > MAX_NAME) {
    throw new ApiError(3031, `${path}.name`, `must be the name of the template, of 1 to ${MAX_NAME} characters`)
  }
  if (/[\s\p{Cc}]/u.test(name)) throw new ApiError(3032, `${path}.name`, 'must not have spaces')
  if (language === undefined || language === '') {
    throw new ApiError(3036, `${path}.language`, 'is missing; give a language such as en or en_US')
  }
  if (typeof language !== 'string' || !/^[a-z]{2,3}([_-][a-z0-9]{2,8})*$/i.test(language)) {
    throw new ApiError(3037, `${path}.language`, 'must be a language such as en or en_US')
  }
  const { ttlSeconds } = template
  if (ttlSeconds !== undefined && !isLife(ttlSeconds)) {
    throw new ApiError(1000, `${path}.ttlSeconds`, 'must be whole seconds from 30 to 2592000')
  }
  if (components === undefined) return
  if (!Array.isArray(components)) throw new ApiError(3039, `${path}.components`, 'must be a list of components')
  for (const [index, component] of components.entries()) checkComponent(component, `${path}.components[${index}]`)
}

function checkComponent(component: unknown, path: string): void {
  if (!isObject(component) || typeof component.type !== 'string' || !/^[a-z_]{1,50}$/i.test(component.type)) {
    throw new ApiError(3039, `${path}.type`, 'must be a component such as header, body, footer, button or carousel')
  }
  const { subType, index, parameters } = component
  if (subType !== undefined && !isOneOf(subType, SUB_TYPES)) {
    throw new ApiError(3052, `${path}.subType`, `must be one of ${SUB_TYPES.join(', ')}`)
  }
  if (index !== undefined && !isIndex(index)) {
    throw new ApiError(3053, `${path}.index`, 'must be a whole number from 0 to 9')
  }
  if (parameters === undefined) return
  if (!Array.isArray(parameters)) throw new ApiError(3040, `${path}.parameters`, 'must be a list of parameters')
  if (parameters.length > MAX_PARAMETERS) {
    const message = `has ${parameters.length}; at most ${MAX_PARAMETERS} are allowed`
    throw new ApiError(3033, `${path}.parameters`, message)
  }
  for (const [at, parameter] of parameters.entries()) checkParameter(parameter, `${path}.parameters[${at}]`)
}

function checkParameter(parameter: unknown, path: string): void {
  if (!isObject(parameter)) throw new ApiError(3041, path, 'must be a parameter such as {"type":"text","text":"Ann"}')
  const { type, text, url, location, payload } = parameter
  if (!isOneOf(type, PARAMETER_TYPES)) {
    throw new ApiError(3042, `${path}.type`, `must be one of ${PARAMETER_TYPES.join(', ')}`)
  }
  const kind = type.toLowerCase()
  if (kind === 'text' && (typeof text !== 'string' || text === '')) {
    throw new ApiError(3040, `${path}.text`, 'is missing; a text parameter needs its text')
  }
  if (text !== undefined && typeof text !== 'string') throw new ApiError(3041, `${path}.text`, 'must be a text')
  if (typeof text === 'string' && text.length > MAX_PARAMETER_TEXT) {
    throw new ApiError(3043, `${path}.text`, `has ${text.length} characters; at most ${MAX_PARAMETER_TEXT} are allowed`)
  }
  if (MEDIA.includes(kind) && (typeof url !== 'string' || !isHttpUrl(url))) {
    throw new ApiError(3046, `${path}.url`, 'must be the http or https URL of the media')
  }
  if (kind === 'location' && !isPlace(location)) {
    throw new ApiError(3044, `${path}.location`, 'must be a place such as {"latitude":1.28,"longitude":103.85}')
  }
  if (kind === 'payload' && (typeof payload !== 'string' || payload === '')) {
    throw new ApiError(3049, `${path}.payload`, 'is missing; a payload parameter needs its payload')
  }
}

/** From half a minute to thirty days, as far as any kind of template goes. */
function isLife(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 30 && value <= 2_592_000
}

function isPlace(value: unknown): boolean {
  return isObject(value) && typeof value.latitude === 'number' && typeof value.longitude === 'number'
}

function isIndex(value: unknown): boolean {
  const number = typeof value === 'string' && /^\d$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 9
}

/** Senders write `url`, `Url` and `URL`. */
function isOneOf(value: unknown, words: readonly string[]): value is string {
  return typeof value === 'string' && words.some((word) => word.toLowerCase() === value.toLowerCase())
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
