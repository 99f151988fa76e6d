import { createHmac } from 'node:crypto'
import { type Answer, type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

export const WHATSAPP_NUMBER_ID = '106540352242922'
export const WHATSAPP_TOKEN = 'EAAGsystem-user.token_1'
export const WHATSAPP_APP_SECRET = '0123456789abcdef0123456789abcdef'
export const WHATSAPP_VERIFY_TOKEN = 'our-own-word'
const VERSION = 'v23.0'
const DISPLAY_NUMBER = '15550783881'

type Json = Record<string, unknown>
export type WhatsAppMessage = { id: string; body: Json }
export type WhatsAppFake = FakeProvider<WhatsAppMessage>

export type WhatsAppFakeOptions = {
  /** A path before the version. */
  prefix?: string
  token?: string
  /** Whether the account is let into Direct Send. */
  directSend?: boolean
  /** Numbers without `+` that the sender may not write to any more. */
  stoppedMarketing?: readonly string[]
}

/** Meta's Cloud API for one sender: `/{version}/{phone-number-id}` and its messages. */
export async function startWhatsApp(options: WhatsAppFakeOptions = {}): Promise<WhatsAppFake> {
  const { prefix = '', token = WHATSAPP_TOKEN, directSend = false } = options
  let taken = 0

  const judge = (request: Incoming): Verdict<WhatsAppMessage> => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      return metaError(401, 190, 'Invalid OAuth access token - Cannot parse access token')
    }
    const number = `${prefix}/${VERSION}/${WHATSAPP_NUMBER_ID}`
    if (request.method === 'GET' && request.path === number) return { answer: { status: 200, body: numberInfo() } }
    if (request.method !== 'POST' || request.path !== `${number}/messages`) {
      return metaError(400, 100, `Unsupported ${request.method} request. Object does not exist`, { error_subcode: 33 })
    }
    if (request.headers['content-type'] !== 'application/json') return metaError(400, 100, 'Invalid content type')
    const fault = faultIn(request.json, directSend)
    if (fault !== undefined) return metaError(400, fault[0], fault[1])
    const body = request.json as Json
    const to = String(body.to ?? '').replace(/\D/g, '')
    if (body.type === 'template' && options.stoppedMarketing?.includes(to)) {
      return metaError(400, 131050, `(#131050) ${to} has chosen to stop receiving marketing messages`)
    }
    const id = `wamid.${Buffer.from(`${to}:${++taken}`).toString('base64')}`
    const contact =
      body.to === undefined ? { input: body.recipient, user_id: body.recipient } : { input: body.to, wa_id: to }
    const messages = [{ id, ...(body.type === 'template' && { message_status: 'accepted' }) }]
    return {
      answer: { status: 200, body: { messaging_product: 'whatsapp', contacts: [contact], messages } },
      message: { id, body },
    }
  }
  const fake = await startFakeProvider(judge)
  return Object.assign(fake, { url: fake.url + prefix })
}

function numberInfo(): Json {
  return {
    id: WHATSAPP_NUMBER_ID,
    display_phone_number: '+1 555-078-3881',
    verified_name: 'Jasper’s Market',
    quality_rating: 'GREEN',
    name_status: 'APPROVED',
  }
}

type Fault = [code: number, words: string]
const missing = (what: string): Fault => [131008, `(#131008) Required parameter is missing: ${what}`]
const wrong = (what: string): Fault => [131009, `(#131009) Parameter value is not valid: ${what}`]
const unknown = (what: string): Fault => [100, `(#100) Unexpected key "${what}" on param`]

const COMMON = [
  'messaging_product',
  'recipient_type',
  'to',
  'recipient',
  'type',
  'context',
  'biz_opaque_callback_data',
  'category',
  'ttl_seconds',
]

