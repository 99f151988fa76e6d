import { createPublicKey, type KeyObject, verify } from 'node:crypto'

/**
 * The signed event webhook: ECDSA over P-256 and SHA-256, of the timestamp and the raw bytes of the body together. The
 * key in the console is public, so that nothing here has to be kept secret or compared in constant time.
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 */
export type Signed = { signature: string; timestamp: string; body: Buffer }

export function isSignedBy(keys: readonly KeyObject[], { signature, timestamp, body }: Signed): boolean {
  const data = Buffer.concat([Buffer.from(timestamp), body])
  const bytes = Buffer.from(signature, 'base64')
  return keys.some((key) => verify('sha256', data, key, bytes))
}

/** The key as the console shows it: base64 of its SPKI form. Undefined for what is no key for this. */
export function keyOf(text: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    return undefined
  }
}
