import { type TSchema, Type } from 'typebox'
import { CONTENT_TYPES } from '../domain/content.ts'
import { titleCase } from '../domain/sequence.ts'
import { SUCCESS_STATUSES } from '../domain/status-ladder.ts'
import { TIMELINE_CODES } from '../domain/timeline.ts'
import { StepShape, UserShape } from './message-shape.ts'

/** The shapes of our answers. What is not listed here does not leave the house. */
const Time = Type.String({ format: 'date-time', examples: ['2026-05-05T09:15:57.120Z'] })
const Umid = Type.String({ format: 'uuid', description: 'Id of the message, the same for all its steps.' })
const Count = Type.Integer({ minimum: 0 })
const StepNumber = Type.Integer({ minimum: 1, description: 'Counted from 1.' })
const optionalText = (description?: string) =>
  Type.Optional(Type.String(description === undefined ? {} : { description }))

export const ErrorShape = Type.Object(
  {
    code: Type.Integer({ description: 'Stable; see the list of errors.' }),
    message: Type.String({ description: "For people: the field's path, and what would be right." }),
    errorId: Type.String({ description: 'Names this error in our log.' }),
    timestamp: Time,
  },
  {
    description: 'An error.',
    'x-shape': 'Error',
    examples: [
      {
        code: 3026,
        message: 'channels[1].successStatus: SMS reports no Read; use Delivered or Sent or Accepted',
        errorId: '0199b1f2-5c11-7a31-8f2e-3f6d8f1f0001',
        timestamp: '2026-05-05T09:15:57.120Z',
      },
    ],
  },
)

/** The answers of a route: what it gives, and the errors it may give. */
export function answers<Good extends TSchema>(good: Good, ...errors: number[]) {
  return { 200: good, ...Object.fromEntries([...errors, 401, 403].map((status) => [status, ErrorShape])) }
}

export const SubAccountParams = Type.Object({
  subAccountId: Type.String({ description: 'Your subaccount, such as `default`.', examples: ['default'] }),
})
export const MessageParams = Type.Object({ ...SubAccountParams.properties, umid: Umid })
export const BatchParams = Type.Object({
  ...SubAccountParams.properties,
  batchId: Type.String({ format: 'uuid', description: 'As the batch was answered.' }),
})
export const AccountParams = Type.Object({
  accountId: Type.String({ description: 'Any name: this service has one account.', examples: ['default'] }),
})

const StatusShape = Type.Object({
  state: Type.String({ description: '`queued`, `rejected`, `sent`, `delivered`, `undelivered` or `read`.' }),
  detail: optionalText(),
  timestamp: Time,
  errorCode: Type.Optional(Type.Integer()),
  errorMessage: optionalText(),
})

const SmsShape = Type.Object(
  {
    encoding: Type.Enum(['GSM7', 'UCS2']),
    parts: Type.Integer({ minimum: 1, maximum: 10, description: 'Each is paid for as one SMS.' }),
  },
  { description: 'What the SMS step sends, where the sequence has one.' },
)

export const SendAnswer = Type.Object({
  umid: Umid,
  clientMessageId: optionalText(),
  user: UserShape,
  status: StatusShape,
  sms: Type.Optional(SmsShape),
  warnings: Type.Optional(
    Type.Array(Type.String(), { description: 'What you should know though nothing was refused.' }),
  ),
})

export const BatchAnswer = Type.Object({
  batchId: Type.String({ format: 'uuid' }),
  clientBatchId: optionalText(),
  acceptedCount: Count,
  rejectedCount: Count,
  messages: Type.Optional(
    Type.Array(
      Type.Object({
        umid: Umid,
        user: Type.Object({}, { additionalProperties: true }),
        clientMessageId: optionalText(),
        status: StatusShape,
        sms: Type.Optional(SmsShape),
        warnings: Type.Optional(Type.Array(Type.String())),
      }),
      { description: 'All messages with `includeMessagesInResponse`, else those that were rejected.' },
    ),
  ),
})

export const DetailsAnswer = Type.Object({
  data: Type.Array(
    Type.Object({
      umid: Umid,
      subAccountId: Type.String(),
      channel: Type.String(),
      channelId: Type.String({ description: 'The connection; `none` where the step was not tried.' }),
      direction: Type.String(),
      country: optionalText(),
      step: StepNumber,
      contentType: Type.String(),
      content: Type.String({ description: 'Masked.' }),
      createdAt: Time,
      clientMessageId: optionalText(),
      batchId: optionalText(),
      user: Type.Object({}, { additionalProperties: Type.String(), description: 'Masked.' }),
      status: StatusShape,
    }),
    { description: 'One record for each step that was taken up; before the first, step 1 as queued.' },
  ),
})

