import { Type } from 'typebox'
import { CHANNEL_ID_PATTERN, EMAIL_PATTERN, LONGEST_CHANNEL_ID, LONGEST_EMAIL } from '../domain/address.ts'
import { CONTENT_TYPES } from '../domain/content.ts'
import { FALLBACK_AFTER_SECONDS } from '../domain/sequence.ts'
import { codes } from './judge.ts'

/** The shape of a message as callers send it: what the reference shows, and what read-message.ts starts from. */
const MAX_TEXT = 35_000

export const UserShape = Type.Object(
  {
    msisdn: Type.Optional(
      Type.String({
        title: 'a phone number such as +6590000001',
        description: 'Phone number, E.164 with `+` preferred; a national number needs `country`.',
        examples: ['+6590000001'],
        maxLength: 40,
        ...codes({ wrong: 1002, tooLong: 1002 }),
      }),
    ),
    country: Type.Optional(
      Type.String({
        title: 'a country code of two letters such as SG',
        description: 'ISO 3166 code of the country that a national number belongs to.',
        examples: ['SG'],
        pattern: '^[A-Za-z]{2}$',
        ...codes({ wrong: 1009 }),
      }),
    ),
    lineUserId: Type.Optional(id('LINE user id; instead of `msisdn`, for LINE.')),
    channelUserId: Type.Optional(
      id("The channel's own user id, such as a WhatsApp business-scoped one. With `msisdn` present, `msisdn` wins."),
    ),
    email: Type.Optional(
      Type.String({
        title: 'an e-mail address such as ann@example.com',
        description: 'E-mail address; goes with any other.',
        examples: ['ann@example.com'],
        maxLength: LONGEST_EMAIL,
        pattern: EMAIL_PATTERN,
      }),
    ),
    contactId: Type.Optional(id('Your own id for the person; goes with any other.')),
  },
  {
    additionalProperties: false,
    'x-shape': 'User',
    title: 'the person to reach, such as {"msisdn":"+6590000001"}',
    description: 'Who to reach: at least one address.',
    ...codes({ missing: 3001, wrong: 3001 }),
  },
)

function id(description: string) {
  return Type.String({
    title: 'an id of 1 to 255 characters without spaces',
    description,
    minLength: 1,
    maxLength: LONGEST_CHANNEL_ID,
    pattern: CHANNEL_ID_PATTERN,
    ...codes({ wrong: 1008, tooLong: 1008, tooShort: 1008 }),
  })
}

const Location = Type.Object(
  {
    latitude: Type.Number({ minimum: -90, maximum: 90, ...codes({ wrong: 3021 }) }),
    longitude: Type.Number({ minimum: -180, maximum: 180, ...codes({ wrong: 3021 }) }),
    name: Type.Optional(Type.String({ maxLength: 1000, ...codes({ wrong: 3021 }) })),
    address: Type.Optional(Type.String({ maxLength: 1000, ...codes({ wrong: 3021 }) })),
  },
  { title: 'a place such as {"latitude":1.28,"longitude":103.85}', ...codes({ wrong: 3021 }) },
)

const anyObject = (description: string, more: object = {}) => Type.Object({}, { description, ...more })

