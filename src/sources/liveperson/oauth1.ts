import { createHmac } from 'node:crypto'

/** The four values of an OAuth 1.0 key of LivePerson. */
export type OAuth1Keys = { consumerKey: string; consumerSecret: string; token: string; tokenSecret: string }

/**
 * The `Authorization` of one request (RFC 5849, HMAC-SHA1). The query is signed, a JSON body is not. Each request, a
 * repeated one too, needs a nonce that was never used and the present time in seconds.
 */
export function signOAuth1(
  request: { method: string; url: string },
  keys: OAuth1Keys,
  once: { nonce: string; timestampSeconds: number },
): string {
  const parameters: Record<string, string> = {
    oauth_consumer_key: keys.consumerKey,
    oauth_token: keys.token,
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(Math.floor(once.timestampSeconds)),
    oauth_nonce: once.nonce,
    oauth_version: '1.0',
  }
  const key = `${encode(keys.consumerSecret)}&${encode(keys.tokenSecret)}`
  const signature = createHmac('sha1', key).update(baseString(request, parameters)).digest('base64')
  const pairs = Object.entries({ ...parameters, oauth_signature: signature })
  return `OAuth ${pairs.map(([name, value]) => `${name}="${encode(value)}"`).join(', ')}`
}

/** What is signed: the method, the address without its query, and all parameters in order. */
export function baseString(
  { method, url }: { method: string; url: string },
  parameters: Readonly<Record<string, string>>,
): string {
  const { origin, pathname, searchParams } = new URL(url)
  const pairs = [...searchParams, ...Object.entries(parameters)].map(([name, value]) => [encode(name), encode(value)])
  pairs.sort(([nameA = '', valueA = ''], [nameB = '', valueB = '']) => compare(nameA, nameB) || compare(valueA, valueB))
  const joined = pairs.map((pair) => pair.join('=')).join('&')
  return [method.toUpperCase(), origin + pathname, joined].map(encode).join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** By bytes, and not as people sort. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
