import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { type Answer, type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

export const RCS_AGENT = 'my_shop_ab12cd34_agent'
export const RCS_CLIENT_TOKEN = 'client-token-of-the-webhook'
const ACCOUNT = 'rbm@my-shop.iam.gserviceaccount.com'
const KEY_ID = '0123456789abcdef'
const SCOPE = 'https://www.googleapis.com/auth/rcsbusinessmessaging'

export type RcsMessage = {
  id: string
  phone: string
  agentMessage: Record<string, unknown>
  delivered?: true
}

export type RcsOptions = {
  /** By which the login judges the time of a signed word. */
  now: () => number
  /** Phones without RCS. */
  without?: readonly string[]
  /** How a second message under the same id is ignored: Google does not say. */
  repeats?: 'conflict' | 'ok'
  tokenLifeSeconds?: number
  /** What the login answers in place of a token. */
  login?: Answer
}

export type RcsFake = FakeProvider<RcsMessage> & {
  /** For `serviceAccount`. */
  keyFile: string
  tokenUrl: string
  /** Tokens that were given, in order. */
  tokens: string[]
  /** From now on this token is not taken. */
  withdraw(token: string): void
  /** The message of this id is on the phone. */
  deliver(id: string): void
  /** As Google posts an event to the webhook. */
  event(event: unknown, token?: string): RawRequest
  /** As Google asks whether the webhook is ours. */
  challenge(body: unknown): RawRequest
}

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const strangeKeys = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A key file as the console gives it; `strange`: with a key that the account does not have. */
export function keyFileOf({ strange = false, ...over }: Record<string, unknown> = {}): string {
  const { privateKey } = strange ? strangeKeys : keys
  return JSON.stringify({
    type: 'service_account',
    project_id: 'my-shop',
    private_key_id: KEY_ID,
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: ACCOUNT,
    client_id: '100000000000000000000',
    token_uri: 'https://oauth2.googleapis.com/token',
    ...over,
  })
}

/**
 * Google's login and RCS Business Messaging on one port of this machine: checks the signed word, the token, ids, agent and
 * body, keeps what was sent until it is taken back, and signs what it posts.
 */
export async function startRcs(options: RcsOptions): Promise<RcsFake> {
  const tokens: string[] = []
  const withdrawn = new Set<string>()
  const publicKey = createPublicKey(keys.privateKey)

  const judge = (request: Incoming): Verdict<RcsMessage> => {
    if (request.path.endsWith('/token')) return { answer: options.login ?? logIn(request) }
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (!tokens.includes(token) || withdrawn.has(token)) return failure(401, 'UNAUTHENTICATED')
    const [, phone = '', rest = ''] = /\/v1\/phones\/(\+[1-9]\d{6,14})\/agentMessages(\/.*)?$/.exec(request.path) ?? []
    if (phone === '') return { answer: { status: 404, body: '<html>That’s an error.</html>' } }
    if (request.query.get('agentId') !== RCS_AGENT) return failure(403, 'PERMISSION_DENIED')
    if (request.method === 'DELETE') return takeBack(request, phone, rest.slice(1))
    if (request.method === 'POST' && rest === '') return take(request, phone)
    return failure(400, 'INVALID_ARGUMENT')
  }

  const logIn = ({ method, headers, form }: Incoming): Answer => {
    if (method !== 'POST' || headers['content-type'] !== 'application/x-www-form-urlencoded')
      return refusal('invalid_request')
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
      return refusal('unsupported_grant_type')
    const wrong = faultIn(form.get('assertion') ?? '', publicKey, options.now())
    if (wrong !== undefined) return refusal('invalid_grant', wrong)
    const token = `ya29.token-${tokens.length + 1}`
    tokens.push(token)
    const expires_in = options.tokenLifeSeconds ?? 3599
    return { status: 200, body: { access_token: token, expires_in, token_type: 'Bearer' } }
  }

  const take = (request: Incoming, phone: string): Verdict<RcsMessage> => {
    const id = request.query.get('messageId') ?? ''
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)) {
      return failure(400, 'INVALID_ARGUMENT')
    }
    if (request.headers['content-type'] !== 'application/json') return failure(400, 'INVALID_ARGUMENT')
    const agentMessage = request.json
    if (!isObject(agentMessage) || !isAgentMessage(agentMessage)) return failure(400, 'INVALID_ARGUMENT')
    if (options.without?.includes(phone)) return failure(404, 'NOT_FOUND')
    const answer = { status: 200, body: { name: `phones/${phone}/agentMessages/${id}`, ...agentMessage } }
    if (provider.messages.some((message) => message.id === id)) {
      return options.repeats === 'ok' ? { answer } : failure(409, 'ALREADY_EXISTS')
    }
    return { answer, message: { id, phone, agentMessage } }
  }

  const takeBack = (request: Incoming, phone: string, id: string): Verdict<RcsMessage> => {
    if (request.body.length > 0) return failure(400, 'INVALID_ARGUMENT')
    const index = provider.messages.findIndex((message) => message.id === id && message.phone === phone)
    if (index < 0 || provider.messages[index]?.delivered) return failure(404, 'NOT_FOUND')
    provider.messages.splice(index, 1)
    return { answer: { status: 200, body: {} } }
  }

  const provider = await startFakeProvider(judge)
  return {
    ...provider,
    keyFile: keyFileOf(),
    tokenUrl: `${provider.url}/token`,
    tokens,
    withdraw: (token) => void withdrawn.add(token),
    deliver: (id) => {
      const message = provider.messages.find((each) => each.id === id)
      if (message === undefined) throw new Error('there is no such message')
      message.delivered = true
    },
    event: rcsEvent,
    challenge: (body) => posted('verification', Buffer.from(JSON.stringify(body))),
  }
}

