import { createHmac } from 'node:crypto'
import { isOneOf } from './same-text.ts'

/** HMAC-SHA256 over bytes as they came, in small hexadecimal digits: what several providers sign their callbacks with. */
export function bodyHmac(secret: string, body: Buffer): string {
  return createHmac('sha256', secret).update(body).digest('hex')
}

/** Whether one of the secrets signed these bytes. Takes the same time wherever it differs. */
export function isBodySignedBy(secrets: readonly string[], signature: string, body: Buffer): boolean {
  return isOneOf(
    signature,
    secrets.map((secret) => bodyHmac(secret, body)),
  )
}
