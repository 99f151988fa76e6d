import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from './errors.ts'

const PREFLIGHT_SECONDS = 7200 // the longest that browsers remember

/**
 * Lets pages of the given origins read what the badge answers, and refuses those of others. A request without `Origin` is
 * of a page of our own origin, or of no page.
 */
export class Origins {
  readonly #all: boolean
  readonly #allowed: ReadonlySet<string>

  constructor(origins: readonly string[]) {
    this.#all = origins.includes('*')
    this.#allowed = new Set(origins.map((origin) => origin.replace(/\/$/, '').toLowerCase()))
  }

  /** Answers refusals too with these headers, or a page could not see why. */
  admit({ headers }: FastifyRequest, reply: FastifyReply): void {
    reply.header('vary', 'Origin')
    const { origin } = headers
    if (origin === undefined) return
    if (!this.#all && !this.#allowed.has(origin.toLowerCase())) {
      throw new ApiError(1201, 'Origin', 'pages of this origin may not ask; badge.origins lists those that may')
    }
    reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', 'etag, retry-after')
  }

  answerPreflight(reply: FastifyReply): FastifyReply {
    return reply
      .code(204)
      .header('access-control-allow-methods', 'GET, HEAD')
      .header('access-control-allow-headers', 'authorization, if-none-match, last-event-id, cache-control')
      .header('access-control-max-age', PREFLIGHT_SECONDS)
      .send()
  }
}
