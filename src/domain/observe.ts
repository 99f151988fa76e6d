import type { Context } from './advance.ts'
import { dedupeId, describe, type StoredItem } from './conversation.ts'
import { type Known, type NoReminder, ObservationDraft, type Verdict } from './observation-draft.ts'
import { extend, forget, hadLeft, isFull, isMarked, withoutUnread, withUnread } from './reader.ts'
import { type Mismatch, mismatch, type ReminderRule } from './reminder-rule.ts'
import type { Sent, SourceEvent, Span } from './source-event.ts'
import { acceptsItems, covers, gapSince, openStreak, runsSince, watchedSequence } from './streak.ts'
import type { Item, Leaving } from './watch.ts'

export type { Known, NoReminder, Verdict } from './observation-draft.ts'

export type Surroundings = {
  now: number
  /** The name of the source, as rules know it. */
  source: string
  /** In their order. */
  rules: readonly ReminderRule[]
  /** It was asked, and did not tell by itself. */
  isPolled: boolean
  /** How long a message may stay unread where neither rule nor event says so. */
  waitMs: number
  newId: () => string
  context: Context
}

/**
 * What the events of one conversation come to: readers, messages of the platform, streaks. Pure, like `advance`, through
 * which each change of a streak goes. Everything that comes late, twice or before its time is met here.
 */
export class Observation {
  readonly #draft: ObservationDraft
  readonly #surroundings: Surroundings

  constructor(known: Known, surroundings: Surroundings) {
    this.#draft = new ObservationDraft(known, surroundings.context)
    this.#surroundings = surroundings
  }

  /** What has changed, to be saved in one transaction. */
  get changes() {
    return this.#draft.changes
  }

  get verdicts(): readonly Verdict[] {
    return this.#draft.verdicts
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
          const reader = this.#draft.reader(person)
          this.#draft.putReader(person, { ...reader, joinedAt: Math.max(event.at, reader.joinedAt ?? event.at) })
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
    const before = this.#draft.conversation
    this.#draft.conversation = describe(before, event)
    const now = this.#draft.conversation.about.participants
    if (event.about?.participants === undefined || now === before.about.participants) return
    for (const person of before.about.participants ?? []) if (!now?.includes(person)) this.#onLeft(person, event.at)
  }

