import type { Static } from 'typebox'
import { type Api, type ApiOptions, findMessage } from './house.ts'
import { answers, MessageParams, TimelineAnswer } from './schemas.ts'
import { timelineView } from './timeline-view.ts'

export function timelineRoutes(app: Api, { messages, clock }: ApiOptions): void {
  app.get(
    '/subaccounts/:subAccountId/messages/:umid/timeline',
    {
      schema: {
        summary: 'Timeline',
        description: 'Where the message stands, what was decided and why, and the next planned moment.',
        tags: ['Following'],
        security: [{ apiKey: [] }],
        params: MessageParams,
        response: answers(TimelineAnswer, 404),
      },
    },
    async ({ params }): Promise<Static<typeof TimelineAnswer>> => {
      const record = await findMessage(messages, params.subAccountId, params.umid)
      const pages = await messages.timeline(record.envelope.umid)
      // What was decided after the record was read would tell of a state that the rest does not show yet.
      const seen = pages.filter((page) => page.version <= record.version)
      return timelineView(record, seen, clock.now())
    },
  )
}
