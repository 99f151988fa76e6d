import { type Advanced, advance, type Context, type Event } from './advance.ts'
import { type Conversation, dedupeId, describe, NEW_CONVERSATION, type StoredItem } from './conversation.ts'
import type { Message } from './message.ts'
import {
  extend,
  forget,
  hadLeft,
  isFull,
  isMarked,
  NEW_READER,
  type Reader,
  withoutUnread,
  withUnread,
} from './reader.ts'
import { type Mismatch, mismatch, type ReminderRule } from './reminder-rule.ts'
import type { Sequence } from './sequence.ts'
import type { Sent, SourceEvent, Span } from './source-event.ts'
import { acceptsItems, covers, gapSince, openStreak } from './streak.ts'
import type { TimelineEntry } from './timeline.ts'
import type { Item, Leaving } from './watch.ts'

/** What is known of one conversation before an event, as far as the event can touch it. */
export type Known = {
  conversation?: Conversation
  readers: ReadonlyMap<string, Reader>
  items: ReadonlyMap<string, StoredItem>
  /** All streaks that these readers name. */
  streaks: ReadonlyMap<string, Message>
}

export type Surroundings = {
  now: number
  /** The name of the source, as rules know it. */
  source: string
  /** In their order. */
  rules: readonly ReminderRule[]
  /** When the time of something that the platform says happened at `at` began to run, by our clock. */
  since: (at: number) => number
  /** A rule's whole sequence: the watched step, then its own. `waitMs`: what the event says, where the rule says nothing. */
  sequenceOf: (rule: ReminderRule, waitMs: number | undefined) => Sequence
  newId: () => string
  context: Context
}

/** What was decided for one person about one message, with the rules that were asked. */
export type Verdict = {
  person: string
  rules: readonly { id: string; mismatch?: Mismatch }[]
  result:
    | { kind: 'opened' | 'joined'; rule: string; umid: string }
    | { kind: 'called-off'; umids: readonly string[] }
    | { kind: 'nothing'; why: NoReminder }
}
export type NoReminder =
  | 'no-rule'
  | 'author'
  | 'read-before'
  | 'left'
  | 'not-mentioned'
  | 'known-before'
  | 'over'
  | 'nothing-unread'
  | 'once'
  | 'too-many'

export type OpenedStreak = { message: Message; person: string; rule: ReminderRule; entries: TimelineEntry[] }

/**
 * What the events of one conversation come to: readers, messages of the platform, streaks. Pure, like `advance`, through
 * which each change of a streak goes. Everything that comes late, twice or before its time is met here.
 */
export class Observation {
  readonly #known: Known
  readonly #surroundings: Surroundings
  readonly #readers = new Map<string, Reader>()
  readonly #items = new Map<string, StoredItem>()
  readonly #advanced = new Map<string, Advanced>()
  readonly #opened = new Map<string, OpenedStreak>()
  #conversation: Conversation
  readonly verdicts: Verdict[] = []

  constructor(known: Known, surroundings: Surroundings) {
    this.#known = known
    this.#surroundings = surroundings
    this.#conversation = known.conversation ?? NEW_CONVERSATION
  }