export const ContentShape = Type.Object(
  {
    text: Type.Optional(
      Type.String({
        description: 'What the message says.',
        maxLength: MAX_TEXT,
        ...codes({ tooLong: 3006, wrong: 1004 }),
      }),
    ),
    fallbackText: Type.Optional(
      Type.String({
        description: 'Plain text for the SMS step, and for channels that cannot carry the rest.',
        maxLength: MAX_TEXT,
        ...codes({ tooLong: 3017, wrong: 1004 }),
      }),
    ),
    url: Type.Optional(
      Type.String({
        description: 'Public address of the media.',
        maxLength: 2048,
        ...codes({ wrong: 3008, tooLong: 3008 }),
      }),
    ),
    sms: Type.Optional(
      Type.Object(
        {
          encoding: Type.Optional(
            Type.String({
              description: '`AUTO`, `GSM7` (or `GSM`), `UCS2` (or `UNICODE`), in any case.',
              ...codes({ wrong: 1003 }),
            }),
          ),
          source: Type.Optional(
            Type.String({
              title: 'a sender name or number without control characters',
              description: 'Sender id.',
              minLength: 1,
              maxLength: 16,
              pattern: '^[^\\p{Cc}]+$',
              ...codes({ tooLong: 3011, wrong: 1005, tooShort: 1005 }),
            }),
          ),
        },
        { additionalProperties: false, description: 'For the SMS step.' },
      ),
    ),
    email: Type.Optional(
      Type.Object(
        {
          subject: Type.Optional(
            Type.String({
              title: 'a text of one line',
              description: 'Subject; else the first line of the text.',
              maxLength: 500,
              pattern: '^[^\\p{Cc}]*$',
            }),
          ),
          html: Type.Optional(Type.String({ description: 'HTML body; the text goes beside it.' })),
          from: Type.Optional(
            Type.String({
              title: 'an e-mail address or Name <address> on one line',
              description: 'Sender, where the connection lets it be chosen.',
              maxLength: 320,
              pattern: '^[^\\p{Cc}]*$',
            }),
          ),
        },
        { additionalProperties: false, description: 'For the Email step.' },
      ),
    ),
    location: Type.Optional(Location),
    image: Type.Optional(anyObject('`thumbnail`.')),
    video: Type.Optional(anyObject('`thumbnail`, `filesize`, `duration`.')),
    audio: Type.Optional(anyObject('`duration`.')),
    button: Type.Optional(anyObject('`caption` and `action`.', codes({ wrong: 3049 }))),
    buttons: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 100, ...codes({ wrong: 3049, tooLong: 3049 }) })),
    interactive: Type.Optional(anyObject('`type`, `header`, `body`, `footer`, `action`.')),
    template: Type.Optional(
      anyObject('An approved template: `name`, `language`, `components`.', {
        title: 'a template such as {"name":"reminder","language":"en"}',
        ...codes({ wrong: 3030 }),
      }),
    ),
    richCard: Type.Optional(anyObject('RCS rich card.')),
    carousel: Type.Optional(anyObject('RCS carousel.')),
    suggestions: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 100, description: 'RCS suggestions.' })),
    push: Type.Optional(
      Type.Object(
        {
          subscription: Type.Optional(
            Type.Object(
              {
                endpoint: Type.String({ maxLength: 2048 }),
                keys: Type.Object({ p256dh: Type.String({ maxLength: 200 }), auth: Type.String({ maxLength: 100 }) }),
              },
              { additionalProperties: true, description: 'As the browser gave it to the page.' },
            ),
          ),
          title: Type.Optional(Type.String({ maxLength: 200 })),
          url: Type.Optional(Type.String({ maxLength: 2048, description: 'What a click opens.' })),
          icon: Type.Optional(Type.String({ maxLength: 2048 })),
          tag: Type.Optional(Type.String({ maxLength: 100 })),
          topic: Type.Optional(Type.String({ maxLength: 32 })),
        },
        { additionalProperties: false, description: 'For the Push step.' },
      ),
    ),
    whatsApp: Type.Optional(
      Type.Object({
        directSend: Type.Optional(
          Type.Object({
            category: Type.Enum(['utility']),
            ttlSeconds: Type.Optional(Type.Integer({ minimum: 30, maximum: 43_200, ...codes({ wrong: 1010 }) })),
          }),
        ),
      }),
    ),
  },
  {
    'x-shape': 'Content',
    title: 'the content, such as {"text":"Hello"}',
    description: 'What is said; which field is required depends on `type`. Unknown fields are kept and passed on.',
    ...codes({ missing: 3004, wrong: 3004 }),
  },
)

