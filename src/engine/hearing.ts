import { listedAs } from '../domain/suppression.ts'
import type { Connections } from './connections.ts'
import type { Heard } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import type { Reply, ReplyStore } from './ports/reply-store.ts'
import type { Suppression, SuppressionStore } from './ports/suppression-store.ts'

export type HearingOptions = {
  suppressions: SuppressionStore
  replies: ReplyStore
  connections: Connections
  clock: Clock
  newId: () => string
  /** Replies are on their way to those who want them. */
  onDeliveries: () => void
}

/** What people let us know through a provider: that they want no more messages, or want them again, or an answer. */
export class Hearing {
  readonly #options: HearingOptions

  constructor(options: HearingOptions) {
    this.#options = options
  }

  /** Resolves when all of it is stored. */
  async take(connection: string, heard: readonly Heard[]): Promise<void> {
    const { suppressions, clock } = this.#options
    const at = clock.now()
    const stops: Suppression[] = []
    for (const each of heard) {
      if (each.kind === 'reply') continue
      const key = { connection, channel: each.channel, address: listedAs(each.address) }
      if (each.kind === 'suppress') {
        stops.push({ ...key, reason: each.reason, at })
        continue
      }
      // In the order in which they were said: who stops and starts again wants messages.
      await suppressions.suppress(stops.splice(0))
      await suppressions.lift([key])
    }
    await suppressions.suppress(stops)
    const replies = heard.filter((each) => each.kind === 'reply')
    if (replies.length > 0) await this.#keep(connection, replies, at)
  }

  async #keep(connection: string, heard: readonly (Heard & { kind: 'reply' })[], now: number): Promise<void> {
    const { connections, newId, replies, onDeliveries } = this.#options
    const kept = heard.map(({ channel, address, id: providerId, text, at = now }): Reply => {
      return { id: newId(), connection, channel, address, providerId, at, ...(text !== undefined && { text }) }
    })
    const mayCarry = (subAccountId: string, { channel }: Reply) =>
      connections.serving(subAccountId, channel).some(({ id }) => id === connection)
    const deliveries = await replies.keepReplies(kept, now, mayCarry)
    if (deliveries > 0) onDeliveries()
  }
}
