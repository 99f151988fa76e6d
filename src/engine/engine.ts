import type { Context, Event } from '../domain/advance.ts'
import type { ContentType } from '../domain/content.ts'
import { type CancelResult, cancelResult } from '../domain/message.ts'
import type { ReminderRule } from '../domain/reminder-rule.ts'
import { Activity } from './activity.ts'
import { AlarmLoop } from './alarm-loop.ts'
import { ClaimRound } from './claim-round.ts'
import { Committer } from './committer.ts'
import { ConnectionHealth } from './connection-health.ts'
import { believable, type Connections } from './connections.ts'
import { Dispatcher } from './dispatcher.ts'
import type { ConnectionView, EngineApi } from './engine-api.ts'
import { Feed } from './feed.ts'
import { GroupCommit } from './group-commit.ts'
import { Hearing } from './hearing.ts'
import { Notices } from './notices.ts'
import { OutboxSender, type PostReceipt } from './outbox-sender.ts'
import { Outcomes } from './outcomes.ts'
import { Pollers } from './pollers.ts'
import type { CallbackResult, Connection, RawRequest, Told } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import type { Directory } from './ports/directory.ts'
import type { Log } from './ports/log.ts'
import type { Intake, IntakeResult, MessageStore } from './ports/message-store.ts'
import type { Outbox } from './ports/outbox.ts'
import type { ReplyStore } from './ports/reply-store.ts'
import type { SuppressionStore } from './ports/suppression-store.ts'
import type { WatchStore } from './ports/watch-store.ts'
import type { Wording } from './ports/wording.ts'
import { ReaderFeed } from './reader-feed.ts'
import { Recalls } from './recalls.ts'
import { Receipts } from './receipts.ts'
import { Routing } from './routing.ts'
import { SourceHealthBook } from './source-health.ts'
import type { Sources } from './sources.ts'
import { Watch } from './watch.ts'
import { Watcher } from './watcher.ts'

export type EngineSettings = {
  leaseMs: number
  horizonMs: number
  retryForMs: number
  callTimeoutMs: number
}
export const DEFAULT_SETTINGS: EngineSettings = {
  leaseMs: 60_000, // twice the longest call: a healthy send is never taken over
  callTimeoutMs: 30_000,
  horizonMs: 10 * 24 * 3600_000, // as long as 8x8 watches for receipts
  retryForMs: 3600_000,
}

export type EngineOptions = {
  store: MessageStore & Outbox
  suppressions: SuppressionStore
  replies: ReplyStore
  connections: Connections
  clock: Clock
  log: Log
  newId: () => string
  postReceipt: PostReceipt
  settings?: Partial<EngineSettings>
  feed?: Feed
  watching: Watching
}

/** What is needed to watch chat platforms. */
export type Watching = {
  store: WatchStore
  sources: Sources
  /** All rules of a subaccount, in their order. */
  rulesOf: (subAccountId: string) => Promise<readonly ReminderRule[]>
  directory: Directory
  wording: Wording
  readers?: ReaderFeed
}

/**
 * Feeds what happens to `advance` and carries out what it answers. Holds nothing that matters in memory: everything that
 * is pending is a row with a wake-up, and whoever claims the row goes on with it.
 */
export class Engine implements EngineApi {
  readonly feed: Feed
  readonly watch: Watch
  readonly #options: EngineOptions
  readonly #routing: Routing
  readonly #notices: Notices
  readonly #health: ConnectionHealth
  readonly #hearing: Hearing
  readonly #recalls: Recalls
  readonly #claims: ClaimRound
  readonly #settings: EngineSettings
  readonly #activity = new Activity()
  readonly #committer: Committer
  readonly #receipts: Receipts
  readonly #dispatcher: Dispatcher
  readonly #intake: GroupCommit<Intake, IntakeResult>
  readonly #cancels: GroupCommit<string, undefined>
  readonly #outcomes: Outcomes
  readonly #wakeLoop: AlarmLoop
  readonly #outboxSender: OutboxSender
  readonly #sweeper: AlarmLoop

