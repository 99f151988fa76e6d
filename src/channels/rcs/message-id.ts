import { v5 } from 'uuid'

/** Of UUIDs that are made from our idempotency keys; any constant would do, and this one must never change. */
const NAMESPACE = '6f6b7a52-3c0e-4d0a-9a55-3a1c8b2f7d10'

/**
 * The id under which Google knows a message. We choose it, it has to be a UUID, and Google ignores a second message under
 * the same one: so it is made from the idempotency key.
 */
export function messageIdOf(idempotencyKey: string): string {
  return v5(idempotencyKey, NAMESPACE)
}
