import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Signatures in the form of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, with the id and the time in headers
 * beside it. The id also tells a repeat from a new call. A secret is `whsec_` and the key in base64. Several secrets may be
 * good at once, so that one can be changed without a moment in which neither works.
 */
export type SignedHeaders = { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string }

export type Verification =
  | { kind: 'genuine'; id: string; at: number }
  /** Nothing in the request is to be believed; the detail quotes nothing of it. */
  | { kind: 'refused'; detail: string }

/** What a secret has to look like: standard base64 of 24 to 64 bytes behind the prefix. */
export const SIGNING_SECRET_PATTERN = '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$'

/** Older and newer than this is refused: far more than clocks differ, far less than a recorded call is kept for. */
export const TOLERANCE_MS = 5 * 60_000

/** With several secrets there are several signatures, so that a receiver that knows either one is satisfied. */
export function sign(
  secret: string | readonly string[],
  id: string,
  timestampSeconds: number,
  body: string | Buffer,
): SignedHeaders {
  const secrets = typeof secret === 'string' ? [secret] : secret
  const timestamp = String(Math.floor(timestampSeconds))
  const signatures = secrets.map((each) => `v1,${digest(each, id, timestamp, body).toString('base64')}`)
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}

/** Header names are lower-case, as Node gives them; `now` is in epoch milliseconds; any one of `secrets` will do. */
export function verify(
  headers: Readonly<Record<string, string | undefined>>,
  body: string | Buffer,
  secrets: readonly string[],
  now: number,
): Verification {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  const signatures = headers['webhook-signature']
  if (!id || !timestamp || !signatures) return refused('it is not signed')
  if (!/^\d{1,12}$/.test(timestamp)) return refused('its timestamp is not a number of seconds')
  const at = Number(timestamp) * 1000
  // The time is checked only after the signature: who cannot sign learns nothing of our clock.
  const given = signatures
    .split(' ')
    .flatMap((each) => (each.startsWith('v1,') ? [Buffer.from(each.slice(3), 'base64')] : []))
  const wanted = secrets.map((secret) => digest(secret, id, timestamp, body))
  if (!wanted.some((each) => given.some((other) => same(each, other)))) return refused('its signature does not match')
  if (at < now - TOLERANCE_MS) return refused('its timestamp is too old')
  if (at > now + TOLERANCE_MS) return refused('its timestamp lies in the future')
  return { kind: 'genuine', id, at }
}

function digest(secret: string, id: string, timestamp: string, body: string | Buffer): Buffer {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest()
}

function keyOf(secret: string): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  if (key.length === 0) throw new Error('a signing secret is whsec_ followed by base64')
  return key
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function refused(detail: string): Verification {
  return { kind: 'refused', detail }
}
