import { Type } from 'typebox'
import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'
import { answerRaw, rawRequest, takeBytes } from './raw-request.ts'
import { ErrorShape } from './schemas.ts'

const WEBHOOK_BYTES = 5 * 1024 * 1024 // platforms put many events into one request

const Params = Type.Object({ sourceId: Type.String({ description: 'As the source is named in the configuration.' }) })

/** Where chat platforms tell what happens: the raw bytes go to their source, which alone knows whom to believe. */
export async function sourceWebhookRoutes(app: Api, { watch }: ApiOptions): Promise<void> {
  takeBytes(app)
  const common = {
    tags: ['Watching'],
    security: [],
    params: Params,
    response: {
      200: Type.Any({ description: 'The events are stored; or what the platform wants to hear.' }),
      ...Object.fromEntries([400, 401, 404, 413].map((status) => [status, ErrorShape])),
    },
  }
  const routes = [
    {
      method: 'POST',
      summary: 'Webhook of a chat platform',
      description: "The platform's own bodies and signatures, answered once the events are stored.",
    },
    {
      method: 'GET',
      summary: 'Handshake of a chat platform',
      description: 'Answers the challenge by which a platform makes sure of the address.',
    },
  ] as const
  for (const { method, ...words } of routes) {
    app.route<{ Params: { sourceId: string } }>({
      method,
      url: '/sources/:sourceId',
      exposeHeadRoute: false,
      bodyLimit: WEBHOOK_BYTES,
      schema: { ...common, ...words },
      handler: async (request, reply) => {
        const result = await watch.receive(request.params.sourceId, rawRequest(request))
        if (result === undefined) throw new ApiError(1300, '', 'no such source')
        return answerRaw(reply, result, 'webhook')
      },
    })
  }
}
