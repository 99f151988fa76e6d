import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'

/**
 * Two ways in. An application has a key pair: each request carries a token of its own, signed with the private key. The
 * account has a key and a secret, for a plain Basic login; Vonage sends no webhooks for what was sent with that.
 * https://developer.vonage.com/en/getting-started/concepts/authentication
 */
export type Login =
  | { kind: 'application'; applicationId: string; privateKey: KeyObject }
  | { kind: 'account'; apiKey: string; apiSecret: string }

/** A token is used once and at once; this is for clocks that differ. */
const TOKEN_SECONDS = 300

const SHORTEST_KEY = 2048 // bits; nothing shorter may sign RS256

/** An RSA key out of its PEM, in which an environment variable may have `\n` for line ends; undefined for anything else. */
export function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem.replaceAll('\\n', '\n'))
    const isLongEnough = (key.asymmetricKeyDetails?.modulusLength ?? 0) >= SHORTEST_KEY
    return key.asymmetricKeyType === 'rsa' && isLongEnough ? key : undefined
  } catch {
    return undefined
  }
}

/** The Authorization header of one request. `about` tells requests of one moment apart, for no token id may come twice. */
export async function authorizationOf(login: Login, now: number, about: string): Promise<string> {
  if (login.kind === 'account') {
    return `Basic ${Buffer.from(`${login.apiKey}:${login.apiSecret}`).toString('base64')}`
  }
  const seconds = Math.floor(now / 1000)
  const id = createHash('sha256').update(`${about} ${now}`).digest('hex')
  const token = await new SignJWT({ application_id: login.applicationId })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + TOKEN_SECONDS)
    .setJti(id)
    .sign(login.privateKey)
  return `Bearer ${token}`
}
