import { ECDH } from 'node:crypto'
import { fieldsOf } from '../../json/loose-json.ts'

/**
 * A browser's push subscription, as a message brings it: where its push service takes messages, and the keys that only the
 * browser can open them with. It comes from whoever sends a message, so where it points to is checked before anything is
 * sent there.
 */
export type Subscription = { endpoint: string; keys: { p256dh: string; auth: string } }

/** Undefined for what no browser can have made. Keys come back in base64url without padding, the endpoint as URLs are spelled. */
export function readSubscription(value: unknown): Subscription | undefined {
  const given = fieldsOf(value)
  const keys = fieldsOf(given?.keys)
  const endpoint = readEndpoint(given?.endpoint)
  const p256dh = bytesIn(keys?.p256dh)
  const auth = bytesIn(keys?.auth)
  if (endpoint === undefined || p256dh === undefined || auth?.length !== AUTH_BYTES || !isPoint(p256dh))
    return undefined
  return { endpoint, keys: { p256dh: p256dh.toString('base64url'), auth: auth.toString('base64url') } }
}

/**
 * Whether an endpoint belongs to one of these services, each a host with all below it. A name that is not in the list could
 * lead anywhere, into our own network too, however public it looks: names are looked up anew for each call.
 */
export function isServedBy(services: readonly string[], endpoint: string): boolean {
  const { protocol, host, username, password } = new URL(endpoint)
  if (protocol !== 'https:' || username !== '' || password !== '') return false
  // `host` has the port where it is not 443, so that a service on another port is one that the operator named with it.
  return services.some((service) => host === service || host.endsWith(`.${service}`))
}

const LONGEST_ENDPOINT = 2048
const AUTH_BYTES = 16 // https://www.rfc-editor.org/rfc/rfc8291#section-3.2

function readEndpoint(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_ENDPOINT || !URL.canParse(value)) return undefined
  const url = new URL(value)
  url.hash = '' // not part of what is called
  return url.href
}

const LONGEST_KEY = 200

/** Base64 in either alphabet, with padding or without: browsers write the one, and people's own code often the other. */
function bytesIn(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || value.length > LONGEST_KEY || !/^[\w+/-]+={0,2}$/.test(value)) return undefined
  return Buffer.from(value, 'base64')
}

function isPoint(key: Buffer): boolean {
  if (key.length !== 65) return false
  try {
    ECDH.convertKey(key, 'prime256v1')
    return true
  } catch {
    return false
  }
}
