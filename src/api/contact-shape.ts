import { Type } from 'typebox'
import { LONGEST_NAME } from '../domain/address.ts'
import { codes } from './judge.ts'
import { UserShape } from './message-shape.ts'
import { SubAccountParams } from './schemas.ts'

/** The shapes of contacts as they come and go. Addresses are those of a message's `user`. */
const { properties: ofUser } = UserShape
const address = (field: 'email' | 'msisdn' | 'lineUserId' | 'channelUserId', description: string) =>
  Type.Optional(Type.String({ ...ofUser[field], description }))

export const ContactId = Type.String({
  title: 'an id of 1 to 200 characters, without control characters, and without spaces around it',
  description: 'Your own id for the person: the one that your chat uses, or that you send messages with.',
  examples: ['ann-17'],
  minLength: 1,
  maxLength: 200,
  // Clients of HTTP take a path that ends in a dot or two for another one.
  pattern: '^(?!\\.{1,2}$)[^\\s\\p{Cc}](?:[^\\p{Cc}]*[^\\s\\p{Cc}])?$',
  ...codes({ wrong: 1008, tooLong: 1008, tooShort: 1008, missing: 1008 }),
})

export const ContactFields = {
  name: Type.Optional(
    Type.String({
      title: 'a name of 1 to 200 characters on one line',
      description: 'What texts call the person.',
      examples: ['Ann'],
      minLength: 1,
      maxLength: LONGEST_NAME,
      pattern: '^[^\\p{Cc}]+$',
    }),
  ),
  email: address('email', 'E-mail address.'),
  msisdn: address('msisdn', 'Phone number: E.164 with `+`; a national one needs `defaultCountry`.'),
  lineUserId: address('lineUserId', 'LINE user id.'),
  channelUserId: address('channelUserId', "The channel's own user id, such as a WhatsApp business-scoped one."),
  language: Type.Optional(
    Type.String({
      title: 'a language tag such as de or pt-BR',
      description: 'BCP 47: the language of what is sent to the person.',
      examples: ['de'],
      minLength: 2,
      maxLength: 35,
    }),
  ),
  timeZone: Type.Optional(
    Type.String({
      title: 'a time zone such as Europe/Berlin',
      description: 'IANA name: where it is day and night for the person.',
      examples: ['Europe/Berlin'],
      minLength: 1,
      maxLength: 64,
    }),
  ),
}
export type ContactField = keyof typeof ContactFields
export const CONTACT_FIELDS = Object.keys(ContactFields) as readonly ContactField[]

export const ContactBody = Type.Object(ContactFields, {
  additionalProperties: false,
  title: 'a contact such as {"email":"ann@example.com"}',
})

/** As documented; the reader judges it field by field. */
export const ContactPatch = Type.Object(
  Object.fromEntries(
    CONTACT_FIELDS.map((field) => [field, Type.Optional(Type.Union([ContactFields[field], Type.Null()]))]),
  ),
  { additionalProperties: false },
)

const Time = Type.String({ format: 'date-time', examples: ['2026-05-05T09:15:57.120Z'] })

export const ContactAnswer = Type.Object(
  {
    id: ContactId,
    ...ContactFields,
    createdAt: Time,
    updatedAt: Time,
    warnings: Type.Optional(
      Type.Array(Type.String(), { description: 'What you should know though nothing was refused.' }),
    ),
  },
  { 'x-shape': 'Contact' },
)

export const ContactListAnswer = Type.Object({
  contacts: Type.Array(ContactAnswer),
  next: Type.Union([Type.String(), Type.Null()], {
    description: 'Give it as `after` for what follows; null at the end.',
  }),
})

const Finding = Type.Object({
  line: Type.Integer({ description: 'Of the file, counted from 1; the first is the header.' }),
  field: Type.Optional(Type.String({ description: 'The column; absent when the whole line cannot be read.' })),
  message: Type.String({ description: 'What would be right.' }),
})

export const ImportAnswer = Type.Object({
  created: Type.Integer(),
  replaced: Type.Integer(),
  refused: Type.Integer({ description: 'Lines of which nothing was stored.' }),
  problems: Type.Array(Finding, { description: 'Why lines were refused, in the order of the file.' }),
  warnings: Type.Array(Finding, { description: 'What was stored and still looks wrong.' }),
})
export type Finding = { line: number; field?: string; message: string }

export const ContactParams = Type.Object({ ...SubAccountParams.properties, contactId: ContactId })

export const CountryQuery = Type.Object({
  defaultCountry: Type.Optional(
    Type.String({
      description: 'ISO 3166 code of the country that national phone numbers belong to.',
      examples: ['DE'],
    }),
  ),
})
export const ListQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  after: Type.Optional(Type.String({ description: '`next` of the page before.' })),
})
export const ImportQuery = Type.Object({
  ...CountryQuery.properties,
  problems: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: 100,
      description: 'How many problems, and how many warnings, are told.',
    }),
  ),
})
