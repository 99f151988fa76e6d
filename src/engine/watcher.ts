import type { Context } from '../domain/advance.ts'
import { Observation, type Surroundings, type Verdict } from '../domain/observe.ts'
import type { ReminderRule } from '../domain/reminder-rule.ts'
import type { Activity } from './activity.ts'
import type { Committer } from './committer.ts'
import { GroupCommit } from './group-commit.ts'
import type { Clock } from './ports/clock.ts'
import type { Held } from './ports/message-store.ts'
import type { EventBatch, FoundConversation, Observed, WatchStore } from './ports/watch-store.ts'
import type { ReaderFeed } from './reader-feed.ts'
import type { SourceHealthBook } from './source-health.ts'
import type { Sources } from './sources.ts'
import { wellFormed } from './well-formed.ts'

export type WatcherOptions = {
  store: WatchStore
  sources: Sources
  /** All rules of a subaccount, in their order. */
  rulesOf: (subAccountId: string) => Promise<readonly ReminderRule[]>
  committer: Committer
  contextFor: (held: Pick<Held, 'subAccountId'>) => Context
  clock: Clock
  activity: Activity
  newId: () => string
  readers: ReaderFeed
  health: SourceHealthBook
}

/** Takes in what sources tell: events of many requests share a commit, and each is answered after it. */
export class Watcher {
  readonly #options: WatcherOptions
  readonly #group: GroupCommit<EventBatch, number>

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#group = new GroupCommit(options.activity, (told) => this.#commit(told))
  }

  /** Resolves after the commit, to the number of events whose key was known. */
  async take(told: EventBatch): Promise<number> {
    if (told.events.length === 0 && told.turn === undefined) return 0
    return this.#group.add({ ...told, events: told.events.map(wellFormed) })
  }

  /** What these events would lead to; nothing is changed. */
  async judge(told: EventBatch): Promise<Judged[]> {
    const rules = await this.#options.rulesOf(told.subAccountId)
    const found = await this.#options.store.look({ ...told, events: told.events.map(wellFormed) })
    return found.map((each) => ({ found: each, ...this.#observe(each, rules) }))
  }

  async #commit(told: readonly EventBatch[]): Promise<readonly number[]> {
    const { store, committer, readers, clock } = this.#options
    const subAccounts = [...new Set(told.map(({ subAccountId }) => subAccountId))]
    const rules = new Map(
      await Promise.all(subAccounts.map(async (id) => [id, await this.#options.rulesOf(id)] as const)),
    )
    const unwatched = new Map<FoundConversation, number>()
    const decide = (found: FoundConversation) => {
      const { observed, verdicts } = this.#observe(found, rules.get(found.subAccountId) ?? [])
      unwatched.set(
        found,
        verdicts.filter(({ result }) => result.kind === 'nothing' && result.why === 'no-rule').length,
      )
      return observed
    }
    const { saved, opened, readers: changed, repeated } = await store.observe(told, decide, clock.now())
    committer.announce(saved, opened)
    for (const notice of changed) readers.emit(notice)
    this.#count(told, repeated, unwatched)
    return repeated
  }

  #observe(
    found: FoundConversation,
    rules: readonly ReminderRule[],
  ): { observed: Observed; verdicts: readonly Verdict[] } {
    const { clock, newId, contextFor, sources } = this.#options
    const { subAccountId, source, conversation } = found
    const now = clock.now()
    const inUse = sources.of(subAccountId, source)
    const surroundings: Surroundings = {
      now,
      source,
      rules,
      isPolled: inUse?.isPolled ?? false,
      waitMs: inUse?.waitMs ?? 0,
      newId,
      context: contextFor({ subAccountId }),
    }
    const observation = new Observation(found.known, surroundings)
    for (const event of found.events) observation.observe(event)
    const { advanced, opened, ...changes } = observation.changes
    return {
      verdicts: observation.verdicts,
      observed: {
        changes,
        advanced: [...advanced].flatMap(([umid, one]) => {
          const held = found.held.get(umid)
          return held === undefined ? [] : [{ held, advanced: one }]
        }),
        opened: opened.map(({ message, person, rule, entries }) => {
          const contactId = (changes.readers.get(person) ?? found.known.readers.get(person))?.known?.contactId ?? person
          const { texts, translations } = rule
          return {
            message,
            entries,
            envelope: {
              umid: message.id,
              subAccountId,
              acceptedAt: now,
              user: { contactId },
              type: 'text' as const,
              content: {},
              watched: { source, conversation, person, rule: rule.id, texts, ...(translations && { translations }) },
            },
          }
        }),
      },
    }
  }

  #count(
    told: readonly EventBatch[],
    repeated: readonly number[],
    unwatched: ReadonlyMap<FoundConversation, number>,
  ): void {
    const { health, clock } = this.#options
    const lastEventAt = clock.now()
    for (const [index, { subAccountId, source, events }] of told.entries()) {
      if (events.length === 0) continue
      health.note(subAccountId, source, (page) => ({
        events: page.events + events.length - (repeated[index] ?? 0),
        repeated: page.repeated + (repeated[index] ?? 0),
        lastEventAt,
      }))
    }
    for (const [{ subAccountId, source }, count] of unwatched) {
      if (count > 0) health.note(subAccountId, source, (page) => ({ withoutRule: page.withoutRule + count }))
    }
  }
}

/** What events would lead to in one conversation. */
export type Judged = { found: FoundConversation; verdicts: readonly Verdict[]; observed: Observed }
