import { type ReminderRule, RULE_DEFAULTS } from '../../src/domain/reminder-rule.ts'
import type { Author, NewItem, Sent, SourceEvent, Span } from '../../src/domain/source-event.ts'
import type { SourceInUse } from '../../src/engine/sources.ts'
import { step } from './message-run.ts'
import { T0 } from './messages.ts'

/** Events of a chat as a source would tell them, for tests. Each has a key of its own. */
type Common = Partial<Pick<SourceEvent, 'key' | 'at' | 'conversation' | 'about'>>

let count = 0
function common({ key = `event-${++count}`, at = T0, conversation = 'c', about }: Common) {
  return { key, at, conversation, ...(about && { about }) }
}

/** Alice writes to Bob, unless told otherwise. */
export function wrote(
  id: string,
  options: Common & { item?: Partial<NewItem>; author?: Partial<Author> } & Partial<
      Omit<Sent, 'type' | 'item' | 'author'>
    > = {},
): SourceEvent {
  const { item, author, recipients = ['bob'], mentions, people, waitMs, ...rest } = options
  return {
    ...common(rest),
    type: 'sent',
    item: { id, text: `text of ${id}`, ...item },
    author: { id: 'alice', kind: 'person', ...author },
    recipients,
    ...(mentions && { mentions }),
    ...(people && { people }),
    ...(waitMs !== undefined && { waitMs }),
  }
}

export function read(person: string, span: Span, options: Common = {}): SourceEvent {
  return { ...common(options), type: 'read', person, span }
}

export function delivered(person: string, span: Span, options: Common = {}): SourceEvent {
  return { ...common(options), type: 'delivered', person, span }
}

export function deleted(ids: string[], options: Common = {}): SourceEvent {
  return { ...common(options), type: 'deleted', ids }
}

export function edited(id: string, text: string, options: Common & { mentions?: string[] } = {}): SourceEvent {
  const { mentions, ...rest } = options
  return { ...common(rest), type: 'edited', id, text, ...(mentions && { mentions }) }
}

export function left(people: string[], options: Common = {}): SourceEvent {
  return { ...common(options), type: 'left', people }
}

export function joined(people: string[], options: Common = {}): SourceEvent {
  return { ...common(options), type: 'joined', people }
}

export function ended(options: Common = {}): SourceEvent {
  return { ...common(options), type: 'ended' }
}

/** Unread for 15 minutes → one SMS. */
export function rule(options: Partial<ReminderRule> = {}): ReminderRule {
  return {
    ...RULE_DEFAULTS,
    id: 'rule',
    match: {},
    waitMs: 900_000,
    steps: [step('SMS', 'accepted')],
    texts: {},
    ...options,
  }
}

export const EVERYBODY = {
  find: async (_subAccountId: string, id: string) => ({
    msisdn: `+65900000${String(id.length).padStart(2, '0')}`,
    name: id,
  }),
}

/** A chat platform by the name of `chat`, which answers as the test says. */
export function chatSource(source: SourceInUse['source']): SourceInUse {
  return { id: 'chat', platform: 'chat', subAccountId: 'default', waitMs: 0, isPolled: false, source }
}
