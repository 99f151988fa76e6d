import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'
import { answerRaw, rawRequest, takeBytes } from './raw-request.ts'

const CALLBACK_BYTES = 5 * 1024 * 1024 // providers send receipts in lists, mail servers whole mails

/** Where providers report: the raw bytes go to the connection that they are for, which alone knows whom to believe. */
export async function callbackRoutes(app: Api, { engine }: ApiOptions): Promise<void> {
  takeBytes(app)

  app.route<{ Params: { connectionId: string } }>({
    method: ['GET', 'POST'],
    url: '/callbacks/:connectionId',
    bodyLimit: CALLBACK_BYTES,
    schema: { hide: true },
    handler: async (request, reply) => {
      const result = await engine.receive(request.params.connectionId, rawRequest(request))
      if (result === undefined) throw new ApiError(1300, '', 'no such connection')
      return answerRaw(reply, result, 'callback')
    },
  })
}
