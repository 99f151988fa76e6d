import { createECDH } from 'node:crypto'

/**
 * Whether the two halves belong together. Push services hold a message against the public key that a browser subscribed
 * with, so a pair that does not fit fails with every one of them.
 */
export function arePair(publicKey: string, privateKey: string): boolean {
  const pair = createECDH('prime256v1')
  try {
    pair.setPrivateKey(privateKey, 'base64url')
  } catch {
    return false // zero, or beyond the curve's order
  }
  return pair.getPublicKey().equals(Buffer.from(publicKey, 'base64url'))
}
