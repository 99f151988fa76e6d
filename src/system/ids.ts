import { getRandomValues, hash, randomBytes } from 'node:crypto'
import { v7 } from 'uuid'

/**
 * A UUIDv7 (RFC 9562): unguessable enough for a URL, and in the order in which they are made, also within a millisecond:
 * rows of one time lie together, and a new one goes behind the others instead of somewhere among them.
 */
export function newId(): string {
  const random = sixteenRandomBytes()
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    counter = new DataView(random.buffer).getUint32(6) >>> 1 // room to count up
  } else counter++
  return v7({ random, msecs: lastMs, seq: counter })
}
let lastMs = 0
let counter = 0

const POOL_BYTES = 4096 // asking the system for randomness costs far more than the bytes do
const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES

function sixteenRandomBytes(): Uint8Array {
  if (used + 16 > POOL_BYTES) {
    getRandomValues(pool)
    used = 0
  }
  used += 16
  return pool.slice(used - 16, used)
}

/** A secret of 192 random bits with a prefix that says what it is. */
export function newSecret(prefix: string): string {
  return prefix + randomBytes(24).toString('base64url')
}

/** A key for signatures in the form of Standard Webhooks: `whsec_` and 32 random bytes in base64. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

export function sha256(text: string | Buffer): string {
  return hash('sha256', text)
}
