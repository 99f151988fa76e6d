import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify'
import type { Clock } from '../../engine/ports/clock.ts'
import { isObject, readFault } from './fields.ts'
import { type ChannelSettings, readHandsetSettings } from './handset-settings.ts'
import { handsetView, messageView, summary } from './handset-view.ts'
import { Network } from './network.ts'
import type { Happening } from './phones.ts'
import { readSend, SandboxError } from './provider-api.ts'

/**
 * Simulated handsets behind a provider's HTTP API, and what people use to play with them. It speaks with the service over
 * HTTP only, so it may as well run in another process and outlive the service.
 *
 *   POST   /provider/messages                                     the provider's API: signed, answers 200, 422, 429
 *   PUT    /handsets/{address}                                    how a handset behaves, per channel
 *   GET    /handsets/{address}                                    that, and what arrived on it
 *   GET    /handsets                                              all handsets that were used
 *   DELETE /handsets/{address}                                    forget settings and messages
 *   POST   /handsets/{address}/messages/{umid}/{step}/{deliver|read|fail}
 *   POST   /clock                                                 move the service's clock
 */
export type SandboxOptions = {
  clock: Clock
  /** Signs both directions: the same `whsec_…` as in the connection that calls. */
  secret: string
  newId: () => string
  /** Moves the service's clock by so many milliseconds. Absent: the clock cannot be moved here. */
  advance?: (ms: number) => Promise<void>
}

export type SandboxServer = {
  /** To be registered under a prefix; stops everything when its Fastify closes. */
  plugin: FastifyPluginAsync
  /** Resolves when no call to or from the handsets is under way and nothing is due; waiting for the clock does not count. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export function sandboxServer(options: SandboxOptions): SandboxServer {
  const network = new Network(options.clock, options.secret)
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= network.stop()
    return stopped
  }
  const plugin: FastifyPluginAsync = async (app) => {
    app.addHook('preClose', stop) // before the server waits for its last requests: one may wait for an early callback
    // Not a part of the product's API: its description is the same whether the sandbox is on or off.
    app.addHook('onRoute', (route) => {
      route.schema = { ...route.schema, hide: true }
    })
    app.register(async (scope) => providerRoutes(scope, network, options, () => stopped !== undefined))
    app.register(async (scope) => {
      acceptAnyJson(scope)
      handsetRoutes(scope, network)
      clockRoute(scope, options)
    })
  }
  return { plugin, idle: () => network.idle(), stop }
}

function providerRoutes(app: FastifyInstance, network: Network, options: SandboxOptions, isStopped: () => boolean) {
  // Signatures cover bytes, so this part of the server reads the body as it came.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.post('/provider/messages', { bodyLimit: MAX_SEND_BYTES }, async (request, reply) => {
    if (isStopped()) return reply.code(503).header('retry-after', '1').send({ reason: 'the sandbox is stopping' })
    const send = readSend(request.headers, request.body, options.secret)
    const settings = network.phones.settingsFor(send.address, send.channel)
    if (settings.answer === 'busy') {
      return reply.code(429).header('retry-after', '1').send({ reason: 'too many requests' })
    }
    if (settings.reject !== undefined) {
      const { message: reason, code } = settings.reject
      return reply.code(422).send({ reason, ...(code !== undefined && { code }) })
    }
    const message = network.take({ id: options.newId(), ...send })
    const answered = Promise.withResolvers<void>()
    reply.raw.once('close', answered.resolve)
    network.track(answered.promise)
    if (settings.callbacks.early) await network.start(message)
    else network.track(answered.promise.then(() => network.start(message)))
    return answer(reply, settings, message.id)
  })
}

const MAX_SEND_BYTES = 2 * 1024 * 1024 // more than the service takes in for one message

/** The message has been taken by now; what differs is what the service gets to know of that. */
function answer(reply: FastifyReply, settings: ChannelSettings, id: string) {
  if (settings.answer === 'accept') return reply.send({ id })
  if (settings.answer === 'error') return reply.code(500).send({ reason: 'something went wrong' })
  reply.hijack()
  reply.raw.destroy()
  return reply
}

function handsetRoutes(app: FastifyInstance, network: Network) {
  const { phones } = network

  app.get('/handsets', async () => summary(phones.list()))

  app.get<OfHandset>('/handsets/:address', async ({ params }) => handsetView(phones.look(params.address)))

  app.put<OfHandset>('/handsets/:address', async ({ params, body }) => {
    const read = readHandsetSettings(body)
    if ('problems' in read) throw new SandboxError(400, read.problems.join('; '))
    return handsetView(phones.configure(params.address, read.settings))
  })

  app.delete<OfHandset>('/handsets/:address', async ({ params }, reply) => {
    phones.reset(params.address)
    return reply.code(204).send()
  })

  app.post<OfMessage>('/handsets/:address/messages/:umid/:step/:action', async ({ params, body }) => {
    const happening = ACTIONS.get(params.action)
    if (happening === undefined) {
      throw new SandboxError(
        404,
        `a person cannot ${params.action} a message here; use ${[...ACTIONS.keys()].join(', ')}`,
      )
    }
    const message = phones.find(params.address, params.umid, Number(params.step))
    if (message === undefined) throw new SandboxError(404, 'no such message and step has arrived on this handset')
    const fault = happening === 'failed' ? readFault(body ?? true, 'failed by hand') : undefined
    if (typeof fault === 'string') throw new SandboxError(400, `body: ${fault}`)
    const reported = network.act(message, happening, fault).map(({ status }) => status)
    return { ...messageView(message), reported }
  })
}

type OfHandset = { Params: { address: string } }
type OfMessage = { Params: { address: string; umid: string; step: string; action: string } }

const ACTIONS: ReadonlyMap<string, Happening> = new Map([
  ['deliver', 'delivered'],
  ['read', 'read'],
  ['fail', 'failed'],
])

const LONGEST_ADVANCE_SECONDS = 31 * 86_400

function clockRoute(app: FastifyInstance, { clock, advance }: SandboxOptions) {
  // One after the other: two at once would each measure from the same moment.
  let last: Promise<unknown> = Promise.resolve()
  app.post('/clock', async ({ body }) => {
    if (advance === undefined) throw new SandboxError(409, 'this clock cannot be moved: it is the time of the machine')
    const seconds = isObject(body) ? body.advance : undefined
    if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= LONGEST_ADVANCE_SECONDS)) {
      const range = `seconds above 0 and up to ${LONGEST_ADVANCE_SECONDS} (31 days)`
      throw new SandboxError(400, `advance: must be ${range}, such as {"advance":60}`)
    }
    const moved = last.then(() => advance(Math.max(1, Math.round(seconds * 1000))))
    last = moved.catch(() => {})
    await moved
    return { now: new Date(clock.now()).toISOString() }
  })
}

/** Whoever types a quick `curl -d` means JSON, whatever content type curl puts beside it. */
function acceptAnyJson(app: FastifyInstance) {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    const text = body.toString()
    if (text.trim() === '') return done(null, undefined)
    try {
      done(null, JSON.parse(text))
    } catch {
      done(new SandboxError(400, 'body: is not JSON'))
    }
  })
}