/** What the description of the API says of a message, field by field. */
function faultIn(json: unknown, directSend: boolean): Fault | undefined {
  if (!isJson(json)) return [100, '(#100) The request body is no JSON object']
  if (json.messaging_product !== 'whatsapp') return missing('messaging_product')
  if (json.recipient_type !== 'individual') return wrong('recipient_type')
  if ((json.to === undefined) === (json.recipient === undefined)) return missing('to, or recipient')
  if (json.to !== undefined && !/^\+?[1-9]\d{6,14}$/.test(String(json.to))) return wrong('to')
  if (json.recipient !== undefined && !/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(String(json.recipient))) {
    return wrong('recipient')
  }
  const type = String(json.type)
  const strange = Object.keys(json).find((name) => !COMMON.includes(name) && name !== type)
  if (strange !== undefined) return unknown(strange)
  const echo = json.biz_opaque_callback_data
  if (echo !== undefined && (typeof echo !== 'string' || echo.length > 512)) return wrong('biz_opaque_callback_data')
  return directSendFault(json, directSend) ?? contentFault(type, json[type])
}

function directSendFault({ type, category, ttl_seconds: ttl }: Json, directSend: boolean): Fault | undefined {
  if (category === undefined) return ttl === undefined ? undefined : unknown('ttl_seconds')
  if (!directSend) return [100, '(#100) Direct Send is not enabled for this account']
  if (type !== 'text' && type !== 'interactive') return unknown('category')
  if (category !== 'utility' && category !== 'authentication') return wrong('category')
  const most = category === 'utility' ? 43_200 : 900
  if (ttl === undefined) return undefined
  if (!Number.isInteger(ttl)) return wrong('ttl_seconds')
  return Number(ttl) < 30 || Number(ttl) > most ? [100, '(#100) The time-to-live value is out of range'] : undefined
}

const MEDIA: Readonly<Record<string, readonly string[]>> = {
  image: ['link', 'caption'],
  video: ['link', 'caption'],
  audio: ['link'],
  document: ['link', 'caption', 'filename'],
}

function contentFault(type: string, content: unknown): Fault | undefined {
  if (!isJson(content)) return missing(type)
  if (Object.hasOwn(MEDIA, type)) return mediaFault(type, content)
  switch (type) {
    case 'text':
      if (typeof content.body !== 'string' || content.body === '') return missing('text.body')
      if (content.body.length > 4096) return wrong('text.body')
      return typeof content.preview_url === 'boolean' ? extra(content, ['body', 'preview_url']) : wrong('preview_url')
    case 'location':
      if (![content.latitude, content.longitude].every(isDegrees)) return wrong('location')
      return extra(content, ['latitude', 'longitude', 'name', 'address'])
    case 'interactive':
      if (typeof content.type !== 'string') return missing('interactive.type')
      if (!isJson(content.action)) return missing('interactive.action')
      if (camel(content) !== undefined) return unknown(String(camel(content)))
      return extra(content, ['type', 'header', 'body', 'footer', 'action'])
    case 'template':
      return templateFault(content)
    default:
      return [131051, '(#131051) Unsupported message type']
  }
}

