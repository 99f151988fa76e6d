import { type Advanced, advance, type Context, type Event } from './advance.ts'
import { type Conversation, NEW_CONVERSATION, type StoredItem } from './conversation.ts'
import type { Message } from './message.ts'
import { NEW_READER, type Reader } from './reader.ts'
import type { Mismatch, ReminderRule } from './reminder-rule.ts'
import type { TimelineEntry } from './timeline.ts'

/** What is known of one conversation before an event, as far as the event can touch it. */
export type Known = {
  conversation?: Conversation
  readers: ReadonlyMap<string, Reader>
  items: ReadonlyMap<string, StoredItem>
  /** All streaks that these readers name. */
  streaks: ReadonlyMap<string, Message>
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

/** One conversation in the making: what was known of it, and what has come of the events so far. */
export class ObservationDraft {
  conversation: Conversation
  readonly verdicts: Verdict[] = []
  readonly #known: Known
  readonly #context: Context
  readonly #readers = new Map<string, Reader>()
  readonly #items = new Map<string, StoredItem>()
  readonly #advanced = new Map<string, Advanced>()
  readonly #opened = new Map<string, OpenedStreak>()

  constructor(known: Known, context: Context) {
    this.#known = known
    this.#context = context
    this.conversation = known.conversation ?? NEW_CONVERSATION
  }

  /** What has changed, to be saved in one transaction. */
  get changes() {
    return {
      ...(this.conversation !== this.#known.conversation && { conversation: this.conversation }),
      readers: this.#readers as ReadonlyMap<string, Reader>,
      items: this.#items as ReadonlyMap<string, StoredItem>,
      advanced: this.#advanced as ReadonlyMap<string, Advanced>,
      opened: [...this.#opened.values()] as readonly OpenedStreak[],
    }
  }

  reader(person: string): Reader {
    return this.#readers.get(person) ?? this.#known.readers.get(person) ?? NEW_READER
  }

  putReader(person: string, reader: Reader): void {
    if (reader !== this.reader(person)) this.#readers.set(person, reader)
  }

  /** Of this conversation, as far as it was looked up. */
  everybody(): Set<string> {
    return new Set([...this.#known.readers.keys(), ...this.#readers.keys()])
  }

  item(id: string): StoredItem | undefined {
    return this.#items.get(id) ?? this.#known.items.get(id)
  }

  putItem(item: StoredItem): void {
    this.#items.set(item.id, item)
  }

  /** It came, and was for this person: so a receipt for it has nothing to wait for. */
  isFor(person: string, id: string): boolean {
    const item = this.item(id)
    return item?.sent === true && (item.to?.includes(person) || item.author?.id === person)
  }

  streak(umid: string | undefined): Message | undefined {
    if (umid === undefined) return undefined
    return this.#opened.get(umid)?.message ?? this.#advanced.get(umid)?.message ?? this.#known.streaks.get(umid)
  }

  /** Of all rules. */
  streaksOf(person: string): Message[] {
    const umids = Object.values(this.reader(person).streaks).flat()
    return umids.flatMap((umid) => this.streak(umid) ?? [])
  }

  open(opened: OpenedStreak): void {
    this.#opened.set(opened.message.id, opened)
  }

  advance(umid: string, event: Event): void {
    const before = this.streak(umid)
    if (before === undefined) return
    const { message, entries, effects } = advance(before, event, this.#context)
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

  judge(person: string, rules: Verdict['rules'], result: Verdict['result']): void {
    this.verdicts.push({ person, rules, result })
  }
}
