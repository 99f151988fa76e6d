import type { AccountStore } from '../engine/ports/account-store.ts'
import type { Clock } from '../engine/ports/clock.ts'
import { ShortCache } from './short-cache.ts'

const LIFE_MS = 2_000 // how long another node may still use the default that was set before

export type DefaultSequence = { channels: unknown; setBy: 'configuration' | 'api' }

/** The sequence of a subaccount for messages that name none. Configuration wins over what was set through the API. */
export class DefaultSequences {
  readonly #configured: (subAccountId: string) => unknown
  readonly #accounts: AccountStore
  readonly #stored: ShortCache<DefaultSequence | 'none'>

  constructor(accounts: AccountStore, clock: Clock, configured: (subAccountId: string) => unknown = () => undefined) {
    this.#configured = configured
    this.#accounts = accounts
    this.#stored = new ShortCache(clock, LIFE_MS, async (subAccountId) => {
      const channels = await accounts.defaultSequence(subAccountId)
      return channels === undefined || channels === null ? 'none' : { channels, setBy: 'api' }
    })
  }

  isConfigured(subAccountId: string): boolean {
    return this.#configured(subAccountId) !== undefined
  }

  async of(subAccountId: string): Promise<DefaultSequence | undefined> {
    const configured = this.#configured(subAccountId)
    if (configured !== undefined) return { channels: configured, setBy: 'configuration' }
    const stored = await this.#stored.get(subAccountId)
    return stored === 'none' ? undefined : stored
  }

  /** Null removes it. */
  async set(subAccountId: string, channels: unknown): Promise<void> {
    await this.#accounts.setDefaultSequence(subAccountId, channels)
    this.#stored.forget(subAccountId)
  }
}
