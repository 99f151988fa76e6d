import type { IncomingHttpHeaders } from 'node:http'
import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import type { TSchema } from 'typebox'
import { Gate } from './auth.ts'
import { badgeRoutes } from './badge.ts'
import { callbackRoutes } from './callbacks.ts'
import { cancelRoutes } from './cancel.ts'
import { channelRoutes } from './channels.ts'
import { contactRoutes } from './contacts.ts'
import { DefaultSequences } from './default-sequences.ts'
import { ApiError, type ErrorBody } from './errors.ts'
import { eventRoutes } from './events.ts'
import { healthRoutes } from './health.ts'
import type { Api, ApiOptions } from './house.ts'
import { iso } from './iso.ts'
import { judge } from './judge.ts'
import { messageDetailsRoutes } from './message-details.ts'
import { openApi } from './open-api.ts'
import { endOpenConnections } from './open-connections.ts'
import { readJson } from './read-json.ts'
import { referencePageRoutes } from './reference-page.ts'
import { reminderRoutes } from './reminders.ts'
import { sendRoutes } from './send.ts'
import { sequenceRoutes } from './sequence.ts'
import { sourceEventRoutes } from './source-events.ts'
import { sourceWebhookRoutes } from './source-webhooks.ts'
import { sourceRoutes } from './sources.ts'
import { suppressionRoutes } from './suppressions.ts'
import { timelineRoutes } from './timeline.ts'
import { webhookRoutes } from './webhooks.ts'

const BODY_BYTES = 1024 * 1024
const MAX_MESSAGE = 2_000 // an error may name many problems, but it is for people

/** The HTTP server, not yet listening. `close` ends event streams and lets requests under way finish. */
export function buildApi(options: ApiOptions): FastifyInstance {
  const { accounts, clock, newId, sha256, logger, plugins = [], subAccountSequence } = options
  const gate = new Gate(accounts, clock, sha256)
  const defaults = new DefaultSequences(accounts, clock, subAccountSequence)
  const answerError = errorAnswers(options)
  const app: Api = fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    // Fastify's own lines carry the URL, and with the sandbox's routes the address of a person.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    requestIdHeader: false,
    genReqId: requestIds(newId()),
    frameworkErrors: answerError,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: 512 },
  }).withTypeProvider<TypeBoxTypeProvider>()

  endOpenConnections(app as unknown as FastifyInstance)
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(({ method }) => {
    throw new ApiError(1300, '', `no such route for ${method}; GET /docs lists all`)
  })
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    // Path and query parameters are texts that each handler reads; only bodies have a shape to judge.
    if (httpPart !== 'body') return () => true
    const check = judge(schema)
    return (data) => ({ value: check(data) })
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    try {
      done(null, readJson(body))
    } catch (error) {
      done(error as Error)
    }
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('cache-control', 'no-store')
    done()
  })

  app.register(swagger, openApi)
  app.register(async (scope) => {
    const api = scope.withTypeProvider<TypeBoxTypeProvider>()
    healthRoutes(api, options)
    referencePageRoutes(api)
  })
  app.register(
    async (scope) => {
      const api = scope.withTypeProvider<TypeBoxTypeProvider>()
      // Before the body is read: who may not do it need not be heard out.
      api.addHook('onRequest', (request) => gate.admit(request))
      sendRoutes(api, options, defaults)
      messageDetailsRoutes(api, options)
      timelineRoutes(api, options)
      eventRoutes(api, options, gate)
      cancelRoutes(api, options)
      sequenceRoutes(api, options, defaults)
      webhookRoutes(api, options, gate)
      channelRoutes(api, options, gate)
      reminderRoutes(api, options)
      sourceEventRoutes(api, options)
      sourceRoutes(api, options)
      contactRoutes(api, options)
      suppressionRoutes(api, options)
    },
    { prefix: '/api/v1' },
  )
  app.register(async (scope) => callbackRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), options))
  app.register(async (scope) => sourceWebhookRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), options))
  app.register(async (scope) => badgeRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), options))
  for (const plugin of plugins) app.register(async (scope) => plugin(scope))
  return app as unknown as FastifyInstance
}

/** The caller's own id, else a number under an id of this run: a whole new one for each request would cost too much. */
function requestIds(run: string): (request: { headers: IncomingHttpHeaders }) => string {
  let count = 0
  return ({ headers }) => takenOver(headers['x-request-id']) ?? `${run}.${++count}`
}

/** A caller's own id for his request, if it is fit for a header and a log line. */
function takenOver(id: string | string[] | undefined): string | undefined {
  return typeof id === 'string' && /^[\w.:/+=@-]{1,100}$/.test(id) ? id : undefined
}

/** Turns whatever was thrown into the one shape of error. Logs ids and codes; an ApiError's words are for its caller alone. */
function errorAnswers({ clock, newId }: ApiOptions) {
  return (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void => {
    const known = error instanceof ApiError ? error : translate(error)
    const errorId = newId()
    const facts = { errorId, route: request.routeOptions.url, method: request.method }
    if (known === undefined) request.log.error({ ...facts, error: describe(error) }, 'request failed')
    else request.log.debug({ ...facts, code: known.code, status: known.status }, 'request refused')
    const { code, message, status } = known ?? new ApiError(2000, '', `internal error; our log knows it as ${errorId}`)
    const body: ErrorBody = { code, message: message.slice(0, MAX_MESSAGE), errorId, timestamp: iso(clock.now()) }
    reply.header('x-request-id', request.id)
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body))
  }
}

/** What Fastify and plugins throw for a mistake of the caller; undefined for a mistake of ours. */
function translate(error: FastifyError | Error): ApiError | undefined {
  const { code, statusCode } = error as FastifyError
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError(
        7001,
        'body',
        'is too large; a message may have 1 MB, a callback or a webhook 5 MB, a batch or a list 20 MB',
      )
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError(1000, 'Content-Type', 'must be application/json', 415)
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ApiError(1000, '', 'an id in the path has more than 512 characters', 414)
    case 'FST_ERR_BAD_URL':
      return new ApiError(1000, '', 'the path of the URL is not well-formed')
  }
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined
  return new ApiError(statusCode === 404 ? 1300 : statusCode === 409 ? 409 : 1000, '', error.message, statusCode)
}

/** An error for the log: no fields beside the message, as databases put values of rows there. */
function describe(error: Error): object {
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return { name: error.name, message: error.message.slice(0, 500), stack: frames?.slice(0, 15).join('\n') }
}
