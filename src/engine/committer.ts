import { type Advanced, advance, type Context, type Event } from '../domain/advance.ts'
import { wakeAtOf } from '../domain/message.ts'
import type { Feed } from './feed.ts'
import type { Held, MessageStore, ProviderRef, Saved } from './ports/message-store.ts'

/** Runs events through `advance` inside a transaction, and tells everybody concerned after its commit. */
export class Committer {
  readonly #store: MessageStore
  readonly #contextFor: (held: Held) => Context
  readonly #feed: Feed
  readonly #onWakeUp: (at: number) => void
  readonly #onDeliveries: () => void

  constructor(options: {
    store: MessageStore
    contextFor: (held: Held) => Context
    feed: Feed
    /** A message will need attention then. */
    onWakeUp: (at: number) => void
    /** Receipts to senders were written. */
    onDeliveries: () => void
  }) {
    this.#store = options.store
    this.#contextFor = options.contextFor
    this.#feed = options.feed
    this.#onWakeUp = options.onWakeUp
    this.#onDeliveries = options.onDeliveries
  }

  /** Applies events to their messages, in order. Messages that we do not know are passed over. */
  async apply(
    events: ReadonlyMap<string, readonly Event[]>,
    also: { refs?: readonly ProviderRef[]; unpark?: readonly string[] } = {},
  ): Promise<Saved> {
    const decide = (held: Held) => {
      const advanced = fold(held, events.get(held.message.id) ?? [], this.#contextFor(held))
      return advanced && { held, advanced }
    }
    const saved = await this.#store.update([...events.keys()], decide, also)
    this.announce(saved)
    return saved
  }

  announce({ changes, deliveries }: Saved): void {
    for (const { held, advanced, heldBack = held.heldBack } of changes) {
      const { message } = advanced
      this.#feed.emit({ umid: message.id, subAccountId: held.subAccountId, version: held.version + 1 })
      const wakeAt = wakeAtOf(message)
      if (wakeAt !== null && !heldBack) this.#onWakeUp(wakeAt)
    }
    if (deliveries > 0) this.#onDeliveries()
  }
}

/** Several events in a row; undefined when none of them changed anything. */
function fold({ message: before }: Held, events: readonly Event[], context: Context): Advanced | undefined {
  const all = {
    message: before,
    entries: [] as Advanced['entries'][number][],
    effects: [] as Advanced['effects'][number][],
  }
  for (const event of events) {
    const { message, entries, effects } = advance(all.message, event, context)
    all.message = message
    all.entries.push(...entries)
    all.effects.push(...effects)
  }
  return all.message === before && all.entries.length === 0 ? undefined : all
}
