import { createHmac, createPublicKey, randomBytes, verify } from 'node:crypto'
import { systemClock } from '../../src/system/clock.ts'
import { type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'
import { type BrowserKeys, decrypt, keysFrom } from './web-push-encryption.ts'

/** A key pair of RFC 8291's example, and one that is another. */
export const VAPID = {
  publicKey: 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
  privateKey: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
}
export const OTHER_VAPID = {
  publicKey: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  privateKey: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
}

export const PUSH_ORIGIN = 'https://updates.push.services.mozilla.com'

/** What a page gets from the browser, as `JSON.stringify` writes it. */
export type BrowserSubscription = {
  endpoint: string
  expirationTime: null
  keys: { p256dh: string; auth: string }
}

export type PushMessage = {
  /** Where the service says that the message can be found, for `Location`. */
  location: string
  headers: Readonly<Record<string, string>>
  /** Claims of the token that the sender logged in with. */
  claims: Readonly<Record<string, unknown>>
  /** What the service worker gets. */
  text: string
}

export type PushFake = FakeProvider<PushMessage> & {
  /** A browser of a new person, subscribed with this public key. */
  subscribe(applicationServerKey?: string): BrowserSubscription
  /** The person has turned notifications off. */
  unsubscribe(subscription: BrowserSubscription): void
}

type Registered = { keys: BrowserKeys; applicationServerKey: string; gone: boolean }

const DAY_SECONDS = 86_400
const URGENCIES = ['very-low', 'low', 'normal', 'high']

/**
 * The push service of a browser with the browsers behind it, on a free port of this machine. It checks headers and login as
 * the services do, in their words, and opens the message with the browser's key. `baseUrl` leads here; endpoints are at the
 * service's real address.
 */
export async function startPushService(): Promise<PushFake> {
  const browsers = new Map<string, Registered>()

  const judge = (request: Incoming): Verdict<PushMessage> => {
    const browser = browsers.get(request.path)
    if (browser === undefined) return refusal(404, 102, 'Request did not validate: invalid token')
    if (browser.gone) return refusal(410, 106, 'No such subscription')
    if (request.method !== 'POST') return refusal(405, 0, 'Method Not Allowed')
    const { headers, body } = request
    const wrong = faultOf(headers)
    if (wrong !== undefined) return wrong
    const [, token = '', key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(headers.authorization ?? '') ?? []
    const claims = claimsOf(token, key ?? '')
    if (claims === undefined) return refusal(401, 109, 'Invalid Authorization header')
    if (key !== browser.applicationServerKey) return refusal(401, 109, 'VAPID public key mismatch')
    if (body.length > 4096) return refusal(413, 104, 'Data payload too large')
    // The service never opens a message; the browser drops what it cannot open, and nobody hears of it.
    const text = decrypt(browser.keys, body).toString()
    const location = `${PUSH_ORIGIN}/m/${randomBytes(24).toString('base64url')}`
    const ttl = headers.ttl ?? ''
    return { answer: { status: 201, headers: { location, ttl } }, message: { location, headers, claims, text } }
  }

  const provider = await startFakeProvider<PushMessage>(judge)
  return {
    ...provider,
    subscribe: (applicationServerKey = VAPID.publicKey) => {
      const keys = keysFrom(randomBytes(32), randomBytes(16))
      const path = `/wpush/v2/${randomBytes(24).toString('base64url')}`
      browsers.set(path, { keys, applicationServerKey, gone: false })
      const p256dh = keys.ecdh.getPublicKey('base64url')
      return {
        endpoint: PUSH_ORIGIN + path,
        expirationTime: null,
        keys: { p256dh, auth: keys.auth.toString('base64url') },
      }
    },
    unsubscribe: ({ endpoint }) => {
      const browser = browsers.get(new URL(endpoint).pathname)
      if (browser !== undefined) browser.gone = true
    },
  }
}

/** Mozilla's shape of an error. */
export function refusal(status: number, errno: number, message: string): { answer: { status: number; body: object } } {
  return { answer: { status, body: { code: status, errno, error: 'Error', message } } }
}

function faultOf(headers: Incoming['headers']): Verdict<PushMessage> | undefined {
  const { ttl, urgency, topic } = headers
  if (ttl === undefined) return refusal(400, 111, 'Missing TTL value')
  if (!/^\d+$/.test(ttl) || Number(ttl) > 2_592_000) return refusal(400, 112, 'Invalid TTL value')
  if (urgency !== undefined && !URGENCIES.includes(urgency)) return refusal(400, 110, 'Invalid urgency')
  // Apple's reading: base64url, so that not every length is possible.
  if (topic !== undefined && (!/^[\w-]{1,32}$/.test(topic) || topic.length % 4 === 1)) {
    return { answer: { status: 400, body: { reason: 'BadWebPushTopic' } } }
  }
  if (headers['content-encoding'] !== 'aes128gcm') return refusal(400, 110, 'Unknown Content-Encoding')
  return undefined
}

/** The claims of a token that this key signed (ES256) for this service and no longer than a day; else undefined. */
function claimsOf(token: string, key: string): Record<string, unknown> | undefined {
  const [head = '', payload = '', signature = ''] = token.split('.')
  const point = Buffer.from(key, 'base64url')
  if (point.length !== 65) return undefined
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const signed = Buffer.from(`${head}.${payload}`)
  const genuine = verify(
    'sha256',
    signed,
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  const { alg } = jsonIn(head)
  const claims = jsonIn(payload)
  const { aud, exp, sub } = claims
  const now = systemClock.now() / 1000
  const timely = typeof exp === 'number' && exp > now && exp <= now + DAY_SECONDS
  const named = typeof sub === 'string' && /^(mailto:\S+@\S+\.\S+|https:\/\/\S+)$/.test(sub)
  return genuine && alg === 'ES256' && aud === PUSH_ORIGIN && timely && named ? claims : undefined
}

function jsonIn(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

/** What a service worker calls, made by hand: the query of a signed beacon. */
export function beaconQuery(secret: string, attempt: string, status: string): string {
  const signature = createHmac('sha256', secret).update(`web-push beacon\n${attempt}\n${status}`).digest('base64url')
  return `?${new URLSearchParams({ attempt, status, signature })}`
}
