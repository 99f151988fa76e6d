import { type Static, Type } from 'typebox'
import type { Report } from '../../domain/advance.ts'
import { CHANNEL_CATALOGUE, lookUpChannel } from '../../domain/channel-catalogue.ts'
import { CONTENT_TYPES } from '../../domain/content.ts'
import type { SendOutcome } from '../../domain/message.ts'
import type { Abilities, CallbackResult, Outgoing, RawRequest, Receipt } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient, type HttpClient } from '../../http/http-client.ts'
import { isObject, lookUp } from '../../json/loose-json.ts'
import { SIGNING_SECRET_PATTERN, sign, verify } from '../../signing/standard-webhooks.ts'
import { defineChannel, Url, type World } from '../define-channel.ts'
import { outcomeOf } from '../send-outcome.ts'

/**
 * Simulated handsets for every channel name. For the service they are a provider like any other: called over HTTP, calling
 * back over HTTP, and knowing nothing of it beyond what those calls say.
 */
const Config = Type.Object({
  url: Url({ description: "where the sandbox's routes begin, such as http://localhost:3000/sandbox" }),
  secret: Type.String({
    pattern: SIGNING_SECRET_PATTERN,
    secret: true,
    description: 'signs the calls in both directions: whsec_ and 24 to 64 bytes in base64',
  }),
})

export const sandbox = defineChannel({
  id: 'sandbox',
  serves: CHANNEL_CATALOGUE.map(({ name }) => name),
  summary: 'Simulated handsets that you set up, look at and read messages on over HTTP.',
  config: Config,
  abilities,
  create: (config, world) => {
    const client = createHttpClient()
    return {
      send: (outgoing, signal) => send(client, config, world, outgoing, signal),
      receive: (request) => receive(config, world, request),
      close: () => client.close(),
    }
  },
})

const TEXT_ONLY = ['SMS', 'Email']

function abilities(channel: string): Abilities {
  const facts = lookUpChannel(channel)
  return {
    reports: facts?.reports ?? [],
    address: facts?.address ?? 'any',
    carries: TEXT_ONLY.includes(channel) ? ['text'] : CONTENT_TYPES,
    // Most real providers send twice when called twice. So do these, or nobody would see that the service did.
    takesIdempotencyKey: false,
  }
}

async function send(
  client: HttpClient,
  config: Static<typeof Config>,
  { clock, callbackUrl }: World,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { attemptRef, channel, address, content } = outgoing
  const body = JSON.stringify({
    attemptRef,
    channel,
    address,
    from: senderOf(outgoing),
    type: content.type,
    text: content.text,
    content: content.content,
    callbackUrl,
  })
  const headers = {
    'content-type': 'application/json',
    ...sign(config.secret, outgoing.idempotencyKey, clock.now() / 1000, body),
  }
  const url = `${withoutSlash(config.url)}/provider/messages`
  const result = await client.call({ url, headers, body }, signal)
  if (result.kind === 'answered') {
    const answer = isObject(result.json) ? result.json : {}
    if (result.status === 200) {
      if (typeof answer.id === 'string') return { kind: 'accepted', providerRef: answer.id }
      return { kind: 'uncertain', detail: 'answered 200 without an id, which is not what handsets do' }
    }
    if (result.status === 422) {
      const detail = typeof answer.reason === 'string' ? answer.reason : 'refused without a reason'
      return { kind: 'rejected', reason: 'recipient', detail, ...textField('code', answer.code) }
    }
  }
  return outcomeOf(result, clock.now())
}

/** Only these two let the sender of a message say whom it is from. */
function senderOf({ channel, content: { content } }: Outgoing): string | undefined {
  if (channel === 'SMS') return content.sms?.source
  return channel === 'Email' ? content.email?.from : undefined
}

/** One receipt or a list: `{attemptRef, id, status, detail?, timestamp?, errorCode?, errorMessage?}`. */
function receive(config: Static<typeof Config>, { clock }: World, request: RawRequest): CallbackResult {
  const verification = verify(request.headers, request.body, [config.secret], clock.now())
  if (verification.kind === 'refused') return verification
  const items = parseItems(request.body)
  if (items === undefined) return { kind: 'unreadable', detail: 'the body is neither a receipt nor a list of them' }
  const receipts = items.map(readReceipt).filter((receipt) => receipt !== undefined)
  return { kind: 'receipts', receipts, ignored: items.length - receipts.length }
}

function parseItems(body: Buffer): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(body.toString())
    if (Array.isArray(value)) return value
    return isObject(value) ? [value] : undefined
  } catch {
    return undefined
  }
}

const STATUSES: Readonly<Record<string, Report['status']>> = {
  sent: 'sent',
  // The operator has it, which is not yet the handset.
  'delivered/delivered_to_operator': 'sent',
  delivered: 'delivered',
  'delivered/delivered_to_recipient': 'delivered',
  read: 'read',
  failed: 'failed',
}

function readReceipt(item: unknown): Receipt | undefined {
  if (!isObject(item) || typeof item.status !== 'string') return undefined
  const native = typeof item.detail === 'string' ? `${item.status}/${item.detail}` : item.status
  const status = lookUp(STATUSES, native)
  if (status === undefined) return undefined
  const providerAt = typeof item.timestamp === 'string' ? Date.parse(item.timestamp) : Number.NaN
  const report: Report = {
    status,
    native,
    ...(!Number.isNaN(providerAt) && { providerAt }),
    ...(typeof item.errorMessage === 'string' && {
      error: { message: item.errorMessage, ...textField('code', item.errorCode) },
    }),
  }
  // Our own reference first: it is good even before the send was answered.
  if (typeof item.attemptRef === 'string') return { attemptRef: item.attemptRef, report }
  return typeof item.id === 'string' ? { providerRef: item.id, report } : undefined
}

function textField<Name extends string>(name: Name, value: unknown) {
  return (typeof value === 'string' ? { [name]: value } : {}) as { [name in Name]?: string }
}
