import { Type } from 'typebox'
import type { Report } from '../domain/advance.ts'
import { lookUpChannel } from '../domain/channel-catalogue.ts'
import { CONTENT_TYPES } from '../domain/content.ts'
import type { SendOutcome } from '../domain/message.ts'
import { SUCCESS_STATUSES } from '../domain/status-ladder.ts'
import type { CallbackResult, Outgoing, RawRequest, Receipt } from '../engine/ports/channel.ts'
import { createHttpClient, type HttpAnswer, type HttpResult } from '../http/http-client.ts'
import { isObject, lookUp } from '../json/loose-json.ts'
import { SIGNING_SECRET_PATTERN, sign, verify } from '../signing/standard-webhooks.ts'
import { defineChannel, Url, type World } from './define-channel.ts'
import { outcomeOf } from './send-outcome.ts'

/**
 * The operator's own channel: we post each message to a URL of theirs and they post receipts back, both signed in the form
 * of Standard Webhooks with one secret. docs/guides/own-channel.md is the contract with those who write the other end.
 */
const TIMEOUT_SECONDS = 20

const signingSecret = Type.String({
  pattern: SIGNING_SECRET_PATTERN,
  expected: 'whsec_ followed by 24 to 64 bytes in base64',
  secret: true,
})

const config = Type.Object({
  url: Url({ description: 'Where messages are posted to.' }),
  secret: Type.Union([signingSecret, Type.Array(signingSecret, { minItems: 1 })], {
    description:
      'Signs what is posted and checks what is posted back. A list while it is being changed: all sign, any is good.',
  }),
  reports: Type.Optional(
    Type.Array(Type.Enum([...SUCCESS_STATUSES]), {
      default: [...SUCCESS_STATUSES],
      description: 'The statuses that come back; a step on this channel can wait for no other.',
    }),
  ),
  address: Type.Optional(
    Type.Enum(['phone', 'email', 'line', 'any'], {
      unset: 'what is usual for the channel, and `any` for a name of your own',
      description: 'What `address` holds.',
    }),
  ),
  carries: Type.Optional(
    Type.Array(Type.Enum([...CONTENT_TYPES]), {
      default: [...CONTENT_TYPES],
      description: 'Content types that are handed over as they came; of others the text is sent, where there is one.',
    }),
  ),
  timeoutSeconds: Type.Optional(
    Type.Number({ minimum: 1, maximum: 120, default: TIMEOUT_SECONDS, description: 'For one call, answer included.' }),
  ),
})

export const webhook = defineChannel({
  id: 'webhook',
  serves: 'any',
  summary: 'Your own channel: messages are posted to your URL, receipts come back, both signed.',
  config,
  abilities: (channel, config) => {
    const known = lookUpChannel(channel)
    const reports = config.reports ?? SUCCESS_STATUSES
    return {
      // Less than its channel, never more: no step may wait for an SMS to be read, whoever carries it.
      reports: known === undefined ? reports : reports.filter((status) => known.reports.includes(status)),
      address: config.address ?? known?.address ?? 'any',
      carries: config.carries ?? CONTENT_TYPES,
      takesIdempotencyKey: true, // the receiver's half of the contract: one `webhook-id`, one message
    }
  },
  create: (config, world) => {
    const http = createHttpClient({ timeoutMs: (config.timeoutSeconds ?? TIMEOUT_SECONDS) * 1000 })
    const secrets = typeof config.secret === 'string' ? [config.secret] : config.secret
    return {
      send: async (outgoing, signal) => {
        const body = JSON.stringify(bodyOf(outgoing, world))
        const headers = {
          'content-type': 'application/json',
          ...sign(secrets, outgoing.idempotencyKey, world.clock.now() / 1000, body),
        }
        return readAnswer(await http.call({ url: config.url, headers, body }, signal), world.clock.now())
      },
      receive: (request) => receive(request, secrets, world.clock.now()),
      close: http.close,
    }
  },
})

function bodyOf(outgoing: Outgoing, world: World) {
  const { umid, step, attemptRef, subAccountId, channel, address, user, content, clientMessageId, validForMs } =
    outgoing
  return {
    umid,
    step,
    attemptRef,
    subAccountId,
    channel,
    address,
    user,
    type: content.type,
    text: content.text,
    content: content.content,
    clientMessageId,
    validForSeconds: validForMs === undefined ? undefined : Math.floor(validForMs / 1000),
    callbackUrl: world.callbackUrl,
  }
}

