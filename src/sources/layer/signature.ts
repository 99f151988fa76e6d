import { createHmac } from 'node:crypto'
import { isOneOf } from '../../signing/same-text.ts'

/**
 * Whether `signature` is the hex HMAC-SHA1 of the raw bytes under one of the secrets. Over the bytes and not over the parsed
 * body: JSON that is written anew has its numeric keys in another order, and users' ids are keys here.
 */
export function isSignedBy(secrets: readonly string[], body: Buffer, signature = ''): boolean {
  const wanted = secrets.map((secret) => createHmac('sha1', secret).update(body).digest('hex'))
  return isOneOf(signature.toLowerCase(), wanted)
}
