import type { AddressKind } from '../domain/channel-catalogue.ts'
import type { StoredItem } from '../domain/conversation.ts'
import type { User } from '../domain/recipient.ts'
import type { KnownPerson } from '../domain/source-event.ts'
import type { InquiryAnswer, InquiryTrouble, Item } from '../domain/watch.ts'
import type { Activity } from './activity.ts'
import type { Clock } from './ports/clock.ts'
import { type Directory, DirectoryTrouble } from './ports/directory.ts'
import type { Log } from './ports/log.ts'
import type { Due, Envelope, Held, Watched } from './ports/message-store.ts'
import { type Confirmation, SourceTrouble, type Watched as WatchedBySource } from './ports/source.ts'
import type { WatchStore } from './ports/watch-store.ts'
import type { Wording } from './ports/wording.ts'
import type { SourceHealthBook } from './source-health.ts'
import type { Sources } from './sources.ts'
import { wellFormed } from './well-formed.ts'

/** A streak whose notice is due, to be asked about. */
export type InquiryJob = { held: Held; envelope: Envelope & { watched: Watched }; step: number; fence: number }
export type Answered = { answer: InquiryAnswer }

export type InquirerOptions = {
  store: Pick<WatchStore, 'items' | 'knownPerson' | 'conversation'>
  sources: Sources
  directory: Directory
  wording: Wording
  /** The kinds of address that the steps from this one on need, in their order. */
  needs: (job: InquiryJob) => readonly AddressKind[]
  settle: (job: InquiryJob, answered: Answered) => Promise<unknown>
  clock: Clock
  activity: Activity
  log: Log
  health: SourceHealthBook
  /** The longest that asking may take; half of a lease or less. */
  timeoutMs: number
}

/**
 * Right before a notice: asks the platform what is still unread, finds out where the person can be reached, and words the
 * notice. Asking changes nothing, so after a crash it is simply done again.
 */
export class Inquirer {
  readonly #options: InquirerOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #stop = new AbortController()

  constructor(options: InquirerOptions) {
    this.#options = options
  }

  /**
   * Counts the places that one claim gives away, for each source its own. A source is given no more than it can be asked in a
   * part of a lease, by how long that took lately; the others come back when their turn may be.
   */
  admission(now: number): (due: Due) => 'now' | { later: number } {
    const taken = new Map<Lane, number>()
    return ({ subAccountId, envelope }) => {
      const lane = this.#laneOf(subAccountId, envelope.watched?.source ?? '')
      const before = taken.get(lane) ?? 0
      taken.set(lane, before + 1)
      const over = before + 1 - this.#roomOf(lane)
      if (over <= 0) return 'now'
      return { later: now + Math.ceil(Math.max(SHORTEST_WAIT_MS, (over * lane.usualMs) / AT_ONE_TIME)) }
    }
  }

  take(jobs: readonly InquiryJob[]): void {
    for (const job of jobs) this.#laneOf(job.held.subAccountId, job.envelope.watched.source).queue.push(job)
    for (const lane of this.#lanes.values()) this.#pump(lane)
  }

  /** What has not begun is left to its lease; what has is waited for, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options
    const lanes = [...this.#lanes.values()]
    for (const { queue } of lanes) queue.length = 0
    const all = () => Promise.all(lanes.flatMap(({ running }) => [...running]))
    const patience = new AbortController()
    await Promise.race([all(), clock.sleepUntil(clock.now() + graceMs, patience.signal)])
    patience.abort()
    this.#stop.abort()
    await all()
  }

  #laneOf(subAccountId: string, source: string): Lane {
    const name = JSON.stringify([subAccountId, source])
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const lane: Lane = { queue: [], running: new Set(), usualMs: FIRST_GUESS_MS }
    this.#lanes.set(name, lane)
    return lane
  }

  #roomOf({ queue, running, usualMs }: Lane): number {
    const inTime = Math.floor((AT_ONE_TIME * this.#options.timeoutMs) / 2 / Math.max(usualMs, 1))
    return Math.min(Math.max(inTime, AT_ONE_TIME), QUEUE_LIMIT) - queue.length - running.size
  }

  #pump(lane: Lane): void {
    while (lane.running.size < AT_ONE_TIME) {
      const job = lane.queue.shift()
      if (job === undefined) return
      const work = this.#options.activity.track(this.#inquire(job, lane)).finally(() => {
        lane.running.delete(work)
        this.#pump(lane)
      })
      lane.running.add(work)
    }
  }

  async #inquire(job: InquiryJob, lane: Lane): Promise<void> {
    const { clock, timeoutMs, log, settle } = this.#options
    const begun = clock.now()
    // By the time of an answer somebody else would have taken it over: its lease decides, and costs no question.
    if (begun + timeoutMs > job.fence) return
    const done = new AbortController()
    const timeout = new AbortController()
    void clock.sleepUntil(begun + timeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) timeout.abort(new Error('it took too long'))
    })
    const signal = AbortSignal.any([timeout.signal, this.#stop.signal])
    try {
      const answered = await this.#answer(job, signal).catch((error: unknown) => this.#failed(job, error))
      lane.usualMs += (clock.now() - begun - lane.usualMs) / 8
      await settle(job, answered)
    } catch (error) {
      log.error({ error, umid: job.held.message.id }, 'a streak could not be asked about; its lease decides')
    } finally {
      done.abort()
    }
  }

  /** A mistake of ours, or the database is away: it is asked again later, as when nobody answers. */
  #failed({ held }: InquiryJob, error: unknown): Answered {
    this.#options.log.error({ error, umid: held.message.id }, 'a notice could not be prepared')
    const asked = (held.message.watch?.items ?? []).map(({ id }) => id)
    const troubles: InquiryTrouble[] = [{ who: 'directory', detail: 'the notice could not be prepared' }]
    return { answer: { asked, user: {}, told: [], notice: {}, troubles } }
  }

