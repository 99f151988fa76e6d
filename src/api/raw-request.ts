import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CallbackResult, RawRequest } from '../engine/ports/channel.ts'
import type { SourceResult } from '../engine/ports/source.ts'
import { ApiError } from './errors.ts'
import type { Api } from './house.ts'

/** Takes bodies of any type as they are, for signatures cover bytes. */
export function takeBytes(app: Api): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

/** A request as it came, for whoever alone knows whom to believe. */
export function rawRequest({ raw, body }: FastifyRequest): RawRequest {
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

/** The answer to a request that has been taken in, or not. `what` it is, as its sender calls it. */
export function answerRaw(reply: FastifyReply, result: CallbackResult | SourceResult, what: string): FastifyReply {
  switch (result.kind) {
    case 'receipts':
    case 'events':
      return reply.send({})
    case 'reply':
      return reply
        .code(result.status)
        .type(result.contentType ?? 'text/plain; charset=utf-8')
        .send(result.body)
    case 'refused':
      throw new ApiError(1200, '', `${what} refused: ${result.detail}`)
    case 'unreadable':
      throw new ApiError(1000, 'body', result.detail)
  }
}
