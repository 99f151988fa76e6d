import type { AddressInfo } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { buildApi } from '../../src/api/api.ts'
import type { BadgeConfig } from '../../src/api/badge-options.ts'
import type { ApiOptions } from '../../src/api/house.ts'
import type { Clock } from '../../src/engine/ports/clock.ts'
import { newId, sha256 } from '../../src/system/ids.ts'

export const ACCOUNT = '12345678'

/** How many messages people have not read, as the test says; only those of the account's source have any. */
export class ScriptedWatch {
  readonly #counts = new Map<string, number>()
  readonly #listeners = new Map<string, Set<() => void>>()
  #changed = Promise.withResolvers<void>()
  readonly asked: string[] = []
  /** While set, whoever asks gets this error. */
  trouble: Error | undefined

  set(person: string, count: number): void {
    this.#counts.set(person, count)
    this.ring(person)
  }

  /** Changes the number without telling anybody, as when the word of another node was lost. */
  setSilently(person: string, count: number): void {
    this.#counts.set(person, count)
  }

  ring(person: string): void {
    for (const listener of this.#listeners.get(person) ?? []) listener()
  }

  /** How many follow anybody. */
  get followers(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0)
  }

  /** Resolves as soon as nobody follows anybody. */
  async alone(): Promise<void> {
    while (this.followers > 0) await this.#changed.promise
  }

  /** Resolves as soon as this person is followed once, and nobody else is. */
  async onlyFollowed(person: string): Promise<void> {
    while (this.followers !== 1 || this.#listeners.get(person)?.size !== 1) await this.#changed.promise
  }

  #noteChange(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  async unread(subAccountId: string, source: string, person: string): Promise<number> {
    this.asked.push(person)
    if (this.trouble !== undefined) throw this.trouble
    return subAccountId === 'sales' && source === 'chat' ? (this.#counts.get(person) ?? 0) : 0
  }

  onUnread(_subAccountId: string, _source: string, person: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(person) ?? new Set()
    this.#listeners.set(person, listeners.add(listener))
    this.#noteChange()
    return () => {
      listeners.delete(listener)
      this.#noteChange()
    }
  }
}

export type BadgeHouse = {
  app: FastifyInstance
  /** Listens on loopback; on a free port unless one is given. */
  listen(port?: number): Promise<string>
  close(): Promise<void>
}

/** The API with a badge and nothing else behind it. */
export function openBadgeHouse(
  watch: ScriptedWatch,
  clock: Clock,
  config: Partial<BadgeConfig> = {},
  logger?: FastifyBaseLogger,
): BadgeHouse {
  const app = buildApi({
    ...({} as ApiOptions), // no other route is called
    clock,
    newId,
    sha256,
    ...(logger !== undefined && { logger }),
    badge: {
      config: { origins: [], perMinute: 60, ...config },
      findSource: (account) => (account === ACCOUNT ? { subAccountId: 'sales', source: 'chat' } : undefined),
      watch,
    },
  })
  return {
    app,
    async listen(port = 0) {
      await app.listen({ port, host: '127.0.0.1' })
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    },
    close: () => app.close(),
  }
}

export function badgePath(consumer: string, account = ACCOUNT): string {
  return `/helpers/msghist/${account}/${encodeURIComponent(consumer)}/unreadByConsumer`
}