function readAnswer(result: HttpResult, now: number): SendOutcome {
  const usual = outcomeOf(result, now)
  if (result.kind !== 'answered') return usual
  if (usual.kind === 'accepted') return readAcceptance(result)
  // A refusal may say more than its status does.
  return usual.kind === 'rejected' ? (readRefusal(result.json, usual) ?? usual) : usual
}

function readAcceptance(answer: HttpAnswer): SendOutcome {
  const accepted: SendOutcome = { kind: 'accepted' }
  if (answer.complete && answer.text.trim() === '') return accepted
  const { json } = answer
  const refusal = readRefusal(json, { kind: 'rejected', reason: 'content', detail: 'rejected without a reason' })
  if (refusal !== undefined) return refusal
  if (isObject(json) && (json.status === 'accepted' || json.status === undefined)) {
    const providerRef = idOf(json.id)
    return providerRef === undefined ? accepted : { kind: 'accepted', providerRef }
  }
  // It said yes, in words that are not of the contract: somebody may have the message.
  return { kind: 'uncertain', detail: `answered ${answer.status} with a body that is not of the contract` }
}

type Rejected = SendOutcome & { kind: 'rejected' }

function readRefusal(json: unknown, otherwise: Rejected): Rejected | undefined {
  if (!isObject(json) || json.status !== 'rejected') return undefined
  const code = wordOf(json.code) ?? otherwise.code
  return {
    kind: 'rejected',
    reason: REASONS.find((reason) => reason === json.reason) ?? otherwise.reason,
    detail: wordOf(json.detail) ?? otherwise.detail,
    ...(code !== undefined && { code }),
  }
}

const REASONS = ['recipient', 'content', 'credentials'] as const

function receive(request: RawRequest, secrets: readonly string[], now: number): CallbackResult {
  const verified = verify(request.headers, request.body, secrets, now)
  if (verified.kind === 'refused') return verified
  let parsed: unknown
  try {
    parsed = JSON.parse(request.body.toString())
  } catch {
    return { kind: 'unreadable', detail: 'the body is not JSON' }
  }
  if (!isObject(parsed) && !Array.isArray(parsed)) {
    return { kind: 'unreadable', detail: 'the body is neither a receipt nor a list of receipts' }
  }
  const items: unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  const receipts = items.map(receiptOf).filter((receipt) => receipt !== undefined)
  return { kind: 'receipts', receipts, ignored: items.length - receipts.length }
}

const STATUSES: Readonly<Record<string, Report['status']>> = {
  accepted: 'accepted',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  rejected: 'rejected',
  failed: 'failed',
  undelivered: 'failed',
  expired: 'expired',
}

/** One item of a callback, or undefined for one that names no attempt, or says a word that we do not know. */
function receiptOf(item: unknown): Receipt | undefined {
  if (!isObject(item) || typeof item.status !== 'string') return undefined
  const word = item.status.toLowerCase()
  const known = lookUp(STATUSES, word)
  if (known === undefined) return undefined
  // Delivered means: to the handset. The operator's network is one rung lower.
  const atOperator = known === 'delivered' && item.detail === 'delivered_to_operator'
  const providerAt = timeOf(item.timestamp)
  const message = wordOf(item.errorMessage)
  const code = wordOf(item.errorCode)
  const report: Report = {
    status: atOperator ? 'sent' : known,
    native: wordOf(atOperator ? item.detail : item.status) ?? word,
    ...(providerAt !== undefined && { providerAt }),
    ...((message !== undefined || code !== undefined) && {
      error: { ...(code !== undefined && { code }), message: message ?? `error ${code}` },
    }),
  }
  const attemptRef = idOf(item.attemptRef)
  if (attemptRef !== undefined) return { attemptRef, report }
  const providerRef = idOf(item.id)
  return providerRef === undefined ? undefined : { providerRef, report }
}

/** ISO 8601, or epoch milliseconds; anything else is as good as nothing. */
function timeOf(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : value
  return typeof at === 'number' && Number.isFinite(at) && at >= 0 ? Math.floor(at) : undefined
}

const LONGEST_ID = 255

function idOf(value: unknown): string | undefined {
  const id = typeof value === 'number' ? String(value) : value
  return typeof id === 'string' && id.length > 0 && id.length <= LONGEST_ID ? id : undefined
}

const LONGEST_WORDS = 500 // a sentence for the timeline, not a page

function wordOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text !== '' ? text.slice(0, LONGEST_WORDS) : undefined
}