  /** What has changed, to be saved in one transaction. */
  get changes() {
    return {
      ...(this.#conversation !== this.#known.conversation && { conversation: this.#conversation }),
      readers: this.#readers as ReadonlyMap<string, Reader>,
      items: this.#items as ReadonlyMap<string, StoredItem>,
      advanced: this.#advanced as ReadonlyMap<string, Advanced>,
      opened: [...this.#opened.values()] as readonly OpenedStreak[],
    }
  }

  observe(event: SourceEvent): void {
    this.#describe(event)
    switch (event.type) {
      case 'sent':
        return this.#onSent(event)
      case 'edited':
        return this.#onEdited(event)
      case 'deleted':
        return this.#onDeleted(event)
      case 'read':
        return this.#onRead(event.person, event.span, 'read', event.at)
      case 'delivered':
        return this.#onDelivered(event.person, event.span, event.at)
      case 'joined':
        for (const person of event.people) {
          const reader = this.#reader(person)
          this.#put(person, { ...reader, joinedAt: Math.max(event.at, reader.joinedAt ?? event.at) })
        }
        return
      case 'left':
        for (const person of event.people) this.#onLeft(person, event.at)
        return
      case 'ended':
        return this.#onEnded(event.at)
      case 'described':
        return
    }
  }

  #describe(event: SourceEvent): void {
    const before = this.#conversation
    this.#conversation = describe(before, event)
    const now = this.#conversation.about.participants
    if (event.about?.participants === undefined || now === before.about.participants) return
    for (const person of before.about.participants ?? []) if (!now?.includes(person)) this.#onLeft(person, event.at)
  }

  #onSent(event: SourceEvent & Sent): void {
    const { item: told, author, at } = event
    const { aliases = [], ...by } = author
    const known = this.#item(told.id)
    const repeats = known?.sent ? known.sameAs : this.#repeats(told, at)
    const recipients = [...new Set(event.recipients ?? this.#conversation.about.participants ?? [])]
    // Told again, under its own id or another, it may be for somebody who was not named before.
    const original = repeats === undefined ? undefined : this.#item(repeats)
    const fresh = recipients.filter((person) => !known?.to?.includes(person) && !original?.to?.includes(person))
    const text = known?.text ?? (known?.editedAt === undefined ? told.text : undefined)
    this.#items.set(told.id, {
      ...known,
      id: told.id,
      at: known?.sent ? known.at : at,
      author: by,
      sent: true,
      to: [...(known?.to ?? []), ...fresh],
      ...(repeats !== undefined && { sameAs: repeats }),
      ...(told.position !== undefined && { position: told.position }),
      ...(text !== undefined && !known?.deleted && { text: text.slice(0, LONGEST_TEXT) }),
    })
    if (original !== undefined) this.#onRepeated(original, told.id, fresh, at)
    // Who writes has seen what stands above: what came in the same moment he may not have.
    if (author.kind === 'person' && author.id !== undefined && !known?.sent) {
      for (const name of [author.id, ...aliases]) {
        this.#onRead(name, { until: at - 1 }, 'replied', at)
        if (told.position !== undefined) this.#onRead(name, { upTo: told.position }, 'replied', at)
      }
    }
    const { endedAt } = this.#conversation
    const isOver = known?.deleted || (endedAt !== undefined && endedAt >= at)
    const item: Item = {
      id: told.id,
      at,
      since: this.#surroundings.since(at),
      ...(told.position !== undefined && { position: told.position }),
      ...(told.tentative && { tentative: true }),
    }
    for (const person of recipients) {
      const hints = event.people?.[person]
      if (hints !== undefined) {
        const reader = this.#reader(person)
        this.#put(person, { ...reader, known: { ...reader.known, ...hints } })
      }
      const nothing = (why: NoReminder) => this.#judge(person, [], { kind: 'nothing', why })
      if (person === author.id || aliases.includes(person)) nothing('author')
      else if (!fresh.includes(person)) nothing('known-before')
      else if (isOver) nothing('over')
      else this.#onUnread(person, item, event, recipients.length)
    }
  }

