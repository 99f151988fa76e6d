import { setImmediate } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { acceptMessage } from '../domain/message.ts'
import type { Intake, NewMessage } from '../engine/ports/message-store.ts'
import { canonicalJson } from './canonical-json.ts'
import type { DefaultSequences } from './default-sequences.ts'
import { ApiError } from './errors.ts'
import { type Api, type ApiOptions, sendJson } from './house.ts'
import { iso } from './iso.ts'
import { judge } from './judge.ts'
import { BatchShape, SendShape } from './message-shape.ts'
import { type Reading, type ReadMessage, readMessage, type TemplateRules } from './read-message.ts'
import { SequenceReader } from './read-sequence.ts'
import { isObject } from './read-template.ts'
import { answers, BatchAnswer, SendAnswer, SubAccountParams } from './schemas.ts'

const BATCH_BYTES = 20 * 1024 * 1024
const SLICE = 250 // messages of a batch that are read before others get their turn

const Headers = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'Up to 255 printable characters. The same key and body get the same answer, and nothing is sent twice.',
    }),
  ),
})

const judgeBatch = judge(
  Type.Object(
    {
      ...BatchShape.properties,
      // Each message is judged by itself, after the template was merged under it.
      messages: Type.Array(Type.Unknown(), { ...listOptions(BatchShape.properties.messages) }),
      template: Type.Optional(
        Type.Object(
          Object.fromEntries(
            Object.keys(BatchShape.properties.template.properties).map((name) => [name, Type.Optional(Type.Unknown())]),
          ),
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false, title: 'a batch such as {"messages":[…]}' },
  ),
)

function listOptions({ items: _, ...options }: object & { items?: unknown }): object {
  return options
}

export function sendRoutes(
  app: Api,
  { engine, messages, clock, newId, sha256, templateRules = () => NO_TEMPLATES }: ApiOptions,
  defaults: DefaultSequences,
): void {
  // The reader judges bodies, so that a message is judged alike alone and in a batch.
  const judgedByReader = { validatorCompiler: () => () => true }
  const security = [{ apiKey: [] }]

  const sequences = new SequenceReader((name, subAccountId) => engine.ability(name, subAccountId))

  const prepare = async (subAccountId: string, wantsDefault: boolean): Promise<Reading> => ({
    now: clock.now(),
    subAccountId,
    sequences,
    templates: templateRules(subAccountId),
    carries: (channel) => engine.carries(channel, subAccountId),
    defaultSequence: wantsDefault ? (await defaults.of(subAccountId))?.channels : undefined,
  })

  const toNew = (read: ReadMessage, reading: Reading, umid: string, more: object): NewMessage => {
    const { subAccountId, now } = reading
    const { scheduledAt, expiresAt } = read.fields
    return {
      envelope: { umid, subAccountId, acceptedAt: now, ...read.fields, ...more },
      message: acceptMessage({
        id: umid,
        sequence: read.sequence,
        at: now,
        ...(scheduledAt !== undefined && { scheduledAt }),
        ...(expiresAt !== undefined && { expiresAt }),
      }),
    }
  }

  /** Commits, and gives the answer that now counts: this one, or that of the first request with the same key. */
  const commit = async (intake: Intake): Promise<string | undefined> => {
    const result = await engine.accept(intake)
    if (result.kind === 'conflict') {
      throw new ApiError(409, 'Idempotency-Key', 'was used before with another body; use a new key for a new message')
    }
    return result.kind === 'replayed' ? result.answer : undefined
  }

  app.post(
    '/subaccounts/:subAccountId/messages',
    {
      ...judgedByReader,
      schema: {
        summary: 'Send a message',
        description:
          'Stores the message, then answers. It goes through its `channels` until one reaches its `successStatus`.',
        tags: ['Sending'],
        security,
        params: SubAccountParams,
        headers: Headers,
        body: SendShape,
        response: answers(SendAnswer, 400, 409, 413, 415),
      },
    },
    async (request, reply) => {
      const { subAccountId } = request.params
      const key = idempotencyKey(request)
      const reading = await prepare(subAccountId, !(isObject(request.body) && 'channels' in request.body))
      const bodyHash = key === undefined ? '' : hashOf('one', request.body)
      const read = await readOrRemember(() => readMessage(request.body, reading), subAccountId, key, bodyHash)
      if (typeof read === 'string') return replay(reply, read)
      const umid = newId()
      const message = toNew(read, reading, umid, {})
      const { clientMessageId, user } = read.fields
      const answer = JSON.stringify({
        umid,
        clientMessageId,
        user,
        status: { state: 'queued', timestamp: iso(reading.now) },
        ...more(read),
      })
      const replayed = await commit({
        subAccountId,
        messages: [message],
        ...(key !== undefined && { idempotency: { key, bodyHash, answer, at: reading.now } }),
      })
      return replayed === undefined ? sendJson(reply, answer) : replay(reply, replayed)
    },
  )

  app.post(
    '/subaccounts/:subAccountId/messages/batch',
    {
      ...judgedByReader,
      bodyLimit: BATCH_BYTES,
      schema: {
        summary: 'Send a batch',
        description: 'Up to 10000 messages in one commit. A message with a mistake is rejected by itself.',
        tags: ['Sending'],
        security,
        params: SubAccountParams,
        headers: Headers,
        body: BatchShape,
        response: answers(BatchAnswer, 400, 409, 413, 415),
      },
    },
    async (request, reply) => {
      const { subAccountId } = request.params
      const key = idempotencyKey(request)
      const body = judgeBatch(request.body)
      const reading = await prepare(subAccountId, true)
      const batchId = newId()
      const { clientBatchId, template, includeMessagesInResponse = false } = body
      const accepted: NewMessage[] = []
      const items: object[] = []
      let rejectedCount = 0
      const timestamp = iso(reading.now)
      for (const [index, raw] of body.messages.entries()) {
        // Reading ten thousand messages takes a good part of a second; others want to be served meanwhile.
        if (index > 0 && index % SLICE === 0) await setImmediate()
        const umid = newId()
        try {
          const read = readMessage(merge(template, raw), reading)
          accepted.push(toNew(read, reading, umid, { batchId, ...(clientBatchId !== undefined && { clientBatchId }) }))
          if (!includeMessagesInResponse) continue
          const { user, clientMessageId } = read.fields
          items.push({ umid, user, clientMessageId, status: { state: 'queued', timestamp }, ...more(read) })
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          rejectedCount += 1
          const status = { state: 'rejected', timestamp, errorCode: error.code, errorMessage: error.message }
          items.push({ umid, ...echo(raw), status })
        }
      }
      const answer = JSON.stringify({
        batchId,
        clientBatchId,
        acceptedCount: accepted.length,
        rejectedCount,
        ...(items.length > 0 && { messages: items }),
      })
      const idempotency =
        key === undefined
          ? {}
          : { idempotency: { key, bodyHash: hashOf('batch', request.body), answer, at: reading.now } }
      const nothing = accepted.length === 0 && key === undefined
      const replayed = nothing ? undefined : await commit({ subAccountId, messages: accepted, ...idempotency })
      return replayed === undefined ? sendJson(reply, answer) : replay(reply, replayed)
    },
  )

  /** A repeat gets its first answer also when the message would be refused by now: its expiry may have passed meanwhile. */
  async function readOrRemember<T>(
    read: () => T,
    subAccountId: string,
    key: string | undefined,
    bodyHash: string,
  ): Promise<T | string> {
    try {
      return read()
    } catch (error) {
      const first = key === undefined ? undefined : await messages.answerTo(subAccountId, key)
      if (first?.bodyHash === bodyHash) return first.answer
      throw error
    }
  }

  function replay(reply: FastifyReply, answer: string): FastifyReply {
    return sendJson(reply.header('idempotency-replayed', 'true'), answer)
  }

  // The order of a body's fields is the sender's library's business and says nothing.
  function hashOf(kind: string, body: unknown): string {
    return sha256(`${kind}\n${canonicalJson(body)}`)
  }
}

const NO_TEMPLATES: TemplateRules = { lifeMs: () => undefined, policy: 'warn' }

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key)) return key
  throw new ApiError(1000, 'Idempotency-Key', 'must be 1 to 255 printable ASCII characters')
}

/** The message's fields win; `content` is merged field by field, so that a template can give what all have in common. */
function merge(template: Record<string, unknown> | undefined, raw: unknown): unknown {
  if (template === undefined || !isObject(raw)) return raw
  const both = isObject(template.content) && isObject(raw.content)
  const content = both ? { content: { ...Object(template.content), ...Object(raw.content) } } : {}
  return { ...template, ...raw, ...content }
}

/** What an answer says beyond that of 8x8. */
function more({ sms, warnings }: ReadMessage): object {
  return { ...(sms && { sms }), ...(warnings.length > 0 && { warnings }) }
}

/** What tells the sender which message was rejected. */
function echo(raw: unknown): object {
  if (!isObject(raw)) return { user: {} }
  const { user, clientMessageId } = raw
  return {
    user: isObject(user) ? user : {},
    ...(typeof clientMessageId === 'string' && { clientMessageId: clientMessageId.slice(0, 50) }),
  }
}
