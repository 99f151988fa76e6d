import { lookUpChannel } from '../domain/channel-catalogue.ts'
import type { ChannelAbility } from '../domain/sequence.ts'
import { SUCCESS_STATUSES } from '../domain/status-ladder.ts'
import { type Config, type ConnectionConfig, SANDBOX_CONNECTION, type SubaccountConfig } from './config.ts'

/** The one spelling of a channel name: the catalogue's, else that of the connection which brings it, else as it came. */
export function channelName(name: string, connections: readonly ConnectionConfig[]): string {
  const own = () => connections.flatMap(({ channels }) => channels).find((each) => sameName(each, name))
  return lookUpChannel(name)?.name ?? own() ?? name
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** Ids of the connections that serve a channel, in our spelling, for a subaccount, in the order in which they are tried. */
export function connectionsFor(
  config: Pick<Config, 'connections' | 'sandbox'>,
  subaccount: Pick<SubaccountConfig, 'channels'> | undefined,
  channel: string,
): readonly string[] {
  const chosen = subaccount?.channels[channel]
  if (chosen !== undefined) return chosen.map(({ connection }) => connection)
  const real = config.connections.filter(({ channels }) => channels.includes(channel)).map(({ id }) => id)
  const simulated = config.sandbox && real.length === 0 && lookUpChannel(channel) !== undefined
  return simulated ? [SANDBOX_CONNECTION] : real
}

/** While a connection is faulty, what it serves is not known: then a step is held only against what no connection can change. */
export function possibleAbility(name: string): ChannelAbility {
  const facts = lookUpChannel(name)
  return { name: facts?.name ?? name, reports: facts?.reports ?? SUCCESS_STATUSES, connected: true, revokes: true }
}

/** What a channel name in a sequence means for a subaccount; undefined for a name that nobody knows. */
export function configuredAbility(
  config: Pick<Config, 'connections' | 'sandbox'>,
  subaccount: Pick<SubaccountConfig, 'channels'> | undefined,
  name: string,
): ChannelAbility | undefined {
  const channel = channelName(name, config.connections)
  const facts = lookUpChannel(channel)
  const ids = connectionsFor(config, subaccount, channel)
  if (ids.length === 0) return facts && { name: channel, reports: facts.reports, connected: false }
  const serving = config.connections.filter(({ id }) => ids.includes(id))
  // Only the simulated phones are no connection of the file.
  if (serving.length === 0) return { name: channel, reports: facts?.reports ?? [], connected: true }
  const abilities = serving.map(({ definition, settings }) => definition.abilities(channel, settings))
  const reports = SUCCESS_STATUSES.filter((status) => abilities.some((each) => each.reports.includes(status)))
  return { name: channel, reports, connected: true, revokes: abilities.some(({ revokes }) => revokes === true) }
}