  /** The id of the message that this one repeats; the first with its key is remembered. */
  #repeats({ id, dedupeKey }: Sent['item'], at: number): string | undefined {
    if (dedupeKey === undefined) return undefined
    const name = dedupeId(dedupeKey)
    const first = this.#item(name)
    if (first?.sameAs !== undefined && Math.abs(at - first.at) < SAME_WITHIN_MS) return first.sameAs
    this.#items.set(name, { id: name, at, sent: false, sameAs: id })
    return undefined
  }

  /** A message came once more under another id: who has read that one has read this one, also if he did before it came. */
  #onRepeated(original: StoredItem, id: string, fresh: readonly string[], at: number): void {
    this.#items.set(original.id, { ...original, to: [...(original.to ?? []), ...fresh] })
    for (const person of original.to ?? []) {
      const reader = this.#reader(person)
      if (!reader.read.ids?.includes(id)) continue
      this.#put(person, { ...reader, read: forget(reader.read, id) })
      this.#onRead(person, { ids: [original.id] }, 'read', at)
    }
  }

  #onUnread(person: string, item: Item, event: SourceEvent & Sent, groupSize: number): void {
    const reader = this.#reader(person)
    const nothing = (why: NoReminder) => this.#judge(person, [], { kind: 'nothing', why })
    if (hadLeft(reader, event.at)) return nothing('left')
    // Someone who came later is shown only what was sent since, unless the platform itself names him as a recipient.
    if (event.recipients === undefined && reader.joinedAt !== undefined && reader.joinedAt > event.at)
      return nothing('left')
    if (isMarked(reader.read, item)) {
      this.#put(person, { ...reader, read: forget(reader.read, item.id), delivered: forget(reader.delivered, item.id) })
      return nothing('read-before')
    }
    const more = withUnread(reader, item)
    this.#put(person, more)
    this.#remind(person, item, { ...event, groupSize, isFull: isFull(reader) })
  }

  #remind(
    person: string,
    item: Item,
    {
      author,
      mentions,
      waitMs,
      groupSize,
      isFull,
    }: Pick<Sent, 'author' | 'mentions' | 'waitMs'> & { groupSize: number; isFull: boolean },
  ): void {
    const { source, rules } = this.#surroundings
    const asked: { id: string; mismatch?: Mismatch }[] = []
    const rule = rules.find((each) => {
      const why = mismatch(each, { source, about: this.#conversation.about, author: author.kind })
      asked.push({ id: each.id, ...(why && { mismatch: why }) })
      return why === undefined
    })
    const judge = (result: Verdict['result']) => this.#judge(person, asked, result)
    if (rule === undefined) return judge({ kind: 'nothing', why: 'no-rule' })
    if (groupSize > rule.largestGroup && !mentions?.includes(person))
      return judge({ kind: 'nothing', why: 'not-mentioned' })
    const reader = this.#reader(person)
    if (rule.until === 'delivered' && isMarked(reader.delivered, item))
      return judge({ kind: 'nothing', why: 'read-before' })
    const streaks = reader.streaks[rule.id] ?? []
    const latest = this.#streak(streaks.at(-1))
    if (rule.fold === 'conversation' && latest !== undefined && acceptsItems(latest)) {
      this.#advance(latest.id, { type: 'items-joined', at: this.#surroundings.now, items: [item] })
      return judge({ kind: 'joined', rule: rule.id, umid: latest.id })
    }
    if (rule.fold === 'none' && isFull) return judge({ kind: 'nothing', why: 'too-many' })
    const gap = rule.fold === 'none' ? { noticesBefore: 0 } : gapSince(latest, rule, this.#surroundings.now)
    if (gap.notBefore === Number.POSITIVE_INFINITY) return judge({ kind: 'nothing', why: 'once' })
    const umid = this.#open(person, rule, item, waitMs, gap)
    const live = streaks.filter((id) => this.#streak(id)?.progress.state === 'live')
    this.#put(person, { ...reader, streaks: { ...reader.streaks, [rule.id]: [...live, umid] } })
    judge({ kind: 'opened', rule: rule.id, umid })
  }

  #open(
    person: string,
    rule: ReminderRule,
    item: Item,
    waitMs: number | undefined,
    gap: ReturnType<typeof gapSince>,
  ): string {
    const { now, newId, sequenceOf, source } = this.#surroundings
    const id = newId()
    const sequence = sequenceOf(rule, waitMs)
    const facts = { source, rule: rule.id }
    const { message, entries } = openStreak({ id, sequence, at: now, item, facts, ...gap })
    this.#opened.set(id, { message, person, rule, entries: [...entries] })
    return id
  }

  #onRead(person: string, told: Span, how: Leaving, at: number): void {
    // Who has read a repetition has read the message.
    const span = 'ids' in told ? { ids: told.ids.flatMap((id) => [id, this.#item(id)?.sameAs ?? id]) } : told
    const reader = this.#reader(person)
    const read = extend(reader.read, span, (id) => this.#isFor(person, id))
    const less = withoutUnread(reader, span)
    if (less !== reader || read !== reader.read) this.#put(person, { ...less, read })
    const umids = this.#takeAway(person, span, how, at)
    if (how === 'read')
      this.#judge(
        person,
        [],
        umids.length > 0 ? { kind: 'called-off', umids } : { kind: 'nothing', why: 'nothing-unread' },
      )
  }

  #onDelivered(person: string, span: Span, at: number): void {
    const reader = this.#reader(person)
    const delivered = extend(reader.delivered, span, (id) => this.#isFor(person, id))
    if (delivered !== reader.delivered) this.#put(person, { ...reader, delivered })
    this.#takeAway(person, span, 'delivered', at)
  }

  #onEdited({ id, text, mentions = [], at }: SourceEvent & { type: 'edited' }): void {
    const known = this.#item(id)
    if (known?.deleted || (known?.editedAt !== undefined && known.editedAt > at)) return
    const item: StoredItem = { ...(known ?? { id, at, sent: false }), text: text.slice(0, LONGEST_TEXT), editedAt: at }
    this.#items.set(id, item)
    // Who was left out of a large group is named now.
    for (const person of mentions) {
      const unread = this.#reader(person).unread.find((each) => each.id === id)
      if (unread === undefined || item.author === undefined || this.#isWatched(person, id)) continue
      this.#remind(person, unread, { author: item.author, mentions, groupSize: 1, isFull: false })
    }
  }

  #isWatched(person: string, item: string): boolean {
    const streaks = Object.values(this.#reader(person).streaks).flat()
    return streaks.some((umid) => this.#streak(umid)?.watch?.items.some(({ id }) => id === item))
  }

  #onDeleted({ ids, at }: SourceEvent & { type: 'deleted' }): void {
    for (const id of ids) {
      const { text: _, ...rest } = this.#item(id) ?? { id, at, sent: false }
      this.#items.set(id, { ...rest, deleted: true })
    }
    for (const person of this.#everybody()) {
      const reader = this.#reader(person)
      const less = withoutUnread(reader, { ids })
      if (less !== reader) this.#put(person, less)
      this.#takeAway(person, { ids }, 'deleted', at)
    }
  }

  /** What was sent after he left he may have been sent as one who came back. */
  #onLeft(person: string, at: number): void {
    const reader = this.#reader(person)
    this.#put(person, withoutUnread({ ...reader, leftAt: Math.max(at, reader.leftAt ?? at) }, { until: at }))
    this.#takeAway(person, { until: at }, 'left', at)
  }

  #onEnded(at: number): void {
    const { endedAt } = this.#conversation
    this.#conversation = { ...this.#conversation, endedAt: Math.max(at, endedAt ?? at) }
    for (const person of this.#everybody()) {
      this.#put(person, withoutUnread(this.#reader(person), { until: at }))
      this.#takeAway(person, { until: at }, 'ended', at)
    }
  }

  /** Takes what a span covers from the streaks of a person; those that watch for it. Answers which changed. */
  #takeAway(person: string, span: Span, how: Leaving, eventAt: number): string[] {
    const umids = Object.values(this.#reader(person).streaks).flat()
    return umids.filter((umid) => {
      const streak = this.#streak(umid)
      if (streak?.watch === undefined) return false
      if (how === 'delivered' && streak.sequence[0]?.successStatus !== 'delivered') return false
      const ids = streak.watch.items.filter((item) => covers(span, item)).map(({ id }) => id)
      if (ids.length > 0) this.#advance(umid, { type: 'items-left', at: this.#surroundings.now, ids, how, eventAt })
      return ids.length > 0
    })
  }

  #advance(umid: string, event: Event): void {
    const before = this.#streak(umid)
    if (before === undefined) return
    const { message, entries, effects } = advance(before, event, this.#surroundings.context)
    if (message === before && entries.length === 0) return
    const opened = this.#opened.get(umid)
    if (opened !== undefined) {
      opened.message = message
      opened.entries.push(...entries)
      return
    }
    const sofar = this.#advanced.get(umid)
    this.#advanced.set(umid, {
      message,
      entries: [...(sofar?.entries ?? []), ...entries],
      effects: [...(sofar?.effects ?? []), ...effects],
    })
  }

  #judge(person: string, rules: Verdict['rules'], result: Verdict['result']): void {
    this.verdicts.push({ person, rules, result })
  }

  #reader(person: string): Reader {
    return this.#readers.get(person) ?? this.#known.readers.get(person) ?? NEW_READER
  }

  #put(person: string, reader: Reader): void {
    if (reader !== this.#reader(person)) this.#readers.set(person, reader)
  }

  #everybody(): Set<string> {
    return new Set([...this.#known.readers.keys(), ...this.#readers.keys()])
  }

  #item(id: string): StoredItem | undefined {
    return this.#items.get(id) ?? this.#known.items.get(id)
  }

  /** It came, and was for this person: so a receipt for it has nothing to wait for. */
  #isFor(person: string, id: string): boolean {
    const item = this.#item(id)
    return item?.sent === true && (item.to?.includes(person) || item.author?.id === person)
  }

  #streak(umid: string | undefined): Message | undefined {
    if (umid === undefined) return undefined
    return this.#opened.get(umid)?.message ?? this.#advanced.get(umid)?.message ?? this.#known.streaks.get(umid)
  }
}

const LONGEST_TEXT = 10_000
const SAME_WITHIN_MS = 24 * 3_600_000
