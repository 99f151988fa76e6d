import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Gate } from './auth.ts'
import { ApiError } from './errors.ts'
import { Bell, EventStream } from './event-stream.ts'
import { type Api, type ApiOptions, findMessage } from './house.ts'
import { ErrorShape, MessageParams, SubAccountParams } from './schemas.ts'
import { entriesView, outcomeView } from './timeline-view.ts'

const MAX_BEHIND = 10_000 // messages with news that a reader of a whole subaccount has not taken yet
const MAX_REMEMBERED = 10_000 // messages whose last version sent is known, so that nothing is told twice

const stream = {
  200: Type.String({ description: 'Server-sent events.' }),
  401: ErrorShape,
  403: ErrorShape,
}

export function eventRoutes(app: Api, { engine, messages, clock }: ApiOptions, gate: Gate): void {
  const streams = new Set<EventStream>()
  app.addHook('preClose', async () => {
    for (const each of streams) each.close()
  })

  /** Opens a stream and lets `run` feed it until it is over. */
  const open = async (
    request: FastifyRequest,
    reply: FastifyReply,
    run: (events: EventStream) => Promise<void>,
    bell: Bell,
  ) => {
    reply.hijack()
    const events = new EventStream(reply.raw, clock, { 'x-request-id': request.id })
    streams.add(events)
    events.over.addEventListener('abort', () => bell.ring(), { once: true })
    const stillAdmitted = async () => {
      // Another node may have worked on a message without a ping to this one.
      bell.ring()
      return gate.admit(request).then(
        () => true,
        () => false,
      )
    }
    try {
      await Promise.all([run(events), events.keepAlive(stillAdmitted)])
    } catch (error) {
      request.log.error({ error: error instanceof Error ? error.message : 'unknown' }, 'event stream failed')
    } finally {
      events.close()
      streams.delete(events)
    }
  }

  app.get(
    '/subaccounts/:subAccountId/messages/:umid/events',
    {
      schema: {
        summary: 'Events of a message',
        description:
          'Server-sent events: `timeline` with `{umid, version, state, entries}`, from the beginning or after `Last-Event-ID`; ' +
          '`ended` with `{umid, outcome}` once. The stream stays open for late receipts.',
        tags: ['Following'],
        security: [{ apiKey: [] }],
        params: MessageParams,
        produces: ['text/event-stream'],
        response: { ...stream, 404: ErrorShape },
      },
    },
    async (request, reply) => {
      const { subAccountId } = request.params
      const { umid } = (await findMessage(messages, subAccountId, request.params.umid)).envelope
      let version = lastEventId(request)
      let ended = false
      const bell = new Bell()
      // Before the first reading, so that nothing falls between the two.
      const stop = engine.feed.on((ping) => {
        if (ping.umid === umid) bell.ring()
      })
      const run = async (events: EventStream) => {
        while (!events.over.aborted) {
          const pages = await messages.timeline(umid, version)
          const { message } = await findMessage(messages, subAccountId, umid)
          for (const page of pages) {
            const { state } = message.progress
            const entries = entriesView(page, message.sequence)
            await events.send('timeline', { umid, version: page.version, state, entries }, page.version)
            version = page.version
          }
          const outcome = outcomeView(message)
          if (outcome !== null && !ended) {
            ended = true
            await events.send('ended', { umid, outcome })
          }
          await bell.wait()
        }
      }
      await open(request, reply, run, bell).finally(stop)
    },
  )

  app.get(
    '/subaccounts/:subAccountId/events',
    {
      schema: {
        summary: 'Events of a subaccount',
        description:
          'Server-sent events: `timeline` of all messages of the subaccount, from now on. A reader who falls far behind is ' +
          'disconnected; what he missed is on the timelines.',
        tags: ['Following'],
        security: [{ apiKey: [] }],
        params: SubAccountParams,
        produces: ['text/event-stream'],
        response: stream,
      },
    },
    async (request, reply) => {
      const { subAccountId } = request.params
      const news = new News()
      const bell = new Bell()
      let overflow = () => {}
      const stop = engine.feed.on((ping) => {
        if (ping.subAccountId !== subAccountId) return
        if (news.add(ping.umid, ping.version) > MAX_BEHIND) overflow()
        bell.ring()
      })
      const run = async (events: EventStream) => {
        overflow = () => events.close()
        while (!events.over.aborted) {
          for (const [umid, from] of news.take()) {
            const pages = await messages.timeline(umid, from - 1)
            const record = await messages.find(umid)
            if (record === undefined || events.over.aborted) continue
            const { sequence, progress } = record.message
            for (const page of pages) {
              const entries = entriesView(page, sequence)
              await events.send('timeline', { umid, version: page.version, state: progress.state, entries })
              news.told(umid, page.version)
            }
          }
          await bell.wait()
        }
      }
      await open(request, reply, run, bell).finally(stop)
    },
  )
}

/** Which messages have versions that a reader was not told of. Several pings of one message are one piece of news. */
class News {
  readonly #from = new Map<string, number>()
  readonly #told = new Map<string, number>()

  /** Answers how much there is to tell. */
  add(umid: string, version: number): number {
    const from = this.#from.get(umid)
    if (from === undefined) this.#from.set(umid, version)
    else if (version < from) this.#from.set(umid, version)
    return this.#from.size
  }

  *take(): Generator<[umid: string, from: number]> {
    for (const [umid, from] of this.#from) {
      this.#from.delete(umid)
      // A reading may already have told what a ping announces afterwards.
      const told = this.#told.get(umid) ?? 0
      yield [umid, Math.max(from, told + 1)]
    }
  }

  told(umid: string, version: number): void {
    this.#told.delete(umid)
    this.#told.set(umid, version)
    const oldest = this.#told.size > MAX_REMEMBERED ? this.#told.keys().next() : undefined
    if (oldest?.done === false) this.#told.delete(oldest.value)
  }
}

function lastEventId(request: FastifyRequest): number {
  const given = request.headers['last-event-id']
  if (given === undefined || given === '') return 0
  if (typeof given === 'string' && /^\d{1,9}$/.test(given)) return Number(given)
  throw new ApiError(1000, 'Last-Event-ID', 'must be the id of an event of this stream, a whole number')
}
