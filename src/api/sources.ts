import { Type } from 'typebox'
import type { SourceView } from '../engine/watch-api.ts'
import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'
import { ifIso, iso } from './iso.ts'
import { answers, SubAccountParams } from './schemas.ts'

const DOINGS = ['webhook', 'poll', 'asking', 'directory'] as const
const Moment = Type.Optional(Type.String({ format: 'date-time' }))
const Count = Type.Integer({ minimum: 0 })
const SourceAnswer = Type.Object({
  id: Type.String(),
  platform: Type.String({ description: 'The chat platform; `events` for your own chat.' }),
  state: Type.Enum(['working', 'quiet', 'in-trouble'], {
    description: '`quiet`: nothing has come yet. `in-trouble`: something goes wrong at present.',
  }),
  isPolled: Type.Boolean({ description: 'It is asked; else it tells by itself.' }),
  takesWebhooks: Type.Boolean(),
  events: Count,
  repeated: Type.Integer({ description: 'Events that had come before.' }),
  ignored: Type.Integer({ description: 'Events that were understood and are of no use.' }),
  withoutRule: Type.Integer({ description: 'Unread messages that no reminder rule watches.' }),
  refused: Type.Integer({ description: 'Requests that were not signed as they should be.' }),
  unreadable: Type.Integer({ description: 'Requests from the platform in a shape that is not read.' }),
  lastEventAt: Moment,
  lastPollAt: Moment,
  nextPollAt: Moment,
  trouble: Type.Optional(
    Type.Object(
      {
        doing: Type.Enum([...DOINGS], {
          description: '`asking`, `directory`: right before a notice, of the platform and of the user database.',
        }),
        what: Type.String(),
        detail: Type.String(),
        at: Type.String({ format: 'date-time' }),
        since: Type.String({ format: 'date-time' }),
        times: Count,
      },
      { description: 'What went wrong last, until it goes well again.' },
    ),
  ),
})

const PersonParams = Type.Object({
  ...SubAccountParams.properties,
  source: Type.String({ description: 'Name of the source; `events` for your own chat.' }),
  person: Type.String({ description: "The person's id there, percent-encoded." }),
})
const PersonAnswer = Type.Object({
  person: Type.String(),
  conversations: Type.Array(
    Type.Object({
      conversation: Type.String(),
      unread: Type.Integer({ minimum: 0, description: 'Messages that are not known to be read; 100 at most.' }),
      reminders: Type.Array(
        Type.Object({
          umid: Type.String(),
          rule: Type.String(),
          state: Type.String({ description: '`live`, or the outcome.' }),
          at: Type.String({ format: 'date-time', description: 'When it began.' }),
        }),
        { description: 'The latest of each rule, and those that are live.' },
      ),
    }),
    { description: 'Up to 100, those with unread messages first.' },
  ),
})

/** How the sources of a subaccount are doing, as the node that answers has seen it since it started. */
export function sourceRoutes(app: Api, { watch, messages }: ApiOptions): void {
  app.get(
    '/subaccounts/:subAccountId/sources',
    {
      schema: {
        summary: 'See how sources are doing',
        description: 'The chat platforms that are watched, with what came from them since this node started.',
        tags: ['Watching'],
        security: [{ apiKey: [] }],
        params: SubAccountParams,
        response: answers(Type.Object({ sources: Type.Array(SourceAnswer) })),
      },
    },
    async ({ params: { subAccountId } }) => ({ sources: watch.sources(subAccountId).map(show) }),
  )

  app.get(
    '/subaccounts/:subAccountId/sources/:source/people/:person',
    {
      schema: {
        summary: 'See what a person has not read',
        description: 'In which conversations, and which reminders there are or were. Their timelines tell why.',
        tags: ['Watching'],
        security: [{ apiKey: [] }],
        params: PersonParams,
        response: answers(PersonAnswer),
      },
    },
    async ({ params: { subAccountId, source, person } }) => {
      // PostgreSQL has no such text, and no platform such an id.
      if (`${source}${person}`.includes('\0')) throw new ApiError(1000, 'person', 'must have no NUL character')
      const found = await watch.person(subAccountId, source, person)
      const conversations = await Promise.all(
        found.map(async ({ conversation, unread, streaks }) => {
          const named = Object.entries(streaks).flatMap(([rule, umids]) => umids.map((umid) => ({ rule, umid })))
          const reminders = await Promise.all(
            named.map(async ({ rule, umid }) => {
              const record = await messages.find(umid)
              if (record === undefined) return []
              return [{ umid, rule, state: record.message.progress.state, at: iso(record.envelope.acceptedAt) }]
            }),
          )
          return { conversation, unread, reminders: reminders.flat() }
        }),
      )
      return { person, conversations }
    },
  )
}

function show({ health, ...source }: SourceView) {
  const { troubles, lastEventAt, lastPollAt, nextPollAt, ...counts } = health
  const present = DOINGS.flatMap((doing) => {
    const trouble = troubles[doing]
    return trouble === undefined ? [] : [{ doing, ...trouble }]
  })
  const latest = present.sort((a, b) => b.at - a.at)[0]
  const trouble = latest && { ...latest, at: iso(latest.at), since: iso(latest.since) }
  const isSilent = lastEventAt === undefined && lastPollAt === undefined
  const state = trouble !== undefined ? ('in-trouble' as const) : isSilent ? ('quiet' as const) : ('working' as const)
  return {
    ...source,
    state,
    ...counts,
    ...ifIso('lastEventAt', lastEventAt),
    ...ifIso('lastPollAt', lastPollAt),
    ...ifIso('nextPollAt', nextPollAt),
    ...(trouble && { trouble }),
  }
}
