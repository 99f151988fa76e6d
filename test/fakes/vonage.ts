import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomUUID, verify } from 'node:crypto'
import { type Answer, type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

export const VONAGE_APPLICATION = 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab'
export const VONAGE_SIGNATURE_SECRET = 'a-signature-secret-of-some-length-0123'
export const VONAGE_KEY = 'abcd1234'
export const VONAGE_SECRET = 'Account-Secret-77'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const VONAGE_PRIVATE_KEY = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
/** The same in the older form that some tools write. */
export const VONAGE_PRIVATE_KEY_PKCS1 = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()

/** The senders of the account, by Vonage's names for the channels. */
export const VONAGE_SENDERS: Readonly<Record<string, string>> = {
  sms: '15551234567',
  whatsapp: '15551234568',
  viber_service: '12345',
  rcs: 'MyBrand',
}

type Json = Readonly<Record<string, unknown>>
export type VonageMessage = { uuid: string; body: Json }

export type VonageFake = FakeProvider<VonageMessage> & {
  /** The message is with the person, and stays there. */
  arriveAtPerson(uuid: string): void
  /** Messages that were taken back are not counted. */
  standing(): VonageMessage[]
  /** Reports a status to the message's `webhook_url`; answers the status, or undefined without a URL. */
  report(uuid: string, status: string, code?: number): Promise<number | undefined>
}

export type VonageOptions = {
  publicKey?: KeyObject
  /** Beside the usual senders, by channel. */
  senders?: Readonly<Record<string, readonly string[]>>
  optedOut?: readonly string[]
  balance?: number
}

/**
 * Vonage's Messages API v1 on a free port of this machine, with the balance of the Account API beside it: checks the token
 * or the Basic login, and each field against what the public description of the API allows.
 */
export async function startVonage(options: VonageOptions = {}): Promise<VonageFake> {
  const { publicKey = pair.publicKey, balance = 10.28 } = options
  const tokens = new Set<string>()
  const arrived = new Set<string>()
  const revoked = new Set<string>()

  const judge = (request: Incoming): Verdict<VonageMessage> => {
    const login = loginOf(request, publicKey, tokens)
    if (login === undefined) return refuse(401, '#unauthorized', 'You did not provide correct credentials.')
    const { method, path } = request
    if (method === 'GET' && path === '/account/get-balance') {
      if (login !== 'basic') return refuse(401, '#unauthorized', 'You did not provide correct credentials.')
      return { answer: { status: 200, body: { value: balance, autoReload: false } } }
    }
    if (request.headers['content-type'] !== 'application/json') return refuse(422, '#invalid-json', 'Invalid JSON')
    const body = objectIn(request.json)
    if (body === undefined) return refuse(422, '#invalid-json', 'The request body did not contain valid JSON')
    const [, uuid] = /^\/v1\/messages\/([0-9a-f-]{36})$/.exec(path) ?? []
    if (method === 'PATCH' && uuid !== undefined) {
      if (login !== 'token') return refuse(401, '#unauthorized', 'You did not provide correct credentials.')
      const message = fake.messages.find((each) => each.uuid === uuid)
      const mayBe =
        message?.body.channel === 'rcs' && Object.keys(body).join() === 'status' && body.status === 'revoked'
      if (!mayBe) return refuse(422, 'messages#1020', 'Invalid params')
      if (!arrived.has(uuid)) revoked.add(uuid)
      return { answer: { status: 202 } }
    }
    if (method !== 'POST' || path !== '/v1/messages') return refuse(404, '#not-found', 'Not Found')
    const wrong = faultIn(body, options)
    if (wrong !== undefined) return refuse(422, `messages#${wrong}`, `Wrong, said of ${String(body.to)}`)
    const message = { uuid: randomUUID(), body }
    return { answer: { status: 202, body: { message_uuid: message.uuid } }, message }
  }

  const fake = await startFakeProvider(judge)
  return {
    ...fake,
    arriveAtPerson: (uuid) => void arrived.add(uuid),
    standing: () => fake.messages.filter(({ uuid }) => !revoked.has(uuid)),
    report: async (uuid, status, code) => {
      const message = fake.messages.find((each) => each.uuid === uuid)
      const url = message?.body.webhook_url
      if (message === undefined || typeof url !== 'string') return undefined
      const answer = await fetch(url, { method: 'POST', ...signedByVonage(statusBody(message, status, code)) })
      await answer.arrayBuffer()
      return answer.status
    },
  }
}

/** How a request is logged in; undefined for what is no login, or a token that was seen before. */
function loginOf({ headers }: Incoming, publicKey: KeyObject, seen: Set<string>): 'basic' | 'token' | undefined {
  const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ')
  if (scheme === 'Basic') {
    const isKnown = Buffer.from(credentials, 'base64').toString() === `${VONAGE_KEY}:${VONAGE_SECRET}`
    return isKnown ? 'basic' : undefined
  }
  const [head = '', payload = '', signature = ''] = credentials.split('.')
  const decode = (part: string) => objectIn(parse(Buffer.from(part, 'base64url').toString())) ?? {}
  const isSigned = verify(
    'RSA-SHA256',
    Buffer.from(`${head}.${payload}`),
    publicKey,
    Buffer.from(signature, 'base64url'),
  )
  if (scheme !== 'Bearer' || !isSigned || decode(head).alg !== 'RS256') return undefined
  const { application_id, iat, exp, jti } = decode(payload)
  const isDated = Number.isInteger(iat) && Number.isInteger(exp) && Number(exp) > Number(iat)
  const isNew = typeof jti === 'string' && jti !== '' && !seen.has(jti)
  if (application_id !== VONAGE_APPLICATION || !isDated || Number(exp) - Number(iat) > 86_400 || !isNew)
    return undefined
  seen.add(jti)
  return 'token'
}

const COMMON = ['channel', 'message_type', 'to', 'from', 'client_ref', 'webhook_url', 'webhook_version']
const OWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  sms: ['ttl', 'sms'],
  whatsapp: ['whatsapp'],
  viber_service: ['viber_service'],
  rcs: ['ttl', 'rcs'],
}
const TYPES: Readonly<Record<string, readonly string[]>> = {
  sms: ['text'],
  whatsapp: ['text', 'image', 'audio', 'video', 'file', 'template', 'custom'],
  viber_service: ['text', 'image', 'file'],
  rcs: ['text', 'image', 'video', 'file'],
}
const LONGEST_TEXT: Readonly<Record<string, number>> = { sms: 3200, whatsapp: 4096, viber_service: 1000, rcs: 3072 }

