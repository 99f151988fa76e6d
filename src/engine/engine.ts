import { advance, type Context, type Event } from '../domain/advance.ts'
import { type CancelResult, cancelResult, type Message, type SendOutcome } from '../domain/message.ts'
import type { ReminderRule } from '../domain/reminder-rule.ts'
import { Activity } from './activity.ts'
import { AlarmLoop } from './alarm-loop.ts'
import { Committer } from './committer.ts'
import type { Connections } from './connections.ts'
import { type DecidedSend, Dispatcher, type Job } from './dispatcher.ts'
import type { EngineApi } from './engine-api.ts'
import { Feed } from './feed.ts'
import { GroupCommit } from './group-commit.ts'
import { type NoticeSend, Notices } from './notices.ts'
import { OutboxSender, type PostReceipt } from './outbox-sender.ts'
import { Pollers } from './pollers.ts'
import type { CallbackResult, RawRequest, Told } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import type { Directory } from './ports/directory.ts'
import type { Log } from './ports/log.ts'
import type { Change, Due, Intake, IntakeResult, MessageStore, Saved } from './ports/message-store.ts'
import type { Outbox } from './ports/outbox.ts'
import type { WatchStore } from './ports/watch-store.ts'
import type { Wording } from './ports/wording.ts'
import { ReaderFeed } from './reader-feed.ts'
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
  readonly #settings: EngineSettings
  readonly #activity = new Activity()
  readonly #committer: Committer
  readonly #receipts: Receipts
  readonly #dispatcher: Dispatcher
  readonly #intake: GroupCommit<Intake, IntakeResult>
  readonly #cancels: GroupCommit<string, undefined>
  readonly #outcomes: GroupCommit<Settled, undefined>
  readonly #wakeLoop: AlarmLoop
  readonly #outboxSender: OutboxSender
  readonly #sweeper: AlarmLoop
  #lacksRoom = false

  constructor(options: EngineOptions) {
    const { store, connections, clock, log, newId } = options
    const activity = this.#activity
    this.#options = options
    this.#settings = { ...DEFAULT_SETTINGS, ...options.settings }
    this.feed = options.feed ?? new Feed()
    this.#routing = new Routing(connections)
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
    this.#outcomes = new GroupCommit(activity, (settled) => this.#commitOutcomes(settled))
    this.#dispatcher = new Dispatcher({
      connections,
      clock,
      activity,
      log,
      callTimeoutMs: this.#settings.callTimeoutMs,
      stillWanted: (jobs) => store.stillWanted(jobs),
      settle: (job, outcome) => this.#outcomes.add({ job, outcome }),
      onRoom: () => {
        if (this.#lacksRoom) this.#wakeLoop.poke(clock.now())
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
    const pollers = new Pollers({ ...watching, take, holder: newId(), clock, activity, log, health })
    this.watch = new Watch({ ...watching, watcher, pollers, routing: this.#routing, readers, health, clock, log })
    const loop = (what: string, round: () => Promise<number | undefined>) =>
      new AlarmLoop({
        clock,
        activity,
        round,
        onError: (error) => log.error({ error }, `${what} failed and will be tried again`),
      })
    this.#wakeLoop = loop('waking messages up', () => this.#wakeUp())
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
    await Promise.all([this.#dispatcher.stop(graceMs), this.#outboxSender.stop(), this.#sweeper.stop()])
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

  async take(connectionId: string, { receipts }: Told): Promise<void> {
    await this.#receipts.record(connectionId, receipts)
  }

  ability(name: string, subAccountId?: string) {
    return this.#options.connections.ability(name, subAccountId)
  }

  connectionsFor(channel: string, subAccountId?: string) {
    return this.#options.connections.connectionsFor(channel, subAccountId)
  }

  channelNames() {
    return this.#options.connections.channelNames()
  }

  /** One round of the wake loop: as many due messages as there is room to send. Answers when the next is due. */
  async #wakeUp(): Promise<number | undefined> {
    const { clock, store } = this.#options
    const limit = Math.min(this.#dispatcher.room(), MAX_CLAIM)
    this.#lacksRoom = limit === 0
    if (this.#lacksRoom) return undefined // whoever makes room pokes
    const now = clock.now()
    let room = this.#roomAt(now)
    const saved = await store.claimDue(now, limit, (due, position) => {
      if (position === 0) room = this.#roomAt(now) // the places of a claim that came to nothing are free
      return this.#decideDue(due, now, room)
    })
    this.#committer.announce(saved)
    this.#notices.ask(saved)
    const { ours, notices } = sendsOf(saved)
    this.#dispatcher.dispatch(ours.map((each) => this.#jobFor(each)))
    if (notices.length > 0) this.#dispatch(await this.#notices.withWords(notices))
    if (saved.more) return now
    const next = await store.nextWakeAt()
    // What is overdue and was not claimed is in another node's hands.
    return next !== undefined && next <= now && saved.changes.length === 0 ? now + CONTENDED_MS : next
  }

  #roomAt(now: number): Room {
    return { send: this.#dispatcher.admission(now), ask: this.#notices.admission(now) }
  }

  /** One poisonous message must not stop the others: it is put off, and after some failures held back for people to see. */
  #decideDue(due: Due, now: number, room: Room): Change {
    try {
      const context = { ...this.#context(this.#routing.due(due, room.send)), mayAsk: () => room.ask(due) }
      return { held: due, advanced: advance(due.message, { type: 'due', at: now }, context) }
    } catch (error) {
      const { id } = due.message
      const failures = due.failures + 1
      this.#options.log.error({ error, umid: id, failures }, 'a message could not be decided on')
      return failedDecision(due, now, failures, error)
    }
  }

  /** Notices, asked about a moment ago: whether they are still wanted is asked once more. */
  #dispatch(notices: readonly NoticeSend[]): void {
    const ready = notices.filter(({ notice }) => notice !== undefined)
    this.#dispatcher.dispatch(
      ready.map((each) => this.#jobFor(each)),
      { fresh: false },
    )
    for (const each of notices) if (each.notice === undefined) this.#dispatcher.callBack(decidedSend(each))
  }

  #context(route: Context['route']): Context {
    const { leaseMs, horizonMs, retryForMs } = this.#settings
    return { route, leaseMs, horizonMs, retryForMs }
  }

  #jobFor({ due, since, send, notice }: NoticeSend): Job {
    const outgoing = this.#routing.outgoing({ envelope: due.envelope, message: since.message }, send, notice)
    return { ...decidedSend({ due, since, send }), outgoing }
  }

  async #commitCancels(umids: readonly string[]): Promise<undefined[]> {
    const cancel: Event = { type: 'cancel', at: this.#options.clock.now() }
    await this.#committer.apply(new Map(umids.map((umid) => [umid, [cancel]])))
    return umids.map(() => undefined)
  }

  async #commitOutcomes(settled: readonly Settled[]): Promise<undefined[]> {
    const at = this.#options.clock.now()
    const known = settled.map(({ job: { held, step, try: tryNumber, fence }, outcome }) => {
      return { held, event: { type: 'settled', at, step, try: tryNumber, fence, outcome } satisfies Event }
    })
    const refs = settled.flatMap(({ job: { umid, step, connection }, outcome }) => {
      return outcome.kind === 'accepted' && outcome.providerRef !== undefined
        ? [{ connection, ref: outcome.providerRef, umid, step }]
        : []
    })
    await this.#committer.applyTo(known, { refs })
    // Receipts that were faster than the answers which name them.
    await this.#receipts.releaseParked(refs)
    return settled.map(() => undefined)
  }

  async #sweep(): Promise<number> {
    const { clock, store, log, watching } = this.#options
    const now = clock.now()
    await this.#receipts.releaseParked()
    const swept = await store.sweep({ parked: now - KEEP_PARKED_MS, idempotency: now - KEEP_KEYS_MS })
    await watching.store.sweepWatched({ events: now - KEEP_KEYS_MS, items: now - KEEP_ITEMS_MS })
    if (swept.parked > 0) log.warn({ receipts: swept.parked }, 'receipts for sends that we never made were dropped')
    return now + SWEEP_EVERY_MS
  }
}

type Settled = { job: DecidedSend; outcome: SendOutcome }
/** What one claim may give away. */
type Room = { send: ReturnType<Dispatcher['admission']>; ask: ReturnType<Notices['admission']> }

function decidedSend({ due, since, send }: NoticeSend): DecidedSend {
  const { step, try: tryNumber, connection, fence } = send
  return { umid: due.message.id, held: since, step, try: tryNumber, fence, connection }
}

/** The sends that were decided: of messages that came with their content, and of streaks, whose words are fetched. */
function sendsOf({ changes }: Saved): { ours: NoticeSend[]; notices: NoticeSend[] } {
  const sends = changes.flatMap(({ held, advanced, now: since }) =>
    advanced.effects
      .filter((effect) => effect.type === 'send')
      .map((send): NoticeSend => ({ due: held as Due, since, send })),
  )
  const isNotice = ({ due }: NoticeSend) => due.message.watch !== undefined
  return { ours: sends.filter((each) => !isNotice(each)), notices: sends.filter(isNotice) }
}

const MAX_CLAIM = 1000 // beyond it a claim only holds its locks longer
const CONTENDED_MS = 20
const SWEEP_EVERY_MS = 600_000
const KEEP_PARKED_MS = 24 * 3600_000
const KEEP_KEYS_MS = 30 * 24 * 3600_000 // longer than ten steps of a day and ten days of waiting for receipts
const KEEP_ITEMS_MS = 90 * 24 * 3600_000 // longer than the longest wait and the steps after it
const FAILURES_UNTIL_HELD_BACK = 5

function failedDecision(due: Due, now: number, failures: number, error: unknown): Change {
  const heldBack = failures >= FAILURES_UNTIL_HELD_BACK
  const { message } = due
  const detail = error instanceof Error ? error.message : 'unknown error'
  const facts = { failures, detail }
  const putOff: Message =
    message.progress.state === 'live'
      ? { ...message, progress: { ...message.progress, wakeAt: now + 1000 * 2 ** failures } }
      : message
  return {
    held: due,
    failures,
    heldBack,
    advanced: { message: putOff, entries: heldBack ? [{ at: now, code: 'held', facts }] : [], effects: [] },
  }
}
