import type { Static, TSchema } from 'typebox'
import type { Clock } from '../engine/ports/clock.ts'
import type { Source } from '../engine/ports/source.ts'

/** What a source gets from the house. */
export type SourceWorld = {
  /** The operator's name for this source. */
  sourceId: string
  /** Where the platform reaches us for this source. */
  webhookUrl: string
  clock: Clock
  /** A random text that was never used before. */
  newNonce: () => string
}

/** A chat platform, described: what it needs to be told, and how to make one. */
export type SourceDefinition<Config extends TSchema = TSchema> = {
  /** What a source's `platform` says. */
  id: string
  /** One sentence for lists and docs. */
  summary: string
  /** The fields of a source beside the common ones. */
  config: Config
  /** What is wrong beyond the shape of single fields, such as fields that go together. */
  check?(config: Static<Config>): readonly { field: string; message: string }[]
  /** How long a message may stay unread where no rule says so, in seconds. */
  waitSeconds: number
  /** Whether its rules may ask for `delivered` instead of `read`. */
  reportsDelivered: boolean
  /** The platform's own name for what is watched, by which a badge may ask too. */
  accountOf?(config: Static<Config>): string
  /** Its times may be trusted however old they are: it was asked, and did not send in its own time. */
  isPolled?: true
  create(config: Static<Config>, world: SourceWorld): Source
}

export function defineSource<Config extends TSchema>(definition: SourceDefinition<Config>): SourceDefinition<Config> {
  return definition
}