/** The code of what is wrong with a message; undefined for a good one. */
function faultIn(body: Json, options: VonageOptions): number | undefined {
  const { channel, message_type: type, to, from, client_ref: ref, webhook_url: url, webhook_version: version } = body
  if (typeof channel !== 'string' || OWN_FIELDS[channel] === undefined) return 1400
  if (typeof type !== 'string' || !TYPES[channel]?.includes(type)) return 1440
  const known = [...COMMON, ...OWN_FIELDS[channel], type]
  if (Object.keys(body).some((field) => !known.includes(field))) return 1410
  const isNumber = typeof to === 'string' && /^[1-9]\d{6,14}$/.test(to)
  if (!isNumber && !(channel === 'whatsapp' && /^[A-Z]{2}\.\w+$/.test(String(to)))) return 1430
  const senders = [VONAGE_SENDERS[channel], ...(options.senders?.[channel] ?? [])]
  if (!senders.includes(String(from))) return 1420
  if (ref !== undefined && (typeof ref !== 'string' || ref.length > 100)) return 1450
  if (url !== undefined && (typeof url !== 'string' || !URL.canParse(url))) return 1020
  if (version !== undefined && version !== 'v1' && version !== 'v0.1') return 1020
  if (options.optedOut?.includes(String(to))) return 1240
  return faultInContent(channel, type, body) ?? faultInSettings(channel, body)
}

