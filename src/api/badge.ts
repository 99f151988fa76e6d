import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { clientOf } from './badge-client.ts'
import { isUnchanged } from './badge-etag.ts'
import { BadgeLimits, OpenPlaces } from './badge-limits.ts'
import { Origins } from './badge-origins.ts'
import { badgeScriptRoute } from './badge-script.ts'
import { BadgeTokens } from './badge-tokens.ts'
import { ApiError } from './errors.ts'
import { Bell, EventStream } from './event-stream.ts'
import { type Api, type ApiOptions, sendJson } from './house.ts'
import { ErrorShape } from './schemas.ts'

const PATH = '/helpers/msghist/:account/:consumerId/unreadByConsumer'
const STREAMS_PER_ADDRESS = 100 // an office behind one address; whoever comes then polls
const STREAMS_IN_ALL = 10_000
const STREAM_RETRY_SECONDS = 60
const BREATH_MS = 200 // ten messages at once are one change
const KEEP_ALIVES_PER_READING = 4 // a change that we were not told of is seen within a minute

const Params = Type.Object({
  account: Type.String({ description: 'The account of the chat platform.', examples: ['12345678'] }),
  consumerId: Type.String({ description: "The person's id there, percent-encoded, at most 512 characters." }),
})
const Query = Type.Object({
  count: Type.Optional(Type.String({ description: '`1` to be told how many, too.' })),
  token: Type.Optional(Type.String({ description: 'A token, where no header can be set.' })),
})
const Answer = Type.Object({
  unreadByConsumer: Type.Boolean({ description: 'Is anything unread? `false` also for who is not known.' }),
  count: Type.Optional(Type.Integer({ minimum: 0, description: 'How many messages, if asked for.' })),
})
type Question = { Params: Static<typeof Params>; Querystring: Record<string, unknown> }
type Asker = {
  consumer: string
  withCount: boolean
  source?: { subAccountId: string; source: string }
  endsAt?: number
}

