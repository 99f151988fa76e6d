import { CHANNEL_CATALOGUE, lookUpChannel } from '../domain/channel-catalogue.ts'
import { type ConnectionChoice, orderOf } from '../domain/connection-choice.ts'
import type { User } from '../domain/recipient.ts'
import type { ChannelAbility, Step } from '../domain/sequence.ts'
import { SUCCESS_STATUSES, type SuccessStatus } from '../domain/status-ladder.ts'
import type { Connection } from './ports/channel.ts'

/** What a subaccount has chosen for a channel; without a choice, all that serve it, in the order of the configuration. */
export type ChannelChoices = Record<string, Record<string, readonly ConnectionChoice[]>>

/** What decides on the order of a step's connections. */
export type Wanted = Pick<Step, 'channel' | 'successStatus'> & { user: User; seed: string }

export class Connections {
  readonly #byId: ReadonlyMap<string, Connection>
  readonly #choices: ChannelChoices
  readonly #countryOf: (phone: string) => string | undefined

  constructor(
    connections: readonly Connection[],
    choices: ChannelChoices = {},
    countryOf: (phone: string) => string | undefined = () => undefined,
  ) {
    this.#byId = new Map(connections.map((connection) => [connection.id, connection]))
    this.#choices = choices
    this.#countryOf = countryOf
  }

  get all(): readonly Connection[] {
    return [...this.#byId.values()]
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id)
  }

  /** All that may carry the channel for some person, in the order in which they are listed. */
  serving(subAccountId: string | undefined, channel: string): readonly Connection[] {
    return this.#choicesOf(subAccountId, channel).flatMap(({ connection }) => this.#byId.get(connection) ?? [])
  }

  /**
   * Those that may carry this step for this person, the one to be preferred first. One that does not fit the message is left
   * out while there are others, and then one that cannot report what the step waits for: it would always run out of time.
   */
  inOrderFor(
    subAccountId: string,
    { channel, successStatus, user, seed }: Wanted,
    fits: (connection: Connection) => boolean = () => true,
  ): readonly Connection[] {
    const choices = this.#choicesOf(subAccountId, channel)
    const matters = choices.some(({ countries }) => countries !== undefined)
    const ids = orderOf(choices, { country: matters ? this.#countryFor(user) : undefined, seed })
    const allowed = ids.flatMap((id) => this.#byId.get(id) ?? [])
    if (allowed.length < 2) return allowed
    const fit = allowed.filter(fits)
    const fitting = fit.length > 0 ? fit : allowed
    const able = fitting.filter((connection) => canReport(connection, channel, successStatus))
    return able.length > 0 ? able : fitting
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
    const abilities = this.serving(subAccountId, spelled).map((connection) => connection.abilities(spelled))
    const able = SUCCESS_STATUSES.filter((status) => abilities.some(({ reports }) => reports.includes(status)))
    const connected = abilities.length > 0
    const reports = connected ? believable(spelled, able) : (facts?.reports ?? [])
    return { name: spelled, reports, connected, revokes: abilities.some(({ revokes }) => revokes === true) }
  }

  #countryFor({ country, msisdn }: User): string | undefined {
    return country ?? (msisdn === undefined ? undefined : this.#countryOf(msisdn))
  }

  #choicesOf(subAccountId: string | undefined, channel: string): readonly ConnectionChoice[] {
    const chosen = subAccountId === undefined ? undefined : this.#choices[subAccountId]?.[channel]
    if (chosen) return chosen
    return this.all.filter(({ serves }) => serves.includes(channel)).map(({ id }) => ({ connection: id }))
  }
}

function canReport(connection: Connection, channel: string, status: SuccessStatus): boolean {
  return status === 'accepted' || connection.abilities(channel).reports.includes(status)
}

/** No connection reports more than its channel can: an SMS is never read, whatever an operator's own endpoint claims. */
export function believable(channel: string, reports: readonly SuccessStatus[]): readonly SuccessStatus[] {
  const facts = lookUpChannel(channel)
  return facts === undefined ? reports : reports.filter((status) => facts.reports.includes(status))
}