function mediaFault(type: string, content: Json): Fault | undefined {
  if (typeof content.link !== 'string' || !/^https?:\/\//.test(content.link)) return missing(`${type}.link`)
  return extra(content, MEDIA[type] ?? [])
}

function templateFault({ name, language, components }: Json): Fault | undefined {
  if (typeof name !== 'string') return missing('template.name')
  if (!isJson(language) || language.policy !== 'deterministic') return missing('template.language.policy')
  if (!/^[a-z]{2,3}(_[A-Za-z]{2,8})*$/.test(String(language.code))) return wrong('template.language.code')
  if (components === undefined) return undefined
  if (!Array.isArray(components)) return wrong('template.components')
  return components.map(componentFault).find((fault) => fault !== undefined)
}

function componentFault(component: unknown): Fault | undefined {
  if (!isJson(component)) return wrong('component')
  const { type, sub_type, index, parameters, cards } = component
  if (type === 'carousel') return Array.isArray(cards) ? undefined : missing('cards')
  if (!['header', 'body', 'button'].includes(String(type))) return wrong('component.type')
  if (!Array.isArray(parameters) || parameters.length === 0) return missing('parameters')
  if (type === 'button') {
    const subTypes = ['quick_reply', 'url', 'catalog', 'copy_code', 'flow', 'voice_call']
    if (!subTypes.includes(String(sub_type))) return wrong('sub_type')
    if (typeof index !== 'string' || !/^\d$/.test(index)) return wrong('index')
  }
  return parameters.map(parameterFault).find((fault) => fault !== undefined)
}

function parameterFault(parameter: unknown): Fault | undefined {
  if (!isJson(parameter)) return wrong('parameter')
  const type = String(parameter.type)
  const value = parameter[type]
  if (['image', 'video', 'document'].includes(type)) return isJson(value) ? mediaFault(type, value) : missing(type)
  if (type === 'location') return isJson(value) ? contentFault(type, value) : missing(type)
  if (['text', 'payload', 'coupon_code'].includes(type)) return typeof value === 'string' ? undefined : missing(type)
  if (type === 'action') return isJson(value) ? undefined : missing(type)
  return type === 'ttl_minutes' && Number.isInteger(value) ? undefined : wrong('parameter.type')
}

function extra(content: Json, allowed: readonly string[]): Fault | undefined {
  const strange = Object.keys(content).find((name) => !allowed.includes(name))
  return strange === undefined ? undefined : unknown(strange)
}

/** The description of the API has degrees as text. */
function isDegrees(value: unknown): boolean {
  return typeof value === 'string' && /^-?\d{1,3}(\.\d+)?$/.test(value)
}

/** The first name that is not in Meta's spelling. */
function camel(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map(camel).find((name) => name !== undefined)
  if (!isJson(value)) return undefined
  return Object.entries(value)
    .filter(([name]) => name !== 'data')
    .map(([name, each]) => (/[A-Z]/.test(name) ? name : camel(each)))
    .find((name) => name !== undefined)
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Meta answers its own mistakes so. */
export function metaAnswer(status: number, code: number, message: string, more: Json = {}): Answer {
  const error = {
    message,
    type: 'OAuthException',
    code,
    error_data: { messaging_product: 'whatsapp', details: message },
    fbtrace_id: 'AXsgnV2Cm3ZMGF3dF_cfYIn',
    ...more,
  }
  return { status, body: { error } }
}

function metaError(status: number, code: number, message: string, more?: Json): Verdict<WhatsAppMessage> {
  return { answer: metaAnswer(status, code, message, more) }
}

/** A webhook's body about one number: a list of values, each a change of its own. */
export function webhookBody(...values: Json[]): Json {
  const metadata = { display_phone_number: DISPLAY_NUMBER, phone_number_id: WHATSAPP_NUMBER_ID }
  return {
    object: 'whatsapp_business_account',
    entry: values.map((value) => ({
      id: '102290129340398',
      changes: [
        {
          field: value.user_preferences === undefined ? 'messages' : 'user_preferences',
          value: { messaging_product: 'whatsapp', metadata, ...value },
        },
      ],
    })),
  }
}

/** A status as it comes for a message to somebody with a number. */
export function statusItem(id: string, status: string, more: Json = {}): Json {
  return {
    id,
    status,
    timestamp: '1772366398',
    recipient_id: '6591234567',
    ...(status !== 'failed' && {
      pricing: { billable: true, pricing_model: 'PMP', category: 'utility', type: 'regular' },
    }),
    ...more,
  }
}

/** The errors of a `failed` status. */
export function errorItem(code: number, message = 'Message undeliverable to 6591234567'): Json {
  const href = 'https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/'
  return { code, title: message, message, error_data: { details: message }, href }
}

/**
 * The bytes and headers of a webhook: Meta escapes whatever is not ASCII, and signs what it sends, which is the reason why
 * the signature is checked on bytes and not on JSON that was written anew.
 */
export function signedWebhook(
  body: unknown,
  secret = WHATSAPP_APP_SECRET,
): { headers: Record<string, string>; body: Buffer } {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const escaped = text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const bytes = Buffer.from(escaped.replaceAll('/', '\\/'))
  const signature = createHmac('sha256', secret).update(bytes).digest('hex')
  return {
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
    body: bytes,
  }
}
