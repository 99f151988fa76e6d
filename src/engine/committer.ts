import { type Advanced, advance, type Context, type Event } from '../domain/advance.ts'
import { type Message, wakeAtOf } from '../domain/message.ts'
import type { Feed } from './feed.ts'
import type { Also, Change, Held, MessageStore, Saved } from './ports/message-store.ts'

/** Runs events through `advance`, commits what comes of it, and then tells everybody concerned. */
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
  async apply(events: ReadonlyMap<string, readonly Event[]>, also: Also = {}): Promise<Saved> {
    const decide = (held: Held) => {
      const advanced = fold(held, events.get(held.message.id) ?? [], this.#contextFor(held))
      return advanced && { held, advanced }
    }
    const saved = await this.#store.update([...events.keys()], decide, also)
    this.announce(saved)
    return saved
  }

  /** The same for messages whose state is known from the last commit, at less cost: it mostly still holds. */
  async applyTo(known: readonly { held: Held; event: Event }[], also: Also = {}): Promise<void> {
    const changes = known.flatMap(({ held, event }): Change[] => {
      const advanced = fold(held, [event], this.#contextFor(held))
      return advanced ? [{ held, advanced }] : []
    })
    const saved = await this.#store.saveUnlessChanged(changes, also)
    if (saved) return this.announce(saved)
    const events = new Map<string, Event[]>()
    for (const { held, event } of known) events.set(held.message.id, [...(events.get(held.message.id) ?? []), event])
    await this.apply(events, also)
  }

  /** Tells what was committed; `opened` are streaks that began with it. */
  announce({ changes, deliveries }: Saved, opened: readonly { message: Message }[] = []): void {
    for (const { message } of opened) {
      const wakeAt = wakeAtOf(message)
      if (wakeAt !== null) this.#onWakeUp(wakeAt)
    }
    for (const { now } of changes) {
      const { message, subAccountId, version, heldBack } = now
      this.#feed.emit({ umid: message.id, subAccountId, version })
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
