import type { FastifyRequest } from 'fastify'
import type { RawRequest } from '../engine/ports/channel.ts'
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
