import { createHmac } from 'node:crypto'
import { isOneOf } from '../signing/same-text.ts'
import { canReach } from './can-reach.ts'
import type { World } from './define-channel.ts'

/**
 * For providers that sign nothing of what they send to an address that came with a message: a token in its query, which
 * nobody can guess who does not know the secret. It is made out of the secret and the connection's name, so that an address
 * in a log gives away neither the secret nor the token of another connection.
 */
const NAME = 'token'

/** Our address with the token of the first secret; undefined without secrets, or where the provider could not reach us. */
export function tokenUrl(
  { callbackUrl, connectionId }: World,
  secrets: readonly string[],
  providerUrl: string,
): string | undefined {
  const [secret] = secrets
  if (secret === undefined || !canReach(providerUrl, callbackUrl)) return undefined
  return `${callbackUrl}?${NAME}=${tokenOf(secret, connectionId)}`
}

/** Whether the address that was called has the token of one of the secrets. */
export function hasToken(
  url: string,
  { connectionId }: Pick<World, 'connectionId'>,
  secrets: readonly string[],
): boolean {
  const given = new URL(url, 'http://host.invalid').searchParams.get(NAME) ?? ''
  return isOneOf(
    given,
    secrets.map((secret) => tokenOf(secret, connectionId)),
  )
}

function tokenOf(secret: string, connectionId: string): string {
  return createHmac('sha256', secret).update(`callback of ${connectionId}`).digest('base64url')
}
