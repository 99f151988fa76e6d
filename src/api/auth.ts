import type { FastifyRequest } from 'fastify'
import type { AccountStore, ApiKey } from '../engine/ports/account-store.ts'
import type { Clock } from '../engine/ports/clock.ts'
import { ApiError } from './errors.ts'
import { ShortCache } from './short-cache.ts'

const KEY_LIFE_MS = 5_000 // a revoked key stops working within this
const SUB_ACCOUNT = /^[A-Za-z0-9\-._&]{3,50}$/

/** Who is asking, and may they? Keys are known by their hash only; one hash is looked up at most every few seconds. */
export class Gate {
  readonly #clock: Clock
  readonly #sha256: (text: string) => string
  readonly #keys: ShortCache<ApiKey>

  constructor(accounts: AccountStore, clock: Clock, sha256: (text: string) => string) {
    this.#clock = clock
    this.#sha256 = sha256
    this.#keys = new ShortCache(clock, KEY_LIFE_MS, (hash) => accounts.findKey(hash))
  }

  /** The key that the request shows, or 401. */
  async identify(request: FastifyRequest): Promise<ApiKey> {
    const token = /^bearer +([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1]
    const key = token === undefined ? undefined : await this.#keys.get(this.#sha256(token))
    if (key === undefined || (key.revokedAt !== undefined && key.revokedAt <= this.#clock.now())) {
      throw new ApiError(1200, '', 'Authorization: give a valid API key as "Authorization: Bearer <key>"')
    }
    return key
  }

  /** Lets through who may act for the subaccount in the path. */
  async admit(request: FastifyRequest): Promise<void> {
    const key = await this.identify(request)
    const { subAccountId } = request.params as { subAccountId?: string }
    if (subAccountId !== undefined) checkUse(key, subAccountId)
  }
}

/** Refuses what is no name of a subaccount, and a key that may not act for it. */
export function checkUse(key: ApiKey, subAccountId: string): void {
  if (!SUB_ACCOUNT.test(subAccountId)) {
    throw new ApiError(1001, 'subAccountId', 'must be 3 to 50 letters, digits or - . _ &')
  }
  if (!mayUse(key, subAccountId)) throw new ApiError(1201, 'subAccountId', 'this API key belongs to another subaccount')
}

/** A key of `*` may act for all. */
export function mayUse(key: ApiKey, subAccountId: string): boolean {
  return key.subAccountId === '*' || key.subAccountId === subAccountId
}

export function isSubAccountId(text: string): boolean {
  return SUB_ACCOUNT.test(text)
}
