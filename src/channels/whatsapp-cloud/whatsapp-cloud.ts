import { type Static, Type } from 'typebox'
import type { SendOutcome } from '../../domain/message.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient, type HttpClient, type HttpRequest } from '../../http/http-client.ts'
import type { Fields } from '../../json/loose-json.ts'
import { defineChannel, listOf, Secret, Secrets, Url, type World } from '../define-channel.ts'
import { isPhone, isWhatsAppUserId } from '../person-address.ts'
import { CARRIES, contentFields, TTL_SECONDS } from './message-body.ts'
import { readWebhook } from './webhook.ts'
import { checkOfAnswer, outcomeOfAnswer } from './whatsapp-outcome.ts'

/**
 * WhatsApp through Meta's Cloud API: one JSON POST, and signed webhooks that tell what became of it. There is no idempotency
 * key; our reference goes along as `biz_opaque_callback_data` and comes back with each status, so that a send whose answer
 * was lost is found again.
 */
const BASE_URL = 'https://graph.facebook.com'
const VERSION = 'v23.0'

const config = Type.Object({
  phoneNumberId: Type.String({
    pattern: '^[0-9]{1,32}$',
    expected: 'digits in quotes such as "106540352242922": the id of the number, not the number',
    example: '106540352242922',
    description: 'The id of the sender’s phone number, as WhatsApp Manager shows it.',
  }),
  accessToken: Secret({
    description: 'A system user’s access token with the permission `whatsapp_business_messaging`.',
  }),
  appSecret: Type.Optional(
    Secrets({
      unset: 'no webhook is believed, so no receipts come in',
      description:
        'The secret of the Meta app: it checks webhooks. A list while it is being changed, or where several apps post: ' +
        'any is good.',
    }),
  ),
  verifyToken: Type.Optional(
    Secret({ description: 'A word of your own that Meta repeats when the webhook is set up. Goes with `appSecret`.' }),
  ),
  directSend: Type.Optional(
    Type.Enum(['utility', 'authentication'], {
      unset: 'texts go as session messages, to people who wrote in the last 24 hours',
      description:
        'Send texts and simple buttons with Direct Send in this category: without a template, at any time, and with a ' +
        'time to live. For accounts that Meta has let into it.',
    }),
  ),
  onMarketingStop: Type.Optional(
    Type.Enum(['suppress', 'ignore'], {
      default: 'suppress',
      description:
        'When a person stops marketing messages of the business in WhatsApp. `suppress`: nothing more goes to them on this ' +
        'channel. `ignore`: for a connection that sends no marketing.',
    }),
  ),
  version: Type.Optional(
    Type.String({
      pattern: '^v[0-9]{1,3}\\.[0-9]{1,2}$',
      expected: `a version of the Graph API such as ${VERSION}`,
      default: VERSION,
      description: 'The version of the Graph API.',
    }),
  ),
  baseUrl: Type.Optional(Url({ default: BASE_URL, description: 'Where the API is, or a stand-in for tests.' })),
})
type Config = Static<typeof config>

export const whatsAppCloud = defineChannel({
  id: 'whatsapp-cloud',
  serves: ['WhatsApp'],
  summary: 'WhatsApp through Meta’s Cloud API.',
  config,
  check: ({ appSecret, verifyToken }) => [
    ...(appSecret !== undefined && verifyToken === undefined
      ? [{ field: 'verifyToken', message: 'missing: Meta asks for it when the webhook is set up' }]
      : []),
    ...(appSecret === undefined && verifyToken !== undefined
      ? [{ field: 'appSecret', message: 'missing: without it no webhook can be believed' }]
      : []),
  ],
  abilities: (_channel, { appSecret, directSend }) => ({
    ...(appSecret === undefined
      ? { reports: ['accepted'] }
      : { reports: ['accepted', 'sent', 'delivered', 'read'], hearsReplies: true }),
    address: 'phone',
    carries: CARRIES,
    takesIdempotencyKey: false,
    // Of a template, the life is set with the template and not with the message.
    ...(directSend !== undefined && {
      validity: { minMs: TTL_SECONDS[directSend].min * 1000, maxMs: TTL_SECONDS[directSend].max * 1000 },
    }),
  }),
  create: (config, { clock }) => {
    const http = createHttpClient()
    const settings = {
      appSecrets: listOf(config.appSecret),
      verifyToken: config.verifyToken,
      phoneNumberId: config.phoneNumberId,
      heedsMarketingStop: heedsMarketingStop(config),
    }
    return {
      send: (outgoing, signal) => send(http, config, clock, outgoing, signal),
      receive: (request) => readWebhook(request, settings),
      check: async (signal) => checkOfAnswer(await http.call(question(config), signal), clock.now()),
      close: http.close,
    }
  },
})

async function send(
  http: HttpClient,
  config: Config,
  clock: World['clock'],
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const recipient = recipientFields(outgoing.address)
  if (recipient === undefined) {
    const detail = 'the address is neither a phone number with + and country code nor a business-scoped user id'
    return { kind: 'rejected', reason: 'recipient', detail }
  }
  const content = contentFields(outgoing, config.directSend)
  if (content === undefined) {
    const detail = `the content lacks what a ${outgoing.content.type} on WhatsApp needs`
    return { kind: 'rejected', reason: 'content', detail }
  }
  const body = {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...recipient,
    ...content,
    biz_opaque_callback_data: outgoing.attemptRef,
  }
  const request = {
    url: `${numberUrl(config)}/messages`,
    headers: { ...headersOf(config), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }
  const outcome = outcomeOfAnswer(await http.call(request, signal), clock.now())
  return heedsMarketingStop(config) ? outcome : withoutSuppression(outcome)
}

function recipientFields(address: string): Fields | undefined {
  if (isPhone(address)) return { to: address }
  return isWhatsAppUserId(address) ? { recipient: address } : undefined
}

function heedsMarketingStop({ onMarketingStop = 'suppress' }: Config): boolean {
  return onMarketingStop === 'suppress'
}

/** Of all refusals only that of marketing suppresses. */
function withoutSuppression(outcome: SendOutcome): SendOutcome {
  if (outcome.kind !== 'rejected') return outcome
  const { suppress: _, ...rejected } = outcome
  return rejected
}

const QUESTION = new URLSearchParams({ fields: 'verified_name,quality_rating,name_status' })

function question(config: Config): HttpRequest {
  return { method: 'GET', url: `${numberUrl(config)}?${QUESTION}`, headers: headersOf(config) }
}

function headersOf({ accessToken }: Config): Record<string, string> {
  return { authorization: `Bearer ${accessToken}`, accept: 'application/json' }
}

function numberUrl({ baseUrl = BASE_URL, version = VERSION, phoneNumberId }: Config): string {
  return `${withoutSlash(baseUrl)}/${version}/${phoneNumberId}`
}