  #onSent(event: SourceEvent & Sent): void {
    const { item: told, author, at } = event
    const { aliases = [], ...by } = author
    const known = this.#draft.item(told.id)
    const repeats = known?.sent ? known.sameAs : this.#repeats(told, at)
    const recipients = [...new Set(event.recipients ?? this.#draft.conversation.about.participants ?? [])]
    // Told again, under its own id or another, it may be for somebody who was not named before.
    const original = repeats === undefined ? undefined : this.#draft.item(repeats)
    const fresh = recipients.filter((person) => !known?.to?.includes(person) && !original?.to?.includes(person))
    const text = known?.text ?? (known?.editedAt === undefined ? told.text : undefined)
    this.#draft.putItem({
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
    const { endedAt } = this.#draft.conversation
    const isOver = known?.deleted || (endedAt !== undefined && endedAt >= at)
    const item: Item = {
      id: told.id,
      at,
      since: runsSince(at, this.#surroundings.now, this.#surroundings),
      ...(told.position !== undefined && { position: told.position }),
      ...(told.tentative && { tentative: true }),
    }
    for (const person of recipients) {
      const hints = event.people?.[person]
      if (hints !== undefined) {
        const reader = this.#draft.reader(person)
        this.#draft.putReader(person, { ...reader, known: { ...reader.known, ...hints } })
      }
      const nothing = (why: NoReminder) => this.#draft.judge(person, [], { kind: 'nothing', why })
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
    const first = this.#draft.item(name)
    if (first?.sameAs !== undefined && Math.abs(at - first.at) < SAME_WITHIN_MS) return first.sameAs
    this.#draft.putItem({ id: name, at, sent: false, sameAs: id })
    return undefined
  }

  /** A message came once more under another id: who has read that one has read this one, also if he did before it came. */
  #onRepeated(original: StoredItem, id: string, fresh: readonly string[], at: number): void {
    this.#draft.putItem({ ...original, to: [...(original.to ?? []), ...fresh] })
    for (const person of original.to ?? []) {
      const reader = this.#draft.reader(person)
      if (!reader.read.ids?.includes(id)) continue
      this.#draft.putReader(person, { ...reader, read: forget(reader.read, id) })
      this.#onRead(person, { ids: [original.id] }, 'read', at)
    }
  }

  #onUnread(person: string, item: Item, event: SourceEvent & Sent, groupSize: number): void {
    const reader = this.#draft.reader(person)
    const nothing = (why: NoReminder) => this.#draft.judge(person, [], { kind: 'nothing', why })
    if (hadLeft(reader, event.at)) return nothing('left')
    // Someone who came later is shown only what was sent since, unless the platform itself names him as a recipient.
    if (event.recipients === undefined && reader.joinedAt !== undefined && reader.joinedAt > event.at)
      return nothing('left')
    if (isMarked(reader.read, item)) {
      this.#draft.putReader(person, {
        ...reader,
        read: forget(reader.read, item.id),
        delivered: forget(reader.delivered, item.id),
      })
      return nothing('read-before')
    }
    const more = withUnread(reader, item)
    this.#draft.putReader(person, more)
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
      const why = mismatch(each, { source, about: this.#draft.conversation.about, author: author.kind })
      asked.push({ id: each.id, ...(why && { mismatch: why }) })
      return why === undefined
    })
    const judge = (result: Verdict['result']) => this.#draft.judge(person, asked, result)
    if (rule === undefined) return judge({ kind: 'nothing', why: 'no-rule' })
    if (groupSize > rule.largestGroup && !mentions?.includes(person))
      return judge({ kind: 'nothing', why: 'not-mentioned' })
    const reader = this.#draft.reader(person)
    if (rule.until === 'delivered' && isMarked(reader.delivered, item))
      return judge({ kind: 'nothing', why: 'read-before' })
    const streaks = reader.streaks[rule.id] ?? []
    const latest = this.#draft.streak(streaks.at(-1))
    if (rule.fold === 'conversation' && latest !== undefined && acceptsItems(latest)) {
      this.#draft.advance(latest.id, { type: 'items-joined', at: this.#surroundings.now, items: [item] })
      return judge({ kind: 'joined', rule: rule.id, umid: latest.id })
    }
    if (rule.fold === 'none' && isFull) return judge({ kind: 'nothing', why: 'too-many' })
    const gap = rule.fold === 'none' ? { noticesBefore: 0 } : gapSince(latest, rule, this.#surroundings.now)
    if (gap.notBefore === Number.POSITIVE_INFINITY) return judge({ kind: 'nothing', why: 'once' })
    const umid = this.#open(person, rule, item, waitMs, gap)
    const live = streaks.filter((id) => this.#draft.streak(id)?.progress.state === 'live')
    this.#draft.putReader(person, { ...reader, streaks: { ...reader.streaks, [rule.id]: [...live, umid] } })
    judge({ kind: 'opened', rule: rule.id, umid })
  }

  #open(
    person: string,
    rule: ReminderRule,
    item: Item,
    waitMs: number | undefined,
    gap: ReturnType<typeof gapSince>,
  ): string {
    const { now, newId, source, waitMs: usual } = this.#surroundings
    const id = newId()
    const sequence = watchedSequence(rule, source, waitMs ?? usual)
    const facts = { source, rule: rule.id }
    const { message, entries } = openStreak({ id, sequence, at: now, item, facts, ...gap })
    this.#draft.open({ message, person, rule, entries: [...entries] })
    return id
  }

