import { hash } from 'node:crypto'
import type { Author, ConversationFacts, SourceEvent } from '../../domain/source-event.ts'
import type { AskedAbout, Confirmation } from '../../engine/ports/source.ts'
import type { Conversation, Line } from './record.ts'

/**
 * From what LivePerson knows of a conversation to what we tell of it.
 *
 * A line's id is its dialog and number, and its position is that number: both stand in the history and in webhooks, so the
 * two ways tell of the same line and the same reading in the same words. Times would not do for a position, because a
 * receipt in a webhook names numbers only. The number counts within a dialog, so lines outside the dialog that bears the
 * conversation's own id (there are hardly any) have no position, and are read by their ids.
 *
 * Nobody but the consumer can be reminded: agents are not among the participants that we tell of.
 */

/** What calls a reminder off: that a line was read or answered, or an answer alone. */
export type CallOff = 'read' | 'reply'

/** A fact with a mark that stays the same as long as there is nothing new about it. */
export type MarkedEvent = { mark: string; event: SourceEvent }

export function itemId(dialog: string, seq: number): string {
  return `${dialog}:${seq}`
}

/** A key of its parts that is not longer than keys may be. */
export function keyOf(...parts: (string | number)[]): string {
  const key = parts.join(':')
  return key.length <= 200 ? key : `${parts[0]}:${hash('sha256', key)}`
}

/**
 * What there is to tell now: how the conversation is described, how far the consumer has read, their last answer, and
 * each line that they have not seen. Older lines are left out, for a later reading or answer covers them.
 */
export function tell(conversation: Conversation, callOff: CallOff, now: number): MarkedEvent[] {
  const { consumer } = conversation
  if (consumer === undefined) return []
  const about = factsOf(conversation)
  const base = { conversation: conversation.id }
  // A description may become what it was before, so its key needs the time; its mark must not have it.
  const mark = keyOf('facts', conversation.id, hash('sha256', JSON.stringify(about)))
  const told: MarkedEvent[] = [
    { mark, event: { ...base, key: keyOf(mark, now), at: now, about, type: 'described' } },
    ...consumer.formerIds.map((id) =>
      marked({ ...base, key: keyOf('left', conversation.id, id), at: now, type: 'left', people: [id] }),
    ),
  ]
  if (callOff === 'read') {
    for (const [dialog, { seq, at }] of conversation.readUpTo) {
      const span = isPrimary(conversation, dialog) ? { upTo: seq } : { ids: idsUpTo(conversation, dialog, seq) }
      told.push(
        marked({ ...base, key: keyOf('read', dialog, seq, consumer.id), at, type: 'read', person: consumer.id, span }),
      )
    }
  }
  const answer = conversation.lines.findLast(({ by }) => by === 'consumer')
  const unread = unreadOf(conversation, callOff)
  for (const line of answer === undefined ? unread : [answer, ...unread]) {
    const isAnswer = line === answer
    const key = keyOf('sent', line.dialog, line.seq, consumer.id)
    told.push(
      marked({
        ...base,
        key,
        at: line.at,
        about,
        type: 'sent',
        item: itemOf(conversation, line),
        author: isAnswer ? { id: consumer.id, kind: 'person' } : authorOf(line),
        recipients: isAnswer ? [] : [consumer.id],
        ...(!isAnswer && { people: { [consumer.id]: consumer.known } }),
      }),
    )
  }
  return told
}

/** That it is over; undefined `endedAt` when only its absence tells. */
export function endOf(id: string, endedAt: number | undefined, now: number): SourceEvent {
  return { key: keyOf('ended', id, endedAt ?? now), at: endedAt ?? now, conversation: id, type: 'ended' }
}

/** The lines for the consumer that they have neither read nor answered, oldest first. */
export function unreadOf({ lines, readUpTo }: Conversation, callOff: CallOff): Line[] {
  const answered = lines.findLastIndex(({ by }) => by === 'consumer')
  return lines.slice(answered + 1).filter(({ dialog, seq }) => {
    return callOff === 'reply' || seq > (readUpTo.get(dialog)?.seq ?? -1)
  })
}

/**
 * What to say right before a notice. A record may lag behind by a minute, so a line that it lacks is taken for unread still.
 * What an agent has written since then is told with it; older lines that the notice is not about were left out by a rule.
 */
export function confirmationOf(conversation: Conversation, asked: AskedAbout, callOff: CallOff): Confirmation {
  const { isOpen, consumer, lines } = conversation
  if (!isOpen) return { kind: 'gone', why: 'conversation-gone' }
  if (consumer !== undefined && consumer.id !== asked.person) return { kind: 'gone', why: 'left' }
  const unread = new Map(unreadOf(conversation, callOff).map((line) => [itemId(line.dialog, line.seq), line]))
  const recorded = new Set(lines.map((line) => itemId(line.dialog, line.seq)))
  const seen = lastSeen(conversation, callOff)
  const open = asked.items.filter(({ id, position = Number.POSITIVE_INFINITY }) => {
    return unread.has(id) || (!recorded.has(id) && position > seen)
  })
  if (open.length === 0) return { kind: 'read' }
  const newest = Math.max(...asked.items.map(({ at }) => at))
  const since = [...unread].filter(([, line]) => line.by === 'agent' && line.at > newest).map(([id]) => id)
  const ids = [...new Set([...open.map(({ id }) => id), ...since])]
  return { kind: 'unread', items: ids.map((id) => ({ id, ...shownOf(unread.get(id)) })) }
}

/** The position up to which all has been read or answered, or -1. */
function lastSeen(conversation: Conversation, callOff: CallOff): number {
  const answers = conversation.lines.filter(({ by, dialog }) => by === 'consumer' && isPrimary(conversation, dialog))
  const read = callOff === 'read' ? conversation.readUpTo.get(conversation.id)?.seq : undefined
  return Math.max(read ?? -1, answers.at(-1)?.seq ?? -1)
}

function shownOf(line: Line | undefined): { text?: string; at?: number; author?: string } {
  if (line === undefined) return {}
  const { at, text, authorName } = line
  return { at, ...(text !== undefined && { text }), ...(authorName !== undefined && { author: authorName }) }
}

export function factsOf({ skill, channel, metadata, consumer }: Conversation): ConversationFacts {
  return {
    ...(skill.name !== undefined && { skill: skill.name }),
    ...(channel !== undefined && { channel }),
    metadata,
    ...(consumer !== undefined && { participants: [consumer.id] }),
  }
}

function marked(event: SourceEvent): MarkedEvent {
  return { mark: event.key, event }
}

function isPrimary(conversation: Conversation, dialog: string): boolean {
  return dialog === conversation.id
}

function idsUpTo(conversation: Conversation, dialog: string, seq: number): string[] {
  const covered = conversation.lines.filter((line) => line.dialog === dialog && line.seq <= seq)
  return covered.map((line) => itemId(dialog, line.seq))
}

function itemOf(conversation: Conversation, { dialog, seq, text }: Line) {
  return {
    id: itemId(dialog, seq),
    ...(isPrimary(conversation, dialog) && { position: seq }),
    ...(text !== undefined && { text }),
  }
}

const KINDS = { agent: 'person', bot: 'bot', system: 'system', consumer: 'person' } as const

function authorOf({ by, author, authorName }: Line): Author {
  return {
    kind: KINDS[by],
    ...(author !== undefined && { id: author }),
    ...(authorName !== undefined && { name: authorName }),
  }
}
