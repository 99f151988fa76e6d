import { type Static, type TSchema, Type } from 'typebox'
import type { Abilities, Channel, Told } from '../engine/ports/channel.ts'
import type { Clock } from '../engine/ports/clock.ts'

/** What a channel gets from the house. */
export type World = {
  /** The operator's name for this connection. */
  connectionId: string
  /** Where the provider reaches us for this connection. */
  callbackUrl: string
  clock: Clock
  /** Takes in what comes over a connection of the channel's own; resolves when it is stored, and may be confirmed. */
  tell(told: Told): Promise<void>
}

/** A provider, described: what it serves and can do, what it needs to be told, and how to make one. */
export type ChannelDefinition<Config extends TSchema = TSchema> = {
  /** What a connection's `provider` says. */
  id: string
  /** Channel names that it can serve; `any` for those whose operator decides. */
  serves: readonly string[] | 'any'
  /** What a channel of `serves` still needs in these settings, such as a sender; undefined for one that is ready. */
  lacks?(channel: string, config: Static<Config>): string | undefined
  /** Served where `channels` says nothing; absent: each of `serves` that lacks nothing. */
  usual?(config: Static<Config>): readonly string[]
  /** One sentence for lists and docs. */
  summary: string
  /** The fields of a connection beside the common ones. */
  config: Config
  /** What is wrong beyond the shape of single fields, such as fields that go together. */
  check?(config: Static<Config>): readonly { field: string; message: string }[]
  abilities(channel: string, config: Static<Config>): Abilities
  create(config: Static<Config>, world: World): Channel
}

export function defineChannel<Config extends TSchema>(
  definition: ChannelDefinition<Config>,
): ChannelDefinition<Config> {
  return definition
}

/** A string that is masked wherever it is shown, and may come from an environment variable or a file. */
export function Secret(options: { description?: string } = {}) {
  return Type.String({ minLength: 1, ...options, secret: true })
}

/** One secret, or a list of them while it is being changed: the first is used, any is good for what comes in. */
export function Secrets(options: { description: string; unset?: string }) {
  return Type.Union([Secret(), Type.Array(Secret(), { minItems: 1 })], options)
}

export function listOf(secrets: string | readonly string[] | undefined): readonly string[] {
  if (secrets === undefined) return []
  return typeof secrets === 'string' ? [secrets] : secrets
}

export function Url(options: { description?: string; default?: string } = {}) {
  return Type.String({ pattern: '^https?://', ...options })
}