/** An event as Google posts it, signed over the bytes that it carries; text is carried as it is. */
export function rcsEvent(event: unknown, token = RCS_CLIENT_TOKEN): RawRequest {
  const data = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event))
  const envelope = {
    message: { data: data.toString('base64'), messageId: '12345', publishTime: '2026-03-01T12:00:00Z' },
    subscription: 'projects/rbm/subscriptions/agent',
  }
  const signature = createHmac('sha512', token).update(data).digest('base64')
  return posted('message_callback', Buffer.from(JSON.stringify(envelope)), { 'x-goog-signature': signature })
}

function posted(kind: string, body: Buffer, headers: Record<string, string> = {}): RawRequest {
  return {
    method: 'POST',
    url: '/callbacks/rcs',
    headers: { 'content-type': 'application/json', 'x-goog-webhook-type': kind, ...headers },
    body,
  }
}

/** Google answers its own mistakes so; its sentences may quote the number. */
export function rcsError(status: number, code: string): Answer {
  return { status, body: { error: { code: status, message: `No: +6591234567 (${code})`, status: code } } }
}

function failure(status: number, code: string): Verdict<RcsMessage> {
  return { answer: rcsError(status, code) }
}

function refusal(error: string, error_description = 'Bad Request'): Answer {
  return { status: 400, body: { error, error_description } }
}

/** What is wrong with the word that an account signs for itself. */
function faultIn(word: string, publicKey: KeyObject, now: number): string | undefined {
  const [head = '', claims = '', signature = ''] = word.split('.')
  if (!verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))) {
    return 'Invalid JWT Signature.'
  }
  const { alg, typ, kid } = JSON.parse(Buffer.from(head, 'base64url').toString())
  const { iss, scope, aud, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  if (alg !== 'RS256' || typ !== 'JWT' || kid !== KEY_ID) return 'Invalid header.'
  if (iss !== ACCOUNT || scope !== SCOPE || aud !== 'https://oauth2.googleapis.com/token') return 'Invalid claims.'
  const seconds = now / 1000
  if (iat > seconds + 60 || exp < seconds || exp - iat > 3600) return 'Token must be a short-lived token.'
  return undefined
}

function isAgentMessage({ contentMessage, ttl, messageTrafficType, ...rest }: Record<string, unknown>): boolean {
  if (!isObject(contentMessage) || Object.keys(rest).length > 0) return false
  const { text, contentInfo, richCard, suggestions, ...others } = contentMessage
  if (Object.keys(others).length > 0) return false
  if ([text, contentInfo, richCard].filter((each) => each !== undefined).length !== 1) return false
  if (text !== undefined && (typeof text !== 'string' || text === '' || text.length > 3072)) return false
  if (contentInfo !== undefined && !isFile(contentInfo)) return false
  if (suggestions !== undefined && !(Array.isArray(suggestions) && suggestions.length <= 11)) return false
  if (ttl !== undefined && !(typeof ttl === 'string' && /^\d+s$/.test(ttl) && Number.parseInt(ttl, 10) <= 1_296_000)) {
    return false
  }
  return messageTrafficType === undefined || TRAFFIC.includes(String(messageTrafficType))
}

const TRAFFIC = ['AUTHENTICATION', 'TRANSACTION', 'PROMOTION', 'SERVICEREQUEST', 'ACKNOWLEDGEMENT']

function isFile(value: unknown): boolean {
  return isObject(value) && typeof value.fileUrl === 'string' && /^https?:/.test(value.fileUrl)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