  #onRead(person: string, told: Span, how: Leaving, at: number): void {
    // Who has read a repetition has read the message.
    const span = 'ids' in told ? { ids: told.ids.flatMap((id) => [id, this.#draft.item(id)?.sameAs ?? id]) } : told
    const reader = this.#draft.reader(person)
    const read = extend(reader.read, span, (id) => this.#draft.isFor(person, id))
    const less = withoutUnread(reader, span)
    if (less !== reader || read !== reader.read) this.#draft.putReader(person, { ...less, read })
    const umids = this.#takeAway(person, span, how, at)
    if (how === 'read')
      this.#draft.judge(
        person,
        [],
        umids.length > 0 ? { kind: 'called-off', umids } : { kind: 'nothing', why: 'nothing-unread' },
      )
  }

  #onDelivered(person: string, span: Span, at: number): void {
    const reader = this.#draft.reader(person)
    const delivered = extend(reader.delivered, span, (id) => this.#draft.isFor(person, id))
    if (delivered !== reader.delivered) this.#draft.putReader(person, { ...reader, delivered })
    this.#takeAway(person, span, 'delivered', at)
  }

  #onEdited({ id, text, mentions = [], at }: SourceEvent & { type: 'edited' }): void {
    const known = this.#draft.item(id)
    if (known?.deleted || (known?.editedAt !== undefined && known.editedAt > at)) return
    const item: StoredItem = { ...(known ?? { id, at, sent: false }), text: text.slice(0, LONGEST_TEXT), editedAt: at }
    this.#draft.putItem(item)
    // Who was left out of a large group is named now.
    for (const person of mentions) {
      const unread = this.#draft.reader(person).unread.find((each) => each.id === id)
      if (unread === undefined || item.author === undefined || this.#isWatched(person, id)) continue
      this.#remind(person, unread, { author: item.author, mentions, groupSize: 1, isFull: false })
    }
  }

  #isWatched(person: string, item: string): boolean {
    return this.#draft.streaksOf(person).some(({ watch }) => watch?.items.some(({ id }) => id === item))
  }

  #onDeleted({ ids, at }: SourceEvent & { type: 'deleted' }): void {
    for (const id of ids) {
      const { text: _, ...rest } = this.#draft.item(id) ?? { id, at, sent: false }
      this.#draft.putItem({ ...rest, deleted: true })
    }
    for (const person of this.#draft.everybody()) {
      const reader = this.#draft.reader(person)
      const less = withoutUnread(reader, { ids })
      if (less !== reader) this.#draft.putReader(person, less)
      this.#takeAway(person, { ids }, 'deleted', at)
    }
  }

  /** What was sent after he left he may have been sent as one who came back. */
  #onLeft(person: string, at: number): void {
    const reader = this.#draft.reader(person)
    this.#draft.putReader(
      person,
      withoutUnread({ ...reader, leftAt: Math.max(at, reader.leftAt ?? at) }, { until: at }),
    )
    this.#takeAway(person, { until: at }, 'left', at)
  }

  #onEnded(at: number): void {
    const { endedAt } = this.#draft.conversation
    this.#draft.conversation = { ...this.#draft.conversation, endedAt: Math.max(at, endedAt ?? at) }
    for (const person of this.#draft.everybody()) {
      this.#draft.putReader(person, withoutUnread(this.#draft.reader(person), { until: at }))
      this.#takeAway(person, { until: at }, 'ended', at)
    }
  }

  /** Takes what a span covers from the streaks of a person; those that watch for it. Answers which live ones it changed. */
  #takeAway(person: string, span: Span, how: Leaving, eventAt: number): string[] {
    const changed: string[] = []
    for (const { id: umid, watch, sequence, progress } of this.#draft.streaksOf(person)) {
      if (how === 'delivered' && sequence[0]?.successStatus !== 'delivered') continue
      const ids = watch?.items.filter((item) => covers(span, item)).map(({ id }) => id) ?? []
      if (ids.length === 0) continue
      this.#draft.advance(umid, { type: 'items-left', at: this.#surroundings.now, ids, how, eventAt })
      if (progress.state === 'live') changed.push(umid)
    }
    return changed
  }
}

const LONGEST_TEXT = 10_000
const SAME_WITHIN_MS = 24 * 3_600_000