/** Whether a visitor of a website has unread messages: once, as a stream, and the script that shows it on a page. */
export function badgeRoutes(app: Api, options: ApiOptions): void {
  const { badge, clock, sha256 } = options
  if (badge === undefined) return
  const { config, findSource, watch } = badge
  const { jwt, perMinute, proxies = 0 } = config
  const origins = new Origins(config.origins)
  const tokens = jwt === undefined ? undefined : new BadgeTokens(jwt, clock)
  const limits = new BadgeLimits(clock, perMinute)
  const places = new OpenPlaces(STREAMS_PER_ADDRESS, STREAMS_IN_ALL)
  const streams = new Set<EventStream>()
  let toldOfProxy = false

  badgeScriptRoute(app, { sha256 })
  app.addHook('preClose', async () => {
    for (const each of streams) each.close()
  })

  const noteProxy = (request: FastifyRequest) => {
    if (toldOfProxy || proxies > 0 || request.headers['x-forwarded-for'] === undefined) return
    toldOfProxy = true
    request.log.warn('the badge is asked through a proxy: set badge.proxies, or all visitors count as one')
  }

  /** Who may ask is told; others get 401, 403 or 429. Whether account or consumer exist makes no difference. */
  const admit = async (request: FastifyRequest<Question>, reply: FastifyReply): Promise<Asker> => {
    const { account, consumerId: consumer } = request.params
    const asker: Asker = { consumer, withCount: isOn(request.query.count) }
    if (tokens === undefined) {
      noteProxy(request)
      const fingerprint = sha256(`${account}\n${consumer}`).slice(0, 24)
      const seconds = limits.take(clientOf(request, proxies), fingerprint)
      if (seconds !== undefined) throw tooMany(reply, seconds)
    } else {
      asker.endsAt = await tokens.check(tokenOf(request), consumer)
    }
    // No platform has such an id, and PostgreSQL no such text.
    const source = consumer.includes('\0') ? undefined : findSource(account)
    return source === undefined ? asker : { ...asker, source }
  }

  const read = async ({ source, consumer, withCount }: Asker): Promise<Static<typeof Answer>> => {
    const count = source === undefined ? 0 : await watch.unread(source.subAccountId, source.source, consumer)
    return { unreadByConsumer: count > 0, ...(withCount && { count }) }
  }

  const common = { tags: ['Watching'], security: [], params: Params, querystring: Query }
  const refusals = { 401: ErrorShape, 403: ErrorShape, 429: ErrorShape }

  app.register(async (scope) => {
    // Before all else, so that the page can read a refusal as well.
    scope.addHook('onRequest', async (request, reply) => origins.admit(request, reply))

    for (const url of [PATH, `${PATH}/stream`]) {
      scope.options(url, { schema: { hide: true } }, async (_request, reply) => origins.answerPreflight(reply))
    }

    scope.get<Question>(
      PATH,
      {
        schema: {
          ...common,
          summary: 'Has a consumer unread messages?',
          description:
            'For badges on web pages. Where tokens are set up, give a JWT whose `sub` is the consumer, as bearer or as `token`.',
          response: { 200: Answer, ...refusals },
        },
      },
      async (request, reply) => {
        const answer = await read(await admit(request, reply))
        const etag = `"${answer.count ?? answer.unreadByConsumer}"`
        // It may be kept, but must be asked about each time.
        reply.header('cache-control', 'private, no-cache').header('etag', etag)
        return isUnchanged(request.headers, etag) ? reply.code(304).send() : sendJson(reply, JSON.stringify(answer))
      },
    )

    scope.get<Question>(
      `${PATH}/stream`,
      {
        exposeHeadRoute: false,
        schema: {
          ...common,
          summary: 'Follow whether a consumer has unread messages',
          description: 'Server-sent events: `unread` with the same object, at once and after each change.',
          produces: ['text/event-stream'],
          response: { 200: Type.String({ description: 'Server-sent events.' }), ...refusals },
        },
      },
      async (request, reply) => {
        const asker = await admit(request, reply)
        const leave = places.take(clientOf(request, proxies))
        if (leave === undefined) throw tooMany(reply, STREAM_RETRY_SECONDS)
        await follow(request, reply, asker).finally(leave)
      },
    )
  })

  const follow = async (request: FastifyRequest, reply: FastifyReply, asker: Asker): Promise<void> => {
    const { source, consumer, endsAt = Infinity } = asker
    const bell = new Bell()
    // Before the first reading, so that nothing falls between the two.
    const stopWatching = source && watch.onUnread(source.subAccountId, source.source, consumer, () => bell.ring())
    reply.hijack()
    const events = new EventStream(reply.raw, clock, headersOf(reply))
    streams.add(events)
    events.over.addEventListener('abort', () => bell.ring(), { once: true })

    const tellChanges = async () => {
      let told = ''
      while (!events.over.aborted) {
        const answer = await read(asker)
        const text = JSON.stringify(answer)
        if (text !== told) await events.send('unread', answer)
        told = text
        await clock.sleepUntil(clock.now() + BREATH_MS, events.over)
        await bell.wait()
      }
    }
    let keepAlives = 0
    const stayAlive = async () => {
      if (++keepAlives % KEEP_ALIVES_PER_READING === 0) bell.ring()
      return true
    }
    const endInTime = async () => {
      await clock.sleepUntil(endsAt, events.over)
      events.close()
    }
    try {
      await Promise.all([tellChanges(), events.keepAlive(stayAlive), endInTime()])
    } catch (error) {
      request.log.error({ error: error instanceof Error ? error.message : 'unknown' }, 'badge stream failed')
    } finally {
      stopWatching?.()
      events.close()
      streams.delete(events)
    }
  }
}

function tooMany(reply: FastifyReply, seconds: number): ApiError {
  reply.header('retry-after', seconds)
  return new ApiError(429, '', `too many requests from this address; try again in ${seconds} s`)
}

/** The header wins; an EventSource can set none. */
function tokenOf({ headers, query }: FastifyRequest<Question>): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  return bearer ?? (typeof query.token === 'string' && query.token !== '' ? query.token : undefined)
}

function isOn(value: unknown): boolean {
  return typeof value === 'string' && value !== '0' && value !== 'false'
}

/** What hooks have set so far, for a reply that we write ourselves. */
function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]))
}