export const CancelAnswer = Type.Object({
  cancelledCount: Type.Integer({ minimum: 0, maximum: 1, description: '1 when no step had left.' }),
  result: Type.Enum(['cancelled', 'too-late', 'ended', 'undecided'], {
    description:
      '`too-late`: the step had left, and what lay ahead is called off. `ended`: the message had its outcome before. ' +
      '`undecided`: a call to the provider is under way and decides.',
  }),
  step: Type.Optional(StepNumber),
  at: Type.Optional(Time),
  outcome: optionalText(),
})
export const CancelBatchAnswer = Type.Object({ cancelledCount: Count, tooLateCount: Count })
export const ReleaseAnswer = Type.Object({ released: Type.Boolean() })

const OutcomeShape = Type.Object({
  state: Type.Enum(['succeeded', 'exhausted', 'unknown', 'cancelled', 'expired']),
  at: Time,
  step: Type.Optional(StepNumber),
  channel: optionalText(),
  status: optionalText(),
  doubleExposure: Type.Boolean({ description: 'The person has it on two or more channels.' }),
})

const EntryShape = Type.Object({
  version: Type.Integer({ description: 'Number of the transition, from 1.' }),
  at: Time,
  code: Type.Enum([...TIMELINE_CODES]),
  step: Type.Optional(StepNumber),
  channel: optionalText(),
  text: Type.String({ description: 'One plain sentence.' }),
  facts: Type.Object({}, { additionalProperties: true, description: 'What the decision saw.' }),
})

export const TimelineAnswer = Type.Object({
  umid: Umid,
  subAccountId: Type.String(),
  clientMessageId: optionalText(),
  state: Type.Enum(['live', 'succeeded', 'exhausted', 'unknown', 'cancelled', 'expired']),
  heldBack: Type.Boolean({ description: 'True: it failed repeatedly on our side and waits for a release.' }),
  outcome: Type.Union([OutcomeShape, Type.Null()]),
  acceptedAt: Time,
  now: Type.String({ format: 'date-time', description: "The service's clock." }),
  scheduledAt: Type.Optional(Time),
  expiresAt: Type.Optional(Time),
  steps: Type.Array(
    Type.Object({
      step: StepNumber,
      channel: Type.String(),
      successStatus: Type.String(),
      fallbackAfter: Type.Optional(Type.Number({ description: 'Seconds.' })),
      status: Type.Union([
        Type.Enum(['queued', ...SUCCESS_STATUSES, 'rejected', 'failed', 'expired']),
        Type.Null({ description: 'Not taken up yet.' }),
      ]),
      openedAt: Type.Optional(Time),
      leftAt: Type.Optional(Time),
      deadlineAt: Type.Optional(Time),
      connection: optionalText(),
      try: Type.Optional(Type.Integer()),
      uncertain: Type.Optional(Type.Boolean({ description: 'It is not known whether it went out.' })),
      inFlight: Type.Optional(Type.Boolean()),
      withdrawn: Type.Optional(Type.Boolean()),
      skipped: optionalText('Why the step was not tried.'),
      error: Type.Optional(Type.Object({ code: optionalText(), message: Type.String() })),
      times: Type.Object(
        {},
        { additionalProperties: Type.String(), description: 'When each status was first heard of.' },
      ),
    }),
  ),
  timeline: Type.Array(EntryShape),
  next: Type.Union([
    Type.Object({
      at: Time,
      what: Type.Enum(['send', 'ask', 'answer', 'revoke', 'fall-back', 'give-up', 'expire']),
      step: StepNumber,
      channel: Type.String(),
      text: Type.String(),
    }),
    Type.Null({ description: 'Nothing more happens by itself.' }),
  ]),
})

export const SequenceBody = Type.Object(
  {
    channels: Type.Union([Type.Array(StepShape, { minItems: 1, maxItems: 10 }), Type.Null()], {
      description: 'The default sequence; null removes it.',
    }),
  },
  { additionalProperties: false },
)
export const SequenceAnswer = Type.Object({
  channels: Type.Union([Type.Array(Type.Object({}, { additionalProperties: true })), Type.Null()], {
    description: 'The default sequence as it was set; null when there is none.',
  }),
  setBy: Type.Union([Type.Enum(['configuration', 'api']), Type.Null()]),
})

