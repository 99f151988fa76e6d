import { type Static, type TSchema, Type } from 'typebox'
import type { Gap, ReminderRule } from '../domain/reminder-rule.ts'
import { titleCase } from '../domain/sequence.ts'
import { StepShape } from './message-shape.ts'
import { SubAccountParams } from './schemas.ts'

/** A reminder rule as callers write it, which the domain judges, and as we show it: complete, with times in seconds. */
const Wait = (description: string) =>
  Type.Optional(
    Type.Union([Type.String(), Type.Integer()], {
      description: `${description} A duration such as \`1h\`, or whole seconds.`,
      examples: ['1h'],
    }),
  )
const Values = (description: string) =>
  Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1 })], { description }))
const each = <Value extends TSchema>(value: Value, description: string) =>
  Type.Object({}, { additionalProperties: value, description })
const template = (description: string) => Type.Optional(Type.String({ description }))

const TextsShape = Type.Object(
  {
    text: template('For SMS and messengers.'),
    subject: template('For e-mail: one line.'),
    body: template('For e-mail, as plain text.'),
    html: template('For e-mail, as HTML.'),
  },
  { additionalProperties: false, description: 'The wording, as Liquid templates; what is absent is worded by us.' },
)
const UNTIL = {
  description: 'What calls the reminder off. `delivered` only where the source tells of delivery.',
  default: 'read',
}
const FOLD = {
  description: '`conversation`: one notice for all that is unread. `none`: one for each message.',
  default: 'conversation',
}
const AUTHORS = { description: 'Whose messages people are reminded of.', default: ['person', 'bot'] }
const LARGEST_GROUP = {
  minimum: 0,
  maximum: 100_000,
  default: 50,
  description: 'With more recipients than this only those who are mentioned are reminded.',
}
const Kind = Type.Enum(['person', 'bot', 'system'])
const GAP = 'How soon after a notice the next may come. `once`: one for each conversation and person, ever.'

export const RuleBody = Type.Object(
  {
    id: Type.Optional(Type.String({ description: 'The one of the path, if it is given at all.' })),
    match: Type.Optional(
      Type.Object(
        {
          source: Values('Names of sources; `events` is your own chat.'),
          skill: Values('Names of skills or queues.'),
          channel: Values('How the person takes part: `web`, `app`, …'),
          metadata: Type.Optional(
            each(Type.Union([Type.String(), Type.Array(Type.String())]), 'What the platform says of the conversation.'),
          ),
        },
        {
          additionalProperties: false,
          description: 'All that is named must hold; of a list, one. In any case of letters. Absent: everything.',
        },
      ),
    ),
    after: Wait('How long a message may stay unread, 10 seconds to 31 days; absent: as the source says.'),
    until: Type.Optional(Type.Enum(['read', 'delivered'], UNTIL)),
    steps: Type.Array(
      Type.Object(
        {
          ...StepShape.properties,
          fallbackAfter: Wait('How long after this step the next one is tried, up to 31 days.'),
        },
        { additionalProperties: false },
      ),
      {
        minItems: 1,
        maxItems: 10,
        description:
          'Tried in order. With `fallbackAfter` and no `successStatus` a step waits for `Read`, in the chat too.',
      },
    ),
    texts: Type.Optional(TextsShape),
    translations: Type.Optional(each(TextsShape, 'Texts by language, such as `de` or `pt-BR`.')),
    gap: Type.Optional(
      Type.Union(
        [
          Type.Object(
            {
              first: Wait('After the first notice.'),
              growth: Type.Optional(Type.Number({ minimum: 1, maximum: 100, default: 2 })),
              longest: Wait('The longest that it grows to.'),
            },
            { additionalProperties: false },
          ),
          Type.Literal('once'),
        ],
        { description: GAP },
      ),
    ),
    fold: Type.Optional(Type.Enum(['conversation', 'none'], FOLD)),
    authors: Type.Optional(Type.Array(Kind, { ...AUTHORS, minItems: 1 })),
    largestGroup: Type.Optional(Type.Integer(LARGEST_GROUP)),
  },
  { additionalProperties: false },
)

const Seconds = (description?: string) => Type.Number(description === undefined ? {} : { description })
const List = Type.Optional(Type.Array(Type.String()))

export const RuleAnswer = Type.Object({
  id: Type.String(),
  origin: Type.Enum(['configuration', 'api'], { description: 'Where it was made; the configuration’s come first.' }),
  warnings: Type.Optional(Type.Array(Type.String(), { description: 'Why it can do less than it says.' })),
  match: Type.Object({
    source: List,
    skill: List,
    channel: List,
    metadata: Type.Optional(Type.Object({}, { additionalProperties: Type.Array(Type.String()) })),
  }),
  after: Type.Optional(Seconds('In seconds.')),
  until: Type.Enum(['read', 'delivered']),
  steps: Type.Array(
    Type.Object({
      channel: Type.String(),
      fallbackAfter: Type.Optional(Seconds('In seconds.')),
      successStatus: Type.String(),
      onUncertain: Type.Enum(['wait', 'resend']),
      revokeOnFallback: Type.Optional(Type.Boolean()),
    }),
  ),
  texts: TextsShape,
  translations: Type.Optional(Type.Object({}, { additionalProperties: TextsShape })),
  gap: Type.Union([
    Type.Object({ first: Seconds('In seconds.'), growth: Type.Number(), longest: Seconds('In seconds.') }),
    Type.Literal('once'),
  ]),
  fold: Type.Enum(['conversation', 'none']),
  authors: Type.Array(Kind),
  largestGroup: Type.Integer(),
})
export const RulesAnswer = Type.Object({
  reminders: Type.Array(RuleAnswer, { description: 'In the order in which they are asked.' }),
})
export const OrderBody = Type.Object(
  {
    order: Type.Array(Type.String(), {
      maxItems: 1000,
      title: 'a list of ids such as ["sales","support"]',
      description: 'The id of each rule that was made through the API, once.',
    }),
  },
  { additionalProperties: false },
)
export const RuleParams = Type.Object({
  ...SubAccountParams.properties,
  ruleId: Type.String({ description: 'The name of the rule.', examples: ['sales'] }),
})

/** What can be written again as it is: a rule that was read, and put back, is the same rule. */
export function showRule(rule: ReminderRule, origin: 'configuration' | 'api', warnings: readonly string[]) {
  const { waitMs, steps, gap, translations, match, authors, ...same } = rule
  const view: Static<typeof RuleAnswer> = {
    ...same,
    origin,
    ...(warnings.length > 0 && { warnings: [...warnings] }),
    match: structuredClone(match) as Static<typeof RuleAnswer>['match'],
    ...(waitMs !== undefined && { after: waitMs / 1000 }),
    steps: steps.map(({ fallbackAfterMs, successStatus, channel, onUncertain, revokeOnFallback }) => ({
      channel,
      ...(fallbackAfterMs !== undefined && { fallbackAfter: fallbackAfterMs / 1000 }),
      successStatus: titleCase(successStatus),
      onUncertain,
      ...(revokeOnFallback && { revokeOnFallback }),
    })),
    ...(translations && { translations }),
    gap: gap === 'once' ? gap : showGap(gap),
    authors: [...authors],
  }
  return view
}

function showGap({ firstMs, growth, longestMs }: Gap) {
  return { first: firstMs / 1000, growth, longest: longestMs / 1000 }
}
