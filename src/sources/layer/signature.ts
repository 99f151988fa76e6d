import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Whether `signature` is the lower-case hex HMAC-SHA1 of the raw bytes under one of the secrets. Over the bytes and not over
 * the parsed body: JSON that is written anew has its numeric keys in another order, and users' ids are keys here.
 */
export function isSignedBy(secrets: readonly string[], body: Buffer, signature: string | undefined): boolean {
  const given = /^[0-9a-f]{40}$/i.test(signature ?? '') ? Buffer.from(signature ?? '', 'hex') : undefined
  if (given === undefined) return false
  // All are compared, so that the time does not tell which one it was.
  return secrets.map((secret) => timingSafeEqual(given, digest(secret, body))).includes(true)
}

function digest(secret: string, body: Buffer): Buffer {
  return createHmac('sha1', secret).update(body).digest()
}