const WebhookFields = {
  subAccountId: Type.String({ description: '`*` for all.' }),
  url: Type.String({ maxLength: 2048 }),
  enabled: Type.Optional(Type.Boolean({ default: true })),
  type: Type.Optional(
    Type.Enum(['CADR', 'MSG', 'CABM'], {
      description:
        '`CADR`: delivery receipts. `MSG`: inbound messages. `CABM`: business updates. Absent: the first two.',
    }),
  ),
  httpAuthorization: optionalText('Sent as the Authorization header of each call; masked when it is shown.'),
}
export const WebhooksBody = Type.Array(
  Type.Object(
    {
      ...WebhookFields,
      oauth: Type.Optional(Type.Unknown({ description: 'Not supported: use `httpAuthorization`.' })),
    },
    { additionalProperties: false },
  ),
  {
    minItems: 1,
    maxItems: 1000,
    title: 'a list such as [{"subAccountId":"default","url":"https://example.com/receipts"}]',
  },
)
export const WebhooksAnswer = Type.Array(Type.Object(WebhookFields))
export const WebhooksSetAnswer = Type.Object({
  webhooks: WebhooksAnswer,
  signingSecret: Type.String({ description: 'Each call is signed with it, in the form of Standard Webhooks.' }),
})
export const WebhooksDeleteBody = Type.Array(
  Type.Object({ subAccountId: WebhookFields.subAccountId, type: WebhookFields.type }, { additionalProperties: false }),
  { minItems: 1, maxItems: 1000, title: 'a list such as [{"subAccountId":"default"}]' },
)
export const WebhooksDeleteAnswer = Type.Object({ deletedCount: Count })
export const SecretAnswer = Type.Object({ signingSecret: Type.String() })

const AddressKindShape = Type.Enum(['phone', 'email', 'line', 'any'])
const Statuses = (description: string) => Type.Array(Type.Enum(SUCCESS_STATUSES.map(titleCase)), { description })

export const ChannelsQuery = Type.Object({
  subAccountId: Type.Optional(
    Type.String({
      description:
        'For which subaccount, where the configuration gives one connections of its own. Absent: the order of the configuration.',
    }),
  ),
})
export const ChannelsAnswer = Type.Object({
  channels: Type.Array(
    Type.Object({
      channel: Type.String(),
      connected: Type.Boolean({ description: 'False: known, but without a connection here.' }),
      successStatuses: Statuses('What a step may wait for; without a connection, what the channel can report at best.'),
      address: AddressKindShape,
      maxTextLength: Type.Optional(Type.Integer({ description: 'In characters; for `Line` in UTF-16 units.' })),
      otherSpellings: Type.Array(Type.String()),
      connections: Type.Array(
        Type.Object({
          id: Type.String({ description: 'As the configuration names it.' }),
          provider: Type.String(),
          reports: Statuses('What it can report of this channel.'),
          address: AddressKindShape,
          carries: Type.Array(Type.Enum([...CONTENT_TYPES]), {
            description: 'Content types that it carries as they are; of others it is given the `fallbackText`.',
          }),
          validity: Type.Optional(
            Type.Object(
              {
                min: Type.Number({ description: 'Seconds.' }),
                max: Type.Number({ description: 'Seconds.' }),
              },
              {
                description:
                  'The shortest and the longest life that the provider can give one message, so that it dies with its step. ' +
                  'Absent: it gives none.',
              },
            ),
          ),
          revokes: Type.Boolean({ description: 'What has not arrived can be taken back.' }),
          takesIdempotencyKey: Type.Boolean({ description: 'An uncertain send may be repeated: it goes out once.' }),
          hearsReplies: Type.Boolean({ description: 'What people write back comes in, STOP among it.' }),
          health: Type.Enum(['up', 'down', 'trying'], {
            description:
              'As the answering node sees it. `down`: passed over while there is another; `trying`: a send may try it.',
          }),
          because: optionalText('Why it is not up.'),
          since: Type.Optional(Time),
        }),
        { description: 'In the order in which they are tried.' },
      ),
    }),
  ),
})
export const HealthAnswer = Type.Object({ status: Type.String() })
