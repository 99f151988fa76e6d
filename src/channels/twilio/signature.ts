import { createHash, createHmac } from 'node:crypto'
import { isOneOf, isSameText } from '../../signing/same-text.ts'

/**
 * `X-Twilio-Signature`: base64 of HMAC-SHA1, keyed with the account's auth token, over the URL that Twilio was given and
 * the form that it posts. A body that is no form is covered by its SHA-256, which stands in the URL as `bodySHA256`.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export type Signed = {
  signature: string
  /** The whole URL as Twilio knows it: what a proxy made of it on the way does not count. */
  url: string
  body: Buffer
}

/** Whether one of the tokens signed this. Takes the same time wherever it differs. */
export function isSignedBy(tokens: readonly string[], { signature, url, body }: Signed): boolean {
  const bodyHash = new URL(url).searchParams.get('bodySHA256')
  if (bodyHash !== null && !isSameText(bodyHash, createHash('sha256').update(body).digest('hex'))) return false
  const form = bodyHash === null ? joined(new URLSearchParams(body.toString())) : ''
  const wanted = tokens.flatMap((token) => spellingsOf(url).map((spelling) => sign(token, spelling + form)))
  return isOneOf(signature, wanted)
}

export function sign(token: string, text: string): string {
  return createHmac('sha1', token).update(text).digest('base64')
}

/** Names in order, each with its values, nothing in between. A value that stands there twice counts once. */
export function joined(form: URLSearchParams): string {
  const names = [...new Set(form.keys())].sort()
  return names.flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value)).join('')
}

/** Twilio signs a URL with its port or without it, whether or not it was given with one. */
function spellingsOf(text: string): readonly string[] {
  const { protocol, hostname, port, pathname, search } = new URL(text)
  const usual = protocol === 'https:' ? '443' : '80'
  const rest = pathname + search
  return [`${protocol}//${hostname}${rest}`, `${protocol}//${hostname}:${port || usual}${rest}`]
}
