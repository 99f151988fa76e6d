import { Type } from 'typebox'
import type { SourceView } from '../engine/watch-api.ts'
import type { Api, ApiOptions } from './house.ts'
import { ifIso, iso } from './iso.ts'
import { answers, SubAccountParams } from './schemas.ts'

const DOINGS = ['webhook', 'poll', 'asking'] as const
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
          description: '`asking`: right before a notice, what is still unread and where the person can be reached.',
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

/** How the sources of a subaccount are doing, as the node that answers has seen it since it started. */
export function sourceRoutes(app: Api, { watch }: ApiOptions): void {
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