  async #answer(job: InquiryJob, signal: AbortSignal): Promise<Answered> {
    const { watched } = job.envelope
    const { subAccountId } = job.held
    const { store, sources } = this.#options
    const key = { subAccountId, source: watched.source, conversation: watched.conversation }
    const items = job.held.message.watch?.items ?? []
    const known = await store.knownPerson(key, watched.person)
    const asked: WatchedBySource = {
      conversation: watched.conversation,
      person: watched.person,
      items: items.map(({ id, position, at }) => ({ id, at, ...(position !== undefined && { position }) })),
      ...(known && { known }),
    }
    const troubles: InquiryTrouble[] = []
    const source = sources.of(subAccountId, watched.source)?.source
    const [confirmation, person] = await Promise.all([
      this.#ask(job, troubles, 'platform', async () =>
        wellFormed((await source?.confirm?.(asked, signal)) ?? CANNOT_SAY),
      ),
      this.#findPerson(job, asked, troubles, signal),
    ])
    if (!troubles.some(({ who }) => who === 'platform'))
      this.#options.health.well(subAccountId, watched.source, 'asking')
    const told = await this.#itemsToTell(key, items, confirmation ?? CANNOT_SAY)
    const notice = this.#options.wording.word({
      watched,
      person: { id: watched.person, ...person },
      about: await store.conversation(key),
      items: told.items,
      more: job.held.message.watch?.more ?? 0,
      now: this.#options.clock.now(),
    })
    const unread = confirmation?.kind === 'unread' || confirmation?.kind === 'read' ? told.unread : undefined
    return {
      answer: {
        notice,
        asked: items.map(({ id }) => id),
        ...(unread && { unread }),
        ...(confirmation?.kind === 'gone' && { gone: confirmation.why }),
        user: userOf(person),
        told: told.items.map(({ id }) => id),
        ...(notice.fault !== undefined && { fault: notice.fault }),
        troubles,
      },
    }
  }

  /** The items that are still to be told, with their words; and what the platform says is unread. */
  async #itemsToTell(
    key: { subAccountId: string; source: string; conversation: string },
    items: readonly Item[],
    confirmation: Confirmation,
  ): Promise<{ items: (StoredItem & Item)[]; unread: Item[] }> {
    const now = this.#options.clock.now()
    const known = new Map(items.map((item) => [item.id, item]))
    const oldest = items.reduce((least, { since }) => Math.min(least, since), now)
    // What we had not heard of has waited since it was sent, but no longer than what it stands beside.
    const fresh = ({ id, at = oldest }: { id: string; at?: number }): Item => {
      return { id, at, since: Math.min(now, Math.max(oldest, at)) }
    }
    const unread =
      confirmation.kind === 'read'
        ? []
        : confirmation.kind === 'unread'
          ? confirmation.items.map((item) => certain(known.get(item.id) ?? fresh(item)))
          : [...items]
    const ids = unread.map(({ id }) => id)
    const stored = new Map((await this.#options.store.items(key, ids)).map((item) => [item.id, item]))
    const said = new Map(confirmation.kind === 'unread' ? confirmation.items.map((item) => [item.id, item]) : [])
    const words = unread
      .filter(({ tentative }) => !tentative)
      .map((item) => {
        const { text, author } = said.get(item.id) ?? {}
        return {
          ...item,
          sent: true,
          ...stored.get(item.id),
          ...(text !== undefined && { text }),
          ...(author !== undefined && { author: { name: author, kind: 'person' as const } }),
          since: item.since,
        }
      })
    return { items: words.sort((a, b) => (a.position ?? a.at) - (b.position ?? b.at) || a.at - b.at), unread }
  }

  /** Field by field, the first that has one: the directory, what events said, what the platform says when asked. */
  async #findPerson(
    job: InquiryJob,
    asked: WatchedBySource,
    troubles: InquiryTrouble[],
    signal: AbortSignal,
  ): Promise<KnownPerson> {
    const { directory, sources, needs } = this.#options
    const { subAccountId } = job.held
    const contactId = asked.known?.contactId ?? asked.person
    const wanted = needs(job)
    const lacks = ({ email, msisdn, lineUserId }: KnownPerson, kinds: readonly AddressKind[]) =>
      (kinds.includes('email') && !email) ||
      (kinds.includes('phone') && !msisdn) ||
      (kinds.includes('line') && !lineUserId)
    const look = (id: string) =>
      this.#ask(job, troubles, 'directory', async () => {
        try {
          return await directory.find(subAccountId, id, signal)
        } catch (error) {
          // The user database is away; what the contacts say may be enough.
          const rest = error instanceof DirectoryTrouble ? error.known : undefined
          if (rest === undefined || lacks({ ...asked.known, ...rest }, wanted)) throw error
          return rest
        }
      })
    const person = { ...asked.known, ...(await look(contactId)) }
    const source = sources.of(subAccountId, job.envelope.watched.source)?.source
    if (!lacks(person, wanted) || source?.personOf === undefined) return person
    const needed = lacks(person, wanted.slice(0, 1))
    const more = await this.#ask(job, troubles, 'platform', async () => source.personOf?.(asked, signal), needed)
    // The platform may know the person by an id of the directory that no event named.
    const other = more?.contactId
    const again = other === undefined || other === contactId ? undefined : await look(other)
    return { ...more, ...person, ...again }
  }

  async #ask<T>(
    { held, envelope: { watched } }: InquiryJob,
    troubles: InquiryTrouble[],
    who: 'platform' | 'directory',
    question: () => Promise<T>,
    needed = false,
  ): Promise<T | undefined> {
    const { health, clock, log } = this.#options
    const { subAccountId, message } = held
    try {
      return await question()
    } catch (error) {
      const expected = error instanceof SourceTrouble || error instanceof DirectoryTrouble
      const detail = expected ? error.message : 'it failed'
      if (!expected) log.error({ error, umid: message.id, source: watched.source }, 'asking before a notice failed')
      if (who === 'platform') {
        const what = error instanceof SourceTrouble ? error.kind : 'failed'
        health.trouble(subAccountId, watched.source, 'asking', { at: clock.now(), what, detail })
      }
      // The same trouble twice is one.
      const known = troubles.findIndex((each) => each.who === who)
      if (known === -1 || needed)
        troubles.splice(known === -1 ? troubles.length : known, 1, { who, detail, ...(needed && { needed }) })
      return undefined
    }
  }
}

/** The platform says so. */
function certain({ tentative: _, ...item }: Item): Item {
  return item
}

type Lane = {
  queue: InquiryJob[]
  running: Set<Promise<void>>
  /** How long asking takes, lately. */
  usualMs: number
}
/** Of one source, so that a platform that hangs holds up no other. */
const AT_ONE_TIME = 32
const QUEUE_LIMIT = 1000
const FIRST_GUESS_MS = 50
const SHORTEST_WAIT_MS = 50
const CANNOT_SAY: Confirmation = { kind: 'unknown' }

function userOf({ email, msisdn, lineUserId, channelUserId }: KnownPerson): User {
  return {
    ...(email && { email }),
    ...(msisdn && { msisdn }),
    ...(lineUserId && { lineUserId }),
    ...(channelUserId && { channelUserId }),
  }
}
