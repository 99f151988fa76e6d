import type { AddressKind } from '../domain/channel-catalogue.ts'
import type { StoredItem } from '../domain/conversation.ts'
import type { User } from '../domain/recipient.ts'
import type { KnownPerson } from '../domain/source-event.ts'
import { confirmedItems } from '../domain/streak.ts'
import type { InquiryAnswer, InquiryTrouble, Item } from '../domain/watch.ts'
import type { Clock } from './ports/clock.ts'
import { type Directory, DirectoryTrouble } from './ports/directory.ts'
import type { Log } from './ports/log.ts'
import type { Envelope, Held, Watched } from './ports/message-store.ts'
import { type AskedAbout, type Confirmation, SourceTrouble } from './ports/source.ts'
import type { WatchStore } from './ports/watch-store.ts'
import type { Wording } from './ports/wording.ts'
import type { SourceHealthBook } from './source-health.ts'
import type { Sources } from './sources.ts'
import { wellFormed } from './well-formed.ts'

/** A streak whose notice is due, to be asked about. */
export type InquiryJob = { held: Held; envelope: Envelope & { watched: Watched }; step: number; fence: number }

export type InquiryOptions = {
  store: Pick<WatchStore, 'items' | 'knownPerson' | 'conversation'>
  sources: Sources
  directory: Directory
  wording: Wording
  /** The kinds of address that the steps from this one on need, in their order. */
  needs: (job: InquiryJob) => readonly AddressKind[]
  clock: Clock
  log: Log
  health: SourceHealthBook
}

/**
 * What is found out right before a notice: what is still unread by the platform's word, where the person can be reached, and
 * what the notice says. Asking changes nothing.
 */
export class Inquiry {
  readonly #options: InquiryOptions

  constructor(options: InquiryOptions) {
    this.#options = options
  }

  async answer(job: InquiryJob, signal: AbortSignal): Promise<InquiryAnswer> {
    const { watched } = job.envelope
    const { subAccountId } = job.held
    const { store, sources } = this.#options
    const key = { subAccountId, source: watched.source, conversation: watched.conversation }
    const items = job.held.message.watch?.items ?? []
    const known = await store.knownPerson(key, watched.person)
    const asked: AskedAbout = {
      conversation: watched.conversation,
      person: watched.person,
      items: items.map(({ id, position, at }) => ({ id, at, ...(position !== undefined && { position }) })),
      ...(known && { known }),
    }
    const troubles: Troubles = new Map()
    const source = sources.of(subAccountId, watched.source)?.source
    const [confirmation, person] = await Promise.all([
      this.#ask(job, troubles, 'platform', async () =>
        wellFormed((await source?.confirm?.(asked, signal)) ?? CANNOT_SAY),
      ),
      this.#findPerson(job, asked, troubles, signal),
    ])
    for (const who of ['platform', 'directory'] as const) {
      if (!troubles.has(who)) this.#options.health.well(subAccountId, watched.source, DOING[who])
    }
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
      asked: items.map(({ id }) => id),
      ...(unread && { unread }),
      ...(confirmation?.kind === 'gone' && { gone: confirmation.why }),
      user: userOf(person),
      told: told.items.map(({ id }) => id),
      ...(notice.fault !== undefined && { fault: notice.fault }),
      troubles: [...troubles.values()],
    }
  }

  /** The items that are still to be told, with their words; and what the platform says is unread. */
  async #itemsToTell(
    key: { subAccountId: string; source: string; conversation: string },
    items: readonly Item[],
    confirmation: Confirmation,
  ): Promise<{ items: (StoredItem & Item)[]; unread: Item[] }> {
    const unread =
      confirmation.kind === 'read'
        ? []
        : confirmation.kind === 'unread'
          ? confirmedItems(items, confirmation.items, this.#options.clock.now())
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
  async #findPerson(job: InquiryJob, asked: AskedAbout, troubles: Troubles, signal: AbortSignal): Promise<KnownPerson> {
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
    troubles: Troubles,
    who: InquiryTrouble['who'],
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
      const what = error instanceof SourceTrouble ? error.kind : expected ? 'away' : 'failed'
      const times = health.trouble(subAccountId, watched.source, DOING[who], { at: clock.now(), what, detail })
      // Once is enough for a log: until it goes well again it is counted.
      if (expected && times === 1) {
        const facts = { source: watched.source, who, detail }
        log.warn(facts, 'what a notice needs could not be asked, and is asked again')
      }
      // The same trouble twice is one, and the worse of the two.
      const isNeeded = needed || troubles.get(who)?.needed === true
      troubles.set(who, { who, detail, ...(isNeeded && { needed: true }) })
      return undefined
    }
  }
}

type Troubles = Map<InquiryTrouble['who'], InquiryTrouble>
const DOING = { platform: 'asking', directory: 'directory' } as const
const CANNOT_SAY: Confirmation = { kind: 'unknown' }

function userOf({ email, msisdn, lineUserId, channelUserId }: KnownPerson): User {
  return {
    ...(email && { email }),
    ...(msisdn && { msisdn }),
    ...(lineUserId && { lineUserId }),
    ...(channelUserId && { channelUserId }),
  }
}
