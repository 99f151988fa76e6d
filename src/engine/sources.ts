import type { Source } from './ports/source.ts'

/** A source under the operator's name, for one subaccount. */
export type SourceInUse = {
  id: string
  /** Which chat platform it is. */
  platform: string
  subAccountId: string
  /** How long a message may stay unread where neither a rule nor the platform says so. */
  waitMs: number
  /** Its times may be trusted however old they are. */
  isPolled: boolean
  source: Source
}

/** A subaccount's own chat speaks through the API under this name. */
export const OWN_CHAT = 'events'
const OWN_CHAT_WAIT_MS = 15 * 60_000

export class Sources {
  readonly #byId: ReadonlyMap<string, SourceInUse>

  constructor(sources: readonly SourceInUse[]) {
    this.#byId = new Map(sources.map((source) => [source.id, source]))
  }

  get all(): readonly SourceInUse[] {
    return [...this.#byId.values()]
  }

  get(id: string): SourceInUse | undefined {
    return this.#byId.get(id)
  }

  /** The source of that name in a subaccount; its own chat is always there. Undefined once it was taken out. */
  of(subAccountId: string, id: string): SourceInUse | undefined {
    if (id === OWN_CHAT)
      return { id, platform: OWN_CHAT, subAccountId, waitMs: OWN_CHAT_WAIT_MS, isPolled: false, source: {} }
    const found = this.#byId.get(id)
    return found?.subAccountId === subAccountId ? found : undefined
  }
}
