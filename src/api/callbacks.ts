import type { FastifyReply } from 'fastify'
import type { CallbackResult } from '../engine/ports/channel.ts'
import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'
import { rawRequest, takeBytes } from './raw-request.ts'

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
      return answer(reply, result)
    },
  })
}

function answer(reply: FastifyReply, result: CallbackResult): FastifyReply {
  switch (result.kind) {
    case 'receipts':
      return reply.send({})
    case 'reply':
      return reply
        .code(result.status)
        .type(result.contentType ?? 'text/plain; charset=utf-8')
        .send(result.body)
    case 'refused':
      throw new ApiError(1200, '', `callback refused: ${result.detail}`)
    case 'unreadable':
      throw new ApiError(1000, 'body', result.detail)
  }
}