export const StepShape = Type.Object(
  {
    channel: Type.String({ description: 'Channel name, in any case.', examples: ['WhatsApp', 'Viber', 'SMS'] }),
    fallbackAfter: Type.Optional(
      Type.Integer({
        minimum: FALLBACK_AFTER_SECONDS.min,
        maximum: FALLBACK_AFTER_SECONDS.max,
        description: 'Seconds after the attempt left until the next step is tried. Absent: only a failure falls back.',
      }),
    ),
    successStatus: Type.Optional(
      Type.String({ description: '`Accepted`, `Sent`, `Delivered` or `Read`.', examples: ['Delivered'] }),
    ),
    onUncertain: Type.Optional(
      Type.Enum(['wait', 'resend'], {
        description: 'When it is not known whether a send went out: wait for a receipt (the default), or send again.',
      }),
    ),
    revokeOnFallback: Type.Optional(
      Type.Boolean({
        description: 'Before the next step, have the provider take back what has not arrived. For channels that can.',
      }),
    ),
  },
  { additionalProperties: false, 'x-shape': 'Step' },
)

const typeList = CONTENT_TYPES.join(', ')
const moment = (title: string, description: string, code: 1006 | 1011) =>
  Type.String({ title, description, examples: ['2030-01-31T09:00:00Z'], ...codes({ wrong: code }) })

const shared = {
  type: Type.String({
    title: `one of ${typeList}`,
    description: `One of ${typeList}, in any case.`,
    examples: ['text'],
    ...codes({ missing: 3010, wrong: 3010 }),
  }),
  content: ContentShape,
}
const optional = {
  channels: Type.Optional(
    Type.Array(StepShape, {
      minItems: 1,
      maxItems: 10,
      description: 'The sequence to try, in order. Absent: the default of the subaccount.',
    }),
  ),
  scheduled: Type.Optional(
    moment('a time such as 2030-01-31T09:00:00Z', 'Send no sooner than this; at most a year ahead.', 1011),
  ),
  expiry: Type.Optional(moment('a time such as 2030-01-31T09:00:00Z', 'From then on no further step is tried.', 1006)),
  dlrCallbackUrl: Type.Optional(
    Type.String({
      title: 'an http or https URL',
      description: "Where this message's receipts go, instead of the configured webhook.",
      maxLength: 2048,
      ...codes({ wrong: 3020, tooLong: 3020 }),
    }),
  ),
}

export const SendShape = Type.Object(
  {
    user: UserShape,
    ...shared,
    clientMessageId: Type.Optional(
      Type.String({
        description: 'Your id; echoed in answers and receipts.',
        maxLength: 50,
        ...codes({ tooLong: 3009 }),
      }),
    ),
    ...optional,
    context: Type.Optional(
      Type.Object(
        {
          umid: Type.String({ minLength: 1, maxLength: 64, ...codes({ missing: 3029, wrong: 3029, tooShort: 3029 }) }),
        },
        { additionalProperties: false, description: 'The message that this one quotes (WhatsApp).' },
      ),
    ),
  },
  { additionalProperties: false },
)

export const TemplateShape = Type.Object(
  { type: Type.Optional(shared.type), content: Type.Optional(shared.content), ...optional },
  {
    additionalProperties: false,
    description: 'Defaults for each message. A field of the message wins; `content` is merged field by field.',
  },
)

export const BatchShape = Type.Object(
  {
    messages: Type.Array(Type.Partial(SendShape), {
      title: 'a list of 1 to 10000 messages',
      minItems: 1,
      maxItems: 10_000,
      ...codes({ missing: 3012, tooShort: 3012, tooLong: 3013, wrong: 3012 }),
    }),
    template: Type.Optional(TemplateShape),
    clientBatchId: Type.Optional(
      Type.String({
        description: 'Your id; echoed in answers and receipts.',
        maxLength: 100,
        ...codes({ tooLong: 3014 }),
      }),
    ),
    includeMessagesInResponse: Type.Optional(
      Type.Boolean({ description: 'True: the answer lists every message. Else only those that were rejected.' }),
    ),
  },
  { additionalProperties: false },
)
