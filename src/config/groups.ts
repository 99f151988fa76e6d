import { parseDuration } from '../domain/durations.ts'
import type { Findings } from './check.ts'
import type { BadgeConfig, Config, DirectoryConfig } from './config.ts'
import { isMap, type Located } from './located.ts'
import type { ConfigValues } from './schema.ts'
import { originOf } from './watching.ts'

/**
 * Groups of settings as the house uses them, with what their fields must keep to together. A value that was refused is
 * missing here; its problem has been noted, and nothing starts.
 */
export function readEngine(
  engine: ConfigValues['engine'],
  node: Located | undefined,
  findings: Findings,
): Config['engine'] {
  const leaseForMs = msOf(engine?.leaseFor)
  const callTimeoutMs = msOf(engine?.callTimeout)
  if (leaseForMs <= callTimeoutMs) {
    const field =
      node !== undefined && isMap(node) ? (node.value.get('leaseFor') ?? node.value.get('callTimeout')) : node
    findings.problems.push({
      name: 'engine.leaseFor',
      ...(field && { origin: field.origin }),
      message: `got "${engine.leaseFor}", want more than callTimeout ("${engine.callTimeout}"), or a slow call would be made twice`,
    })
  }
  return {
    leaseForMs,
    callTimeoutMs,
    retryForMs: msOf(engine?.retryFor),
    receiptHorizonMs: msOf(engine?.receiptHorizon),
  }
}

export function readDirectory({
  url,
  secret,
  timeout,
  cacheFor,
}: NonNullable<ConfigValues['directory']>): DirectoryConfig {
  const secrets = typeof secret === 'string' ? [secret] : secret
  return { url, secrets, timeoutMs: msOf(timeout), cacheForMs: msOf(cacheFor) }
}

export function readBadge(
  badge: ConfigValues['badge'] | undefined,
  node: Located | undefined,
  findings: Findings,
): BadgeConfig {
  const origins = (badge?.origins ?? []).map((each) => originOf(each ?? '') ?? '')
  const read = {
    origins: [...new Set(origins)],
    perMinute: badge?.perMinute ?? Number.NaN,
    proxies: badge?.proxies ?? 0,
  }
  const { secret, jwksUrl, ...claims } = badge?.jwt ?? {}
  const jwt = node !== undefined && isMap(node) ? node.value.get('jwt') : undefined
  const given = jwt !== undefined && isMap(jwt) ? jwt.value : undefined
  const hasSecret = given !== undefined && (given.has('secret') || given.has('secretFile'))
  if (jwt !== undefined && !jwt.faulty && hasSecret === (given?.has('jwksUrl') ?? false)) {
    const message = `needs either secret or jwksUrl, ${hasSecret ? 'and not both' : 'to check tokens by'}`
    findings.problems.push({ name: 'badge.jwt', origin: jwt.keyOrigin ?? jwt.origin, message })
  }
  if (secret !== undefined) return { ...read, jwt: { secret, ...claims } }
  return jwksUrl === undefined ? read : { ...read, jwt: { jwksUrl, ...claims } }
}

function msOf(duration: string | undefined): number {
  return parseDuration(duration ?? '') ?? Number.NaN
}
