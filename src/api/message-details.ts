import { detailsView } from './details-view.ts'
import { type Api, type ApiOptions, findMessage } from './house.ts'
import { answers, DetailsAnswer, MessageParams } from './schemas.ts'

export function messageDetailsRoutes(app: Api, { messages }: ApiOptions): void {
  app.get(
    '/subaccounts/:subAccountId/messages/:umid',
    {
      schema: {
        summary: 'Message details',
        description: 'The status of each step so far. Addresses and content are masked.',
        tags: ['Following'],
        security: [{ apiKey: [] }],
        params: MessageParams,
        response: answers(DetailsAnswer, 404),
      },
    },
    async ({ params }) => detailsView(await findMessage(messages, params.subAccountId, params.umid)),
  )
}
