import { Type } from 'typebox'
import { FALLBACK_AFTER_SECONDS } from '../domain/sequence.ts'

/** How a reminder rule is written. For the reference page: what is right and what is not, the domain decides. */
const words = (expected: string, more: object) => Type.Optional(Type.Unknown({ expected, ...more }))

const LIST = 'text or a list of texts'
const WAIT = 'a duration such as "1h", or whole seconds'

export const reminderStep = Type.Object({
  channel: Type.String({ description: 'Name of a channel, in any case: `SMS`, `Email`, or one of your own.' }),
  fallbackAfter: words(`${WAIT}, from ${FALLBACK_AFTER_SECONDS.min}s to 31d`, {
    unset: 'only a refusal or a failure falls back',
    description: 'How long after this step the next one is tried.',
  }),
  successStatus: Type.Optional(
    Type.Enum(['Accepted', 'Sent', 'Delivered', 'Read'], {
      unset: '`Read` with `fallbackAfter`; else `Delivered` where the channel reports it, else the highest below',
      description: 'What counts as success here. `Read`: on this channel, or in the chat.',
    }),
  ),
  onUncertain: Type.Optional(
    Type.Enum(['wait', 'resend'], {
      unset: '`wait`: for a receipt, or the end of the step',
      description: 'What to do when it is not known whether a send went out.',
    }),
  ),
  revokeOnFallback: Type.Optional(
    Type.Boolean({
      unset: 'what was sent stays sent',
      description: 'Before the next step, have the provider take back what has not arrived; for channels that can.',
    }),
  ),
})

const template = 'a Liquid template'
const texts = {
  text: words(template, { unset: 'our own words', description: 'For SMS and messengers.' }),
  subject: words(`${template} on one line`, { unset: 'our own words', description: 'For e-mail.' }),
  body: words(template, { unset: 'our own words', description: 'For e-mail, as plain text.' }),
  html: words(template, { unset: 'our own words', description: 'For e-mail, as HTML.' }),
}

export const reminder = Type.Object({
  id: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
    expected: 'a name of letters, digits, "-" and "_", at most 64',
    description: 'Its name, one of its own in the subaccount.',
  }),
  match: Type.Optional(
    Type.Object(
      {
        source: words(LIST, { unset: 'any', description: 'Names of sources; `events` is your own chat.' }),
        skill: words(LIST, { unset: 'any', description: 'Names of skills or queues.' }),
        channel: words(LIST, { unset: 'any', description: 'How the person takes part: `web`, `app`, …' }),
        metadata: words('a group: a text or a list of texts to each name', {
          unset: 'any',
          description: 'What the platform says of the conversation, under these names.',
        }),
      },
      { description: 'All that is named must hold; of a list, one. In any case of letters.' },
    ),
  ),
  after: words(`${WAIT}, from 10s to 31d`, {
    unset: 'as the source says',
    description: 'How long a message may stay unread before the first step.',
  }),
  until: Type.Optional(
    Type.Enum(['read', 'delivered'], {
      default: 'read',
      description: 'What calls the reminder off. `delivered` only where the source tells of delivery.',
    }),
  ),
  steps: Type.Array(reminderStep, {
    expected: 'a list of 1 to 10 steps',
    description: 'What is tried, one after another.',
  }),
  texts: Type.Optional(Type.Object(texts, { description: 'The wording.' })),
  translations: words('a group: texts as above to each language such as de or pt-BR', {
    unset: 'built-in words have translations of their own',
    description: 'The wording in other languages; what is missing in one is taken from `texts`.',
  }),
  gap: words('`once`, or a group of the settings below', {
    unset: 'a gap with the values below',
    description: 'How soon after a notice the next may come. `once`: one for each conversation and person, ever.',
  }),
  'gap.first': words(WAIT, { default: '1h', description: 'How long after the first notice.' }),
  'gap.growth': words('a number from 1 to 100', {
    default: 2,
    description: 'Each further notice without a read in between multiplies the gap by this,',
  }),
  'gap.longest': words(WAIT, { default: '7d', description: 'up to this.' }),
  fold: Type.Optional(
    Type.Enum(['conversation', 'none'], {
      default: 'conversation',
      description: '`conversation`: one notice for all that is unread. `none`: one for each message.',
    }),
  ),
  authors: Type.Optional(
    Type.Array(Type.Enum(['person', 'bot', 'system']), {
      default: ['person', 'bot'],
      description: 'Whose messages people are reminded of.',
    }),
  ),
  largestGroup: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 100_000,
      default: 50,
      description: 'With more recipients than this only those who are mentioned are reminded.',
    }),
  ),
})