  constructor(options: EngineOptions) {
    const { store, connections, clock, log, newId } = options
    const activity = this.#activity
    this.#options = options
    this.#settings = { ...DEFAULT_SETTINGS, ...options.settings }
    this.feed = options.feed ?? new Feed()
    this.#health = new ConnectionHealth({
      log,
      receiptsWithinMs: (id, channel) => receiptsWithin(connections.get(id), channel),
      onDown: (id) => this.#dispatcher.handBack(id, (job) => this.#routing.hasAnother(job)),
      anyHeardOf: (sends) => activity.track(this.#anyHeardOf(sends)),
    })
    this.#routing = new Routing(connections, this.#health)
    this.#committer = new Committer({
      store,
      contextFor: (held) => this.#context(this.#routing.usual(held)),
      feed: this.feed,
      onWakeUp: (at) => this.#wakeLoop.poke(at),
      onDeliveries: () => this.#outboxSender.poke(),
    })
    this.#receipts = new Receipts({ store, committer: this.#committer, clock, activity, newId })
    this.#intake = new GroupCommit(activity, (intakes) => store.accept(intakes))
    this.#cancels = new GroupCommit(activity, (umids) => this.#commitCancels(umids))
    this.#outcomes = new Outcomes({
      committer: this.#committer,
      receipts: this.#receipts,
      routing: this.#routing,
      suppressions: options.suppressions,
      clock,
      activity,
    })
    this.#dispatcher = new Dispatcher({
      connections,
      clock,
      activity,
      log,
      callTimeoutMs: this.#settings.callTimeoutMs,
      stillWanted: (jobs) => store.stillWanted(jobs),
      settle: (job, outcome) => {
        // Once for each call; its commit may take more than one try.
        const { umid, step, connection, held } = job
        const { channel = '' } = held.message.sequence[step] ?? {}
        this.#health.settled(connection, outcome, { umid, step, channel }, clock.now())
        return this.#outcomes.add(job, outcome)
      },
      onRoom: () => {
        if (this.#claims.lacksRoom) this.#wakeLoop.poke(clock.now())
      },
    })
    const { watching } = options
    const health = new SourceHealthBook()
    const readers = watching.readers ?? new ReaderFeed()
    const watcher = new Watcher({
      ...watching,
      committer: this.#committer,
      contextFor: (held) => this.#context(this.#routing.usual(held)),
      clock,
      activity,
      newId,
      readers,
      health,
    })
    const take: Watcher['take'] = (told) => watcher.take(told)
    this.#notices = new Notices({
      ...watching,
      needs: (job) => this.#routing.needs(job.held, job.step),
      committer: this.#committer,
      take,
      clock,
      activity,
      log,
      health,
      timeoutMs: Math.min(this.#settings.callTimeoutMs, this.#settings.leaseMs / 2),
    })
    this.#hearing = new Hearing({ ...options, onDeliveries: () => this.#outboxSender.poke() })
    this.#recalls = new Recalls({
      connections,
      routing: this.#routing,
      committer: this.#committer,
      clock,
      activity,
      log,
      callTimeoutMs: this.#settings.callTimeoutMs,
    })
    this.#claims = new ClaimRound({
      store,
      clock,
      log,
      routing: this.#routing,
      committer: this.#committer,
      dispatcher: this.#dispatcher,
      notices: this.#notices,
      recalls: this.#recalls,
      context: (route) => this.#context(route),
    })
    const pollers = new Pollers({ ...watching, take, holder: newId(), clock, activity, log, health })
    this.watch = new Watch({ ...watching, watcher, pollers, routing: this.#routing, readers, health, clock, log })
    const loop = (what: string, round: () => Promise<number | undefined>) =>
      new AlarmLoop({
        clock,
        activity,
        round,
        onError: (error) => log.error({ error }, `${what} failed and will be tried again`),
      })
    this.#wakeLoop = loop('waking messages up', () => this.#claims.run())
    this.#outboxSender = new OutboxSender({ outbox: store, clock, activity, log, post: options.postReceipt })
    this.#sweeper = loop('sweeping', () => this.#sweep())
  }

  start(): void {
    this.#wakeLoop.start()
    this.#outboxSender.start()
    this.#sweeper.start()
    this.watch.start()
  }

  /** Takes up nothing new, hands back what has not started, and waits up to `graceMs` for calls that have. */
  async stop(graceMs = 10_000): Promise<void> {
    await Promise.all([this.#wakeLoop.stop(), this.watch.stop()])
    await this.#notices.stop(graceMs)
    await this.watch.close()
    await Promise.all([
      this.#dispatcher.stop(graceMs),
      this.#recalls.stop(graceMs),
      this.#outboxSender.stop(),
      this.#sweeper.stop(),
    ])
    await this.#activity.idle()
  }

  /** Resolves when there is nothing left to do but to wait for the time. */
  idle(): Promise<void> {
    return this.#activity.idle()
  }

  /** What was begun so far, to see whether something happened between two moments of idleness. */
  get begun(): number {
    return this.#activity.begun
  }

  /** There may be something to do at `at`: another node said so. */
  poke(at: number): void {
    this.#wakeLoop.poke(at)
  }

  async accept(intake: Intake): Promise<IntakeResult> {
    const result = await this.#intake.add(intake)
    if (result.kind === 'accepted') {
      for (const { message } of intake.messages) {
        if (message.progress.state === 'live') this.#wakeLoop.poke(message.progress.wakeAt)
      }
    }
    return result
  }

  async cancel(umid: string, patienceMs = 5000): Promise<CancelResult | undefined> {
    const { clock, store } = this.#options
    const patience = new AbortController()
    let undecided = () => {}
    // Subscribed before the cancel, so that the outcome of a call under way cannot slip through.
    const unsubscribe = this.feed.on((ping) => ping.umid === umid && undecided())
    try {
      await this.#cancels.add(umid)
      const givesUpAt = clock.now() + patienceMs
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          undecided = resolve
        })
        const record = await store.find(umid)
        if (record === undefined) return undefined
        const result = cancelResult(record.message, clock.now())
        if (result.result !== 'undecided' || clock.now() >= givesUpAt) return result
        await Promise.race([changed, clock.sleepUntil(givesUpAt, patience.signal)])
      }
    } finally {
      patience.abort()
      unsubscribe()
    }
  }

  async release(umid: string): Promise<boolean> {
    const record = await this.#options.store.find(umid)
    if (!record?.heldBack) return false
    const at = this.#options.clock.now()
    const saved = await this.#options.store.update([umid], (held) => ({
      held,
      heldBack: false,
      advanced: { message: held.message, entries: [{ at, code: 'released' }], effects: [] },
    }))
    this.#committer.announce(saved)
    return saved.changes.length > 0
  }

  async receive(connectionId: string, request: RawRequest): Promise<CallbackResult | undefined> {
    const channel = this.#options.connections.get(connectionId)?.channel
    if (channel?.receive === undefined) return undefined
    const result = await channel.receive(request)
    if (result.kind === 'receipts') await this.take(connectionId, result)
    else if (result.kind !== 'reply')
      this.#options.log.warn({ connection: connectionId, result: result.kind }, 'a callback was not taken')
    return result
  }

  async take(connectionId: string, { receipts, heard = [] }: Told): Promise<void> {
    if (receipts.length > 0) this.#health.heard(connectionId)
    await this.#hearing.take(connectionId, heard)
    await this.#receipts.record(connectionId, receipts)
  }

  connectionsFor(channel: string, subAccountId?: string): readonly ConnectionView[] {
    const { clock, connections } = this.#options
    return connections.serving(subAccountId, channel).map(({ id, provider, abilities: abilitiesFor }) => {
      const abilities = abilitiesFor(channel)
      const reports = believable(channel, abilities.reports)
      return { id, provider, abilities: { ...abilities, reports }, health: this.#health.stateOf(id, clock.now()) }
    })
  }

  carries(channel: string, subAccountId: string): readonly ContentType[] {
    const [first] = this.#options.connections.serving(subAccountId, channel)
    return first?.abilities(channel).carries ?? ['text']
  }

  connectionsOf(subAccountId: string, channel?: string): readonly string[] {
    const { connections } = this.#options
    const channels = channel === undefined ? connections.channelNames() : [channel]
    return [...new Set(channels.flatMap((each) => connections.serving(subAccountId, each).map(({ id }) => id)))]
  }

  /** Whether more is known of one of these sends than that its provider took it. */
  async #anyHeardOf(sends: readonly { umid: string; step: number }[]): Promise<boolean> {
    const records = await Promise.all(sends.map(({ umid }) => this.#options.store.find(umid)))
    return records.some((record, index) => {
      const times = record?.message.attempts[sends[index]?.step ?? 0]?.times ?? {}
      return Object.keys(times).some((status) => status !== 'accepted')
    })
  }

  ability(name: string, subAccountId?: string) {
    return this.#options.connections.ability(name, subAccountId)
  }

  channelNames() {
    return this.#options.connections.channelNames()
  }

  #context(route: Context['route']): Context {
    const { leaseMs, horizonMs, retryForMs } = this.#settings
    return { route, leaseMs, horizonMs, retryForMs }
  }

  async #commitCancels(umids: readonly string[]): Promise<undefined[]> {
    const cancel: Event = { type: 'cancel', at: this.#options.clock.now() }
    await this.#committer.apply(new Map(umids.map((umid) => [umid, [cancel]])))
    return umids.map(() => undefined)
  }

  async #sweep(): Promise<number> {
    const { clock, store, log, watching } = this.#options
    const now = clock.now()
    await this.#receipts.releaseParked()
    const swept = await store.sweep({ parked: now - KEEP_PARKED_MS, idempotency: now - KEEP_KEYS_MS })
    await this.#options.replies.sweepReplies(now - KEEP_ITEMS_MS)
    await watching.store.sweepWatched({ events: now - KEEP_KEYS_MS, items: now - KEEP_ITEMS_MS })
    if (swept.parked > 0) log.warn({ receipts: swept.parked }, 'receipts for sends that we never made were dropped')
    return now + SWEEP_EVERY_MS
  }
}

/** How long receipts may be missing; undefined where none are to be expected: many people never open what they get. */
function receiptsWithin(connection: Connection | undefined, channel: string): number | undefined {
  const tells = connection?.abilities(channel).reports.some((status) => status === 'sent' || status === 'delivered')
  return tells ? connection?.receiptsWithinMs : undefined
}

const SWEEP_EVERY_MS = 600_000
const KEEP_PARKED_MS = 24 * 3600_000
const KEEP_KEYS_MS = 30 * 24 * 3600_000 // longer than ten steps of a day and ten days of waiting for receipts
const KEEP_ITEMS_MS = 90 * 24 * 3600_000 // longer than the longest wait and the steps after it
