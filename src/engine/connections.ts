import { CHANNEL_CATALOGUE, lookUpChannel } from '../domain/channel-catalogue.ts'
import type { ChannelAbility } from '../domain/sequence.ts'
import type { SuccessStatus } from '../domain/status-ladder.ts'
import type { Abilities, Connection } from './ports/channel.ts'

/** Which connections serve a channel, in order: for a subaccount its own choice, else the order of the configuration. */
export type ChannelChoices = Record<string, Record<string, readonly string[]>>

/** A connection and what it can do for one channel. */
export type ConnectionView = { id: string; provider: string; abilities: Abilities }

export class Connections {
  readonly #byId: ReadonlyMap<string, Connection>
  readonly #choices: ChannelChoices

  constructor(connections: readonly Connection[], choices: ChannelChoices = {}) {
    this.#byId = new Map(connections.map((connection) => [connection.id, connection]))
    this.#choices = choices
  }

  get all(): readonly Connection[] {
    return [...this.#byId.values()]
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id)
  }

  /** The connection that a send would take now. */
  pick(subAccountId: string | undefined, channel: string): Connection | undefined {
    const chosen = subAccountId === undefined ? undefined : this.#choices[subAccountId]?.[channel]
    if (chosen) return chosen.map((id) => this.#byId.get(id)).find((connection) => connection !== undefined)
    return this.all.find(({ serves }) => serves.includes(channel))
  }

  /** Those that serve a channel, in order; the first is the one that `pick` gives. */
  connectionsFor(channel: string, subAccountId?: string): readonly ConnectionView[] {
    const chosen = subAccountId === undefined ? undefined : this.#choices[subAccountId]?.[channel]
    const serving = chosen
      ? chosen.map((id) => this.#byId.get(id)).filter((connection) => connection !== undefined)
      : this.all.filter(({ serves }) => serves.includes(channel))
    return serving.map(({ id, provider, abilities }) => {
      const able = abilities(channel)
      return { id, provider, abilities: { ...able, reports: believable(channel, able.reports) } }
    })
  }

  /** The channels of the catalogue, then those that only a connection knows. */
  channelNames(): readonly string[] {
    return [...new Set([...CHANNEL_CATALOGUE.map(({ name }) => name), ...this.all.flatMap(({ serves }) => serves)])]
  }

  /** What a channel name means, in any case and either spelling. A name that only a connection knows is the operator's. */
  ability(name: string, subAccountId?: string): ChannelAbility | undefined {
    const facts = lookUpChannel(name)
    const own = this.all.flatMap(({ serves }) => serves).find((each) => each.toLowerCase() === name.toLowerCase())
    const spelled = facts?.name ?? own
    if (spelled === undefined) return undefined
    const connection = this.pick(subAccountId, spelled)
    const able = connection?.abilities(spelled).reports ?? facts?.reports ?? []
    return { name: spelled, reports: believable(spelled, able), connected: connection !== undefined }
  }
}

/** No connection reports more than its channel can: an SMS is never read, whatever an operator's own endpoint claims. */
function believable(channel: string, reports: readonly SuccessStatus[]): readonly SuccessStatus[] {
  const facts = lookUpChannel(channel)
  return facts === undefined ? reports : reports.filter((status) => facts.reports.includes(status))
}
