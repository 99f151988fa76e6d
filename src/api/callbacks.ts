import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CallbackResult, RawRequest } from '../engine/ports/channel.ts'
import { ApiError } from './errors.ts'
import type { Api, ApiOptions } from './house.ts'

const CALLBACK_BYTES = 5 * 1024 * 1024 // providers send receipts in lists, mail servers whole mails

/** Where providers report: the raw bytes go to the connection that they are for, which alone knows whom to believe. */
export async function callbackRoutes(app: Api, { engine }: ApiOptions): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

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

function rawRequest({ raw, body }: FastifyRequest): RawRequest {
  const headers = Object.entries(raw.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ])
  return {
    method: raw.method ?? 'POST',
    url: raw.url ?? '/',
    headers: Object.fromEntries(headers),
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
  }
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
