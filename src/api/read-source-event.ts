import { createHash } from 'node:crypto'
import type { Author, ConversationFacts, Happening, SourceEvent, Span } from '../domain/source-event.ts'
import { canonicalJson } from './canonical-json.ts'
import { checkEvent, type GivenEvent, readTime } from './check-event.ts'
import { LONGEST_TEXT } from './event-shape.ts'

/**
 * Reads an event as an own chat tells it, whole or not at all: all that is wrong with it is thrown as one ApiError. `now` is in
 * epoch milliseconds; `path` is where the event stands in the request.
 */
export function readSourceEvent(raw: unknown, now: number, path = ''): SourceEvent {
  const given = checkEvent(raw, now, path)
  return {
    key: given.key ?? derivedKey(given, now, path),
    at: given.at === undefined ? now : readTime(given.at, 'at'),
    conversation: given.conversation,
    ...aboutOf(given),
    ...happeningOf(given),
  }
}

function aboutOf({ skill, channel, metadata, participants }: GivenEvent): { about?: ConversationFacts } {
  const about = {
    ...(skill !== undefined && { skill }),
    ...(channel !== undefined && { channel }),
    ...(metadata !== undefined && { metadata }),
    ...(participants !== undefined && { participants: [...new Set(participants)] }),
  }
  return Object.keys(about).length === 0 ? {} : { about }
}

function happeningOf(given: GivenEvent): Happening {
  switch (given.type) {
    case 'message.sent':
      return sentOf(given)
    case 'message.edited': {
      const { id, text = '', mentions } = given
      return { type: 'edited', id, text: cutText(text), ...(mentions !== undefined && { mentions }) }
    }
    case 'message.deleted':
      return { type: 'deleted', ids: given.ids }
    case 'message.read':
      return { type: 'read', person: given.person, span: spanOf(given) }
    case 'message.delivered':
      return { type: 'delivered', person: given.person, span: spanOf(given) }
    case 'participant.joined':
      return { type: 'joined', people: [given.person] }
    case 'participant.left':
      return { type: 'left', people: [given.person] }
    case 'conversation.updated':
      return { type: 'described' }
    case 'conversation.ended':
      return { type: 'ended' }
  }
}

function sentOf({ id, position, text, author, recipients, mentions, people }: GivenEvent): Happening {
  const own = new Set([author.id, ...(author.aliases ?? [])])
  const others = recipients && [...new Set(recipients)].filter((each) => !own.has(each))
  return {
    type: 'sent',
    item: {
      id,
      ...(position !== undefined && { position }),
      // A text with nothing in it goes with a picture.
      ...(text !== undefined && text.trim() !== '' && { text: cutText(text) }),
    },
    author: { ...author, kind: author.kind ?? 'person' } satisfies Author,
    ...(others !== undefined && { recipients: others }),
    ...(mentions !== undefined && { mentions }),
    ...(people !== undefined && { people }),
  }
}

function spanOf({ ids, from, to, upTo, until }: Partial<GivenEvent>): Span {
  if (from !== undefined && to !== undefined) return { from, to }
  if (upTo !== undefined) return { upTo }
  if (until !== undefined) return { until: readTime(until, 'until') }
  return { ids: ids ?? [] }
}

/** Longer texts are cut and not refused: no notice quotes so much. */
function cutText(text: string): string {
  if (text.length <= LONGEST_TEXT) return text
  const kept = text.slice(0, LONGEST_TEXT - 1)
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`
}

/**
 * The key of an event that has none: what it says, so that a repeat of the request is known as one. What may truly happen twice
 * (somebody leaves, comes back and leaves again) counts as another time unless `at` says that it is the same.
 */
function derivedKey(given: GivenEvent, now: number, path: string): string {
  const { type, conversation, id, ids, person, from, to, upTo, until, text } = given
  const time = given.at ?? [now, path]
  const content = () => {
    switch (type) {
      case 'message.sent':
        return [id]
      case 'message.deleted':
        return [ids]
      case 'message.read':
      case 'message.delivered':
        return [person, ids, from, to, upTo, until]
      case 'message.edited':
        return [id, text, time]
      case 'participant.joined':
      case 'participant.left':
        return [person, time]
      case 'conversation.updated':
      case 'conversation.ended':
        return [canonicalJson(given), time]
    }
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([type, conversation, ...content()]))
    .digest('hex')
  return `derived:${hash}`
}
