import type { ChannelDefinition } from '../channels/define-channel.ts'
import { lookUpChannel } from '../domain/channel-catalogue.ts'
import { parseDuration } from '../domain/durations.ts'
import { type Findings, join, readBySchema } from './check.ts'
import { type ConnectionConfig, SANDBOX_CONNECTION } from './config.ts'
import { checkTogether, findDefinition, isFaulty } from './definitions.ts'
import { isList, isMap, type Located } from './located.ts'
import { listOr } from './rule.ts'
import { connectionFields, connectionSchema } from './schema.ts'

/** Reads each connection by the definition that its `provider` names. Those with problems are left out. */
export function readConnections(
  node: Located | undefined,
  definitions: readonly ChannelDefinition[],
  findings: Findings,
): ConnectionConfig[] {
  if (node === undefined || !isMap(node)) return []
  const connections: ConnectionConfig[] = []
  for (const [id, each] of node.value) {
    const connection = readConnection(id, each, definitions, findings)
    if (connection !== undefined && !isFaulty(join('connections', id), findings)) connections.push(connection)
  }
  return connections
}

function readConnection(
  id: string,
  node: Located,
  definitions: readonly ChannelDefinition[],
  findings: Findings,
): ConnectionConfig | undefined {
  const name = join('connections', id)
  const origin = node.keyOrigin ?? node.origin
  if (id === SANDBOX_CONNECTION) {
    const message = 'is the name of the simulated phones; use another, and "sandbox: true" to switch the phones on'
    findings.problems.push({ name, origin, message })
  }
  if (!isMap(node)) {
    findings.problems.push({ name, origin, message: 'must be a group of settings with a provider' })
    return undefined
  }
  const definition = findDefinition(node, 'provider', name, definitions, findings)
  if (definition === undefined) return undefined
  const values = readBySchema(connectionSchema(definition), node, name, findings) as Record<string, unknown>
  const { provider: _, channels: __, concurrency, perSecond, receiptsWithin, ...settings } = values
  const receiptsWithinMs = parseDuration(String(receiptsWithin)) ?? 0
  const channels = readChannels(node, name, definition, settings, findings)
  checkTogether(node, name, () => definition.check?.(settings), findings)
  const limits = {
    concurrency: concurrency as number,
    ...(perSecond !== undefined && { perSecond: perSecond as number }),
  }
  return { id, definition, channels, limits, settings, ...(receiptsWithinMs > 0 && { receiptsWithinMs }) }
}

/** The channel names of a connection in our spelling. */
function readChannels(
  node: Located & { value: ReadonlyMap<string, Located> },
  name: string,
  definition: ChannelDefinition,
  settings: Record<string, unknown>,
  findings: Findings,
): string[] {
  const given = node.value.get('channels')
  const { serves } = definition
  if (given === undefined) {
    if (definition.usual !== undefined) return [...definition.usual(settings)]
    if (serves !== 'any') return serves.filter((channel) => definition.lacks?.(channel, settings) === undefined)
    const message = `missing: ${definition.id} serves any channel; say which, such as [SMS]`
    findings.problems.push({ name: join(name, 'channels'), origin: node.keyOrigin ?? node.origin, message })
    return []
  }
  if (!isList(given)) return [] // the schema has said so
  const channels: string[] = []
  for (const [index, item] of given.value.entries()) {
    if (typeof item.value !== 'string') continue
    const channel = lookUpChannel(item.value)?.name ?? item.value
    const refuse = (message: string) =>
      findings.problems.push({ name: `${name}.channels[${index}]`, origin: item.origin, message })
    if (serves !== 'any' && !serves.includes(channel)) {
      refuse(`got ${JSON.stringify(item.value)}, want ${listOr(serves)}: that is what ${definition.id} serves`)
    } else if (channels.some((each) => each.toLowerCase() === channel.toLowerCase())) {
      refuse(`${channel} stands here twice`)
    } else {
      const lacking = definition.lacks?.(channel, settings)
      if (lacking !== undefined) refuse(`${channel} needs ${lacking}: set it, or take ${channel} out`)
      channels.push(channel)
    }
  }
  return channels
}

/** A provider's own fields must leave the common ones alone. */
export const COMMON_FIELDS: readonly string[] = Object.keys(connectionFields)
