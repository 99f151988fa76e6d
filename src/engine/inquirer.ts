import type { AddressKind } from '../domain/channel-catalogue.ts'
import type { StoredItem } from '../domain/conversation.ts'
import type { User } from '../domain/recipient.ts'
import type { KnownPerson } from '../domain/source-event.ts'
import type { InquiryAnswer, InquiryTrouble, Item } from '../domain/watch.ts'
import type { Activity } from './activity.ts'
import type { Clock } from './ports/clock.ts'
import { type Directory, DirectoryTrouble } from './ports/directory.ts'
import type { Log } from './ports/log.ts'
import type { Envelope, Held, Watched } from './ports/message-store.ts'
import { type Confirmation, SourceTrouble, type Watched as WatchedBySource } from './ports/source.ts'
import type { WatchStore } from './ports/watch-store.ts'
import type { Wording, Words } from './ports/wording.ts'
import type { SourceHealthBook } from './source-health.ts'
import type { Sources } from './sources.ts'

/** A streak whose notice is due, to be asked about. */
export type InquiryJob = { held: Held; envelope: Envelope & { watched: Watched }; step: number; fence: number }
export type Answered = { answer: InquiryAnswer; notice: Words }

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
  timeoutMs: number
  onRoom: () => void
}

/**
 * Right before a notice: asks the platform what is still unread, finds out where the person can be reached, and words the
 * notice. Asking changes nothing, so after a crash it is simply done again.
 */
export class Inquirer {
  readonly #options: InquirerOptions
  readonly #queue: InquiryJob[] = []
  readonly #running = new Set<Promise<void>>()
  readonly #stop = new AbortController()

  constructor(options: InquirerOptions) {
    this.#options = options
  }

  room(): number {
    return this.#stop.signal.aborted ? 0 : Math.max(0, QUEUE_LIMIT - this.#queue.length)
  }

  take(jobs: readonly InquiryJob[]): void {
    this.#queue.push(...jobs)
    this.#pump()
  }

  /** What has not begun is left to its lease; what has is waited for, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options
    this.#queue.length = 0
    const patience = new AbortController()
    await Promise.race([Promise.all(this.#running), clock.sleepUntil(clock.now() + graceMs, patience.signal)])
    patience.abort()
    this.#stop.abort()
    await Promise.all(this.#running)
  }

  #pump(): void {
    while (this.#running.size < AT_ONE_TIME) {
      const job = this.#queue.shift()
      if (job === undefined) return
      const work = this.#options.activity.track(this.#inquire(job)).finally(() => {
        this.#running.delete(work)
        if (this.#queue.length <= QUEUE_LIMIT / 2) this.#options.onRoom()
        this.#pump()
      })
      this.#running.add(work)
    }
  }

  async #inquire(job: InquiryJob): Promise<void> {
    const { clock, timeoutMs, log, settle } = this.#options
    const done = new AbortController()
    const timeout = new AbortController()
    void clock.sleepUntil(clock.now() + timeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) timeout.abort(new Error('it took too long'))
    })
    const signal = AbortSignal.any([timeout.signal, this.#stop.signal])
    try {
      await settle(job, await this.#answer(job, signal))
    } catch (error) {
      log.error({ error, umid: job.held.message.id }, 'a streak could not be asked about; its lease decides')
    } finally {
      done.abort()
    }
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
      this.#ask(job, troubles, 'platform', async () => (await source?.confirm?.(asked, signal)) ?? CANNOT_SAY),
      this.#findPerson(job, asked, troubles, signal),
    ])
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
      notice,
      answer: {
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
    const unread =
      confirmation.kind === 'read'
        ? []
        : confirmation.kind === 'unread'
          ? confirmation.items.map(({ id, at = now }) => certain(known.get(id) ?? { id, at, since: now }))
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
    const lacks = ({ email, msisdn }: KnownPerson, kinds: readonly AddressKind[]) =>
      (kinds.includes('email') && !email) || (kinds.includes('phone') && !msisdn)
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
      const answer = await question()
      if (who === 'platform') health.well(subAccountId, watched.source, 'asking')
      return answer
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

const AT_ONE_TIME = 32
const QUEUE_LIMIT = 1000 // asked about within a lease, also by a directory that takes a second
const CANNOT_SAY: Confirmation = { kind: 'unknown' }

function userOf({ email, msisdn, lineUserId, channelUserId }: KnownPerson): User {
  return {
    ...(email && { email }),
    ...(msisdn && { msisdn }),
    ...(lineUserId && { lineUserId }),
    ...(channelUserId && { channelUserId }),
  }
}
