import { Type } from 'typebox'

/** The shape of an event as an own chat tells it: what the reference shows, and what read-source-event.ts judges by. */
export const MOST_EVENTS = 1000
export const LONGEST_TEXT = 10_000
const MOST_PEOPLE = 1000

const id = (description: string) =>
  Type.String({
    title: 'an id of 1 to 200 characters, as a text',
    description,
    minLength: 1,
    maxLength: 200,
    pattern: '^[^\\p{Cc}]+$',
  })
const ids = (description: string, minItems = 0) =>
  Type.Array(id('An id.'), { title: 'a list of ids', description, minItems, maxItems: MOST_PEOPLE })
const place = (description: string) => Type.Integer({ description, minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const moment = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Integer()], {
    title: 'a time with its zone such as 2030-01-31T09:00:00Z, or milliseconds since 1970',
    description,
  })
const word = (description: string) => Type.String({ description, minLength: 1, maxLength: 200 })

export const MetadataText = Type.String({ maxLength: 500 })
export const PersonShape = Type.Object(
  {
    name: Type.Optional(word('As they are greeted.')),
    email: Type.Optional(
      Type.String({
        title: 'an e-mail address such as ann@example.com',
        maxLength: 254,
        pattern: '^[^\\s@<>(),;:"\\[\\]\\\\\\p{Cc}]+@[^\\s@<>(),;:"\\[\\]\\\\\\p{Cc}]+$',
      }),
    ),
    msisdn: Type.Optional(
      Type.String({
        title: 'a phone number such as +6590000001',
        description: 'E.164 with `+`.',
        pattern: '^\\+[1-9]\\d{6,14}$',
      }),
    ),
    language: Type.Optional(
      Type.String({
        title: 'a language such as de or pt-BR',
        maxLength: 35,
        pattern: '^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$',
      }),
    ),
    timeZone: Type.Optional(Type.String({ title: 'a time zone such as Europe/Berlin', maxLength: 100 })),
    contactId: Type.Optional(id('The id by which your contacts know them, where it is another one.')),
  },
  { additionalProperties: false, title: 'what is known of a person, such as {"email":"ann@example.com"}' },
)

const AuthorShape = Type.Object(
  {
    id: Type.Optional(id('Who wrote it. Needed, unless `kind` is `bot` or `system`.')),
    kind: Type.Optional(Type.Enum(['person', 'bot', 'system'], { description: 'Without it: `person`.' })),
    name: Type.Optional(word('As the notice names them.')),
    aliases: Type.Optional(
      Type.Array(id('An id.'), {
        title: 'a list of ids',
        description: 'Other ids of the same person: none of them is told of it.',
        maxItems: 20,
      }),
    ),
  },
  { additionalProperties: false, title: 'who wrote it, such as {"id":"ben"}' },
)

export const EVENT_TYPES = [
  'message.sent',
  'message.edited',
  'message.deleted',
  'message.read',
  'message.delivered',
  'participant.joined',
  'participant.left',
  'conversation.updated',
  'conversation.ended',
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** What every event may have. */
export const CommonFields = {
  type: Type.Enum([...EVENT_TYPES]),
  key: Type.Optional(
    Type.String({
      title: 'a text of 1 to 200 characters',
      description:
        'Tells this event from all others: what comes with a known key is passed over. Without it an event is known by ' +
        'what it says, so that a repeat is no harm.',
      minLength: 1,
      maxLength: 200,
      pattern: '^[^\\p{Cc}]+$',
    }),
  ),
  at: Type.Optional(moment('When it happened. Without it: now.')),
  conversation: id('Your id of the conversation.'),
  skill: Type.Optional(word('By which rules choose: the team, queue or topic.')),
  channel: Type.Optional(word('By which rules choose: `web`, `app`, …')),
  metadata: Type.Optional(
    Type.Object(
      {},
      {
        additionalProperties: MetadataText,
        title: 'texts by name such as {"plan":"gold"}',
        description: 'By which rules choose: up to 50 texts of up to 500 characters; merged name by name.',
      },
    ),
  ),
  participants: Type.Optional(ids('Everybody who takes part, complete.')),
}

/** What some types have; TYPES says which. */
export const SpecialFields = {
  id: id('Your id of the message.'),
  position: place('The place of the message in its conversation, rising.'),
  text: Type.String({ description: `Plain text. What is longer than ${LONGEST_TEXT} characters is cut.` }),
  author: AuthorShape,
  recipients: ids('Whom it is for. Without it: all participants that are known. The author is never told.'),
  mentions: ids('Who is named in it: in large groups only they are reminded.'),
  people: Type.Object(
    {},
    {
      additionalProperties: PersonShape,
      title: 'people by id such as {"ann":{"email":"ann@example.com"}}',
      description: 'Where these people can be reached, by their id; used where your contacts do not know better.',
    },
  ),
  ids: ids('The messages.', 1),
  person: id('Who read it, got it, joined or left.'),
  from: place('The first position, with `to`.'),
  to: place('The last position, inclusive.'),
  upTo: place('All up to this position, inclusive.'),
  until: moment('All that was sent up to this moment.'),
}
type Special = keyof typeof SpecialFields

/** `span`: exactly one of `ids`, `from` and `to`, `upTo`, `until`. */
export const TYPES: Record<EventType, { needs: readonly Special[]; may: readonly Special[]; span?: true }> = {
  'message.sent': { needs: ['id', 'author'], may: ['position', 'text', 'recipients', 'mentions', 'people'] },
  'message.edited': { needs: ['id', 'text'], may: ['mentions'] },
  'message.deleted': { needs: ['ids'], may: [] },
  'message.read': { needs: ['person'], may: ['ids', 'from', 'to', 'upTo', 'until'], span: true },
  'message.delivered': { needs: ['person'], may: ['ids', 'from', 'to', 'upTo', 'until'], span: true },
  'participant.joined': { needs: ['person'], may: [] },
  'participant.left': { needs: ['person'], may: [] },
  'conversation.updated': { needs: [], may: [] },
  'conversation.ended': { needs: [], may: [] },
}

export const EventShape = Type.Object(
  { ...CommonFields, ...Type.Partial(Type.Object(SpecialFields)).properties },
  {
    additionalProperties: false,
    'x-shape': 'Event',
    description: 'One thing that happened in a conversation.',
    examples: [
      {
        type: 'message.sent',
        conversation: 'order-4711',
        id: 'm-1',
        text: 'Your table is ready.',
        author: { id: 'ben', name: 'Ben' },
        recipients: ['ann'],
      },
    ],
  },
)

export const EventsBody = Type.Union([
  EventShape,
  Type.Object({ events: Type.Array(EventShape, { minItems: 1, maxItems: MOST_EVENTS }) }),
])
export const EventsAnswer = Type.Object({
  accepted: Type.Integer({ minimum: 0, description: 'New events, stored for good.' }),
  repeated: Type.Integer({ minimum: 0, description: 'Events that had come before.' }),
})