function faultInContent(channel: string, type: string, body: Json): number | undefined {
  const part = objectIn(body[type])
  switch (type) {
    case 'text': {
      const length = typeof body.text === 'string' ? body.text.length : 0
      return length === 0 || length > (LONGEST_TEXT[channel] ?? 0) ? 1020 : undefined
    }
    case 'template': {
      const { parameters = [] } = part ?? {}
      const isGood =
        typeof part?.name === 'string' &&
        Array.isArray(parameters) &&
        parameters.every((each) => typeof each === 'string')
      return isGood && typeof objectIn(body.whatsapp)?.locale === 'string' ? undefined : 1022
    }
    case 'custom':
      return part === undefined ? 1010 : undefined
  }
  if (typeof part?.url !== 'string' || !URL.canParse(part.url)) return 1380
  const mayHaveCaption =
    (channel === 'whatsapp' && type !== 'audio') || (channel === 'viber_service' && type === 'image')
  const { caption } = part
  if (caption !== undefined && (!mayHaveCaption || typeof caption !== 'string' || caption === '')) return 1020
  return undefined
}

const RCS_CATEGORIES = ['authentication', 'transaction', 'promotion', 'service-request', 'acknowledgement']

function faultInSettings(channel: string, body: Json): number | undefined {
  const viber = objectIn(body.viber_service)
  const ttl = channel === 'viber_service' ? viber?.ttl : body.ttl
  const [least, most] = { sms: [20, 604_800], rcs: [20, 259_200] }[channel] ?? [30, 86_400]
  const isRange = Number.isInteger(ttl) && Number(ttl) >= Number(least) && Number(ttl) <= Number(most)
  if (ttl !== undefined && !isRange) return 1130
  if (viber !== undefined && !['transaction', 'promotion'].includes(String(viber.category))) return 1020
  const sms = objectIn(body.sms)
  if (sms !== undefined && !['text', 'unicode', 'auto'].includes(String(sms.encoding_type))) return 1020
  const rcs = objectIn(body.rcs)
  return rcs !== undefined && !RCS_CATEGORIES.includes(String(rcs.category)) ? 1020 : undefined
}

/** A status as Vonage posts it. */
export function statusBody({ uuid, body }: VonageMessage, status: string, code?: number): Json {
  return {
    message_uuid: uuid,
    to: body.to,
    from: body.from,
    timestamp: '2026-03-01T12:00:05.000Z',
    status,
    channel: body.channel,
    ...(body.client_ref !== undefined && { client_ref: body.client_ref }),
    ...(status === 'delivered' && { usage: { currency: 'EUR', price: '0.0333' } }),
    ...(code !== undefined && { error: vonageError(`messages#${code}`, String(code), `Said of ${String(body.to)}`) }),
  }
}

/** A webhook as Vonage sends it: its body, and the header that proves it. */
export function signedByVonage(
  body: Json | string,
  secret = VONAGE_SIGNATURE_SECRET,
  claims: Json = {},
): { body: string; headers: Record<string, string> } {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const all = {
    iss: 'Vonage',
    iat: 1_772_366_405,
    jti: randomUUID(),
    api_key: VONAGE_KEY,
    application_id: VONAGE_APPLICATION,
    payload_hash: createHash('sha256').update(text).digest('hex'),
    ...claims,
  }
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(all)}`
  const signature = createHmac('sha256', secret).update(signed).digest('base64url')
  return {
    body: text,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${signed}.${signature}` },
  }
}

/** Vonage answers in the form of RFC 7807. */
export function vonageError(type: string, title: string, detail: string): Json {
  const url = `https://developer.vonage.com/api-errors/${type}`
  return { type: url, title, detail, instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf' }
}

export function vonageRefusal(
  status: number,
  type: string,
  detail: string,
  headers: Record<string, string> = {},
): Answer {
  const body = vonageError(type, 'No.', detail)
  return { status, headers: { 'content-type': 'application/problem+json', ...headers }, body }
}

function refuse(status: number, type: string, detail: string): Verdict<VonageMessage> {
  return { answer: vonageRefusal(status, type, detail) }
}

function objectIn(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
