import { STATUS_CODES } from 'node:http'
import { type Static, Type } from 'typebox'
import { lookUpChannel } from '../../domain/channel-catalogue.ts'
import type { SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome, Outgoing } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient, type HttpClient } from '../../http/http-client.ts'
import { fieldsOf } from '../../json/loose-json.ts'
import { tokenUrl } from '../callback-token.ts'
import { defineChannel, listOf, Secret, Secrets, Url, type World } from '../define-channel.ts'
import { codeIn, outcomeOfAnswer } from './answer.ts'
import { CHANNEL_NAMES, carriedBy, requestOf } from './request.ts'
import { readWebhook } from './webhook.ts'

/**
 * 8x8: SMS through its SMS API, the others through Messaging Apps. Each message names the one channel that it is for, so
 * that 8x8 does not fall back by itself. 8x8 has no idempotency key; our reference goes along and comes back with receipts.
 */
const BASE_URLS = { apps: 'https://chatapps.8x8.com', sms: 'https://sms.8x8.com' }

const config = Type.Object({
  subAccountId: Type.String({
    pattern: '^[A-Za-z0-9._&-]{3,50}$',
    expected: '3 to 50 letters, digits, "-", ".", "_" and "&", as 8x8 Connect shows it',
    example: 'Example_hq',
    description: 'The subaccount at 8x8. SMS, LINE and LINE notifications each need one of their own.',
  }),
  apiKey: Secret({ description: 'An API key of the subaccount.' }),
  source: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 16,
      example: 'Example',
      unset: 'what 8x8 has set for the subaccount',
      description: 'The sender of an SMS: a number or a name, of at most 16 characters.',
    }),
  ),
  webhookAuthorization: Type.Optional(
    Secrets({
      unset: 'no receipts come back, and no replies',
      description:
        'Made up by you: the whole `Authorization` that 8x8 is to send with a webhook, such as `Bearer` and a long random ' +
        'word. A list while it is being changed: the first makes the token of each message’s own address, any is good.',
    }),
  ),
  baseUrl: Type.Optional(
    Url({
      default: BASE_URLS.apps,
      description: 'Where Messaging Apps are: for another region, or a stand-in for tests.',
    }),
  ),
  smsBaseUrl: Type.Optional(
    Url({ default: BASE_URLS.sms, description: 'Where the SMS API is: for another region, or a stand-in for tests.' }),
  ),
})
type Config = Static<typeof config>
type Api = keyof typeof BASE_URLS

/** 8x8 names no bounds but Viber's. The longest is Viber's for all; LINE notifications take no time. */
const LONGEST_MS = 14 * 86_400_000
const SHORTEST_MS = { Viber: 30_000, other: 1_000 }

export const eightByEight = defineChannel({
  id: '8x8',
  serves: CHANNEL_NAMES,
  summary: 'SMS, WhatsApp, Viber, RCS, LINE and Zalo through 8x8.',
  config,
  abilities: (channel, config) => {
    // Without the Authorization no callback can be believed, and so none is asked for.
    const isHeard = config.webhookAuthorization !== undefined
    const { reports = [], address = 'phone' } = lookUpChannel(channel) ?? {}
    return {
      reports: isHeard ? reports : ['accepted'],
      address,
      carries: carriedBy(channel),
      takesIdempotencyKey: false,
      ...(channel !== 'LineNotification' && { validity: { minMs: shortestMs(channel), maxMs: LONGEST_MS } }),
      ...(isHeard && !ONE_WAY.includes(channel) && { hearsReplies: true }),
    }
  },
  create: (config, world) => {
    const http = createHttpClient()
    const secrets = listOf(config.webhookAuthorization)
    return {
      send: (outgoing, signal) => send(http, config, world, outgoing, signal),
      receive: (request) => readWebhook(request, world, secrets),
      check: (signal) => check(http, config, signal),
      close: http.close,
    }
  },
})

const ONE_WAY = ['ZaloNotification', 'LineNotification']

async function send(
  http: HttpClient,
  config: Config,
  world: World,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { channel, attemptRef, validForMs } = outgoing
  const now = world.clock.now()
  const api: Api = channel === 'SMS' ? 'sms' : 'apps'
  const dlrCallbackUrl = tokenUrl(world, listOf(config.webhookAuthorization), baseUrlOf(config, api))
  const written = requestOf(outgoing, {
    clientMessageId: attemptRef,
    ...(config.source !== undefined && { source: config.source }),
    ...(dlrCallbackUrl !== undefined && { dlrCallbackUrl }),
    ...(validForMs !== undefined && { expiry: expiryOf(now, validForMs, channel) }),
  })
  if ('unfit' in written) return { kind: 'rejected', reason: written.unfit, detail: written.why }
  const request = {
    url: `${subAccountUrl(config, written.api)}/${written.path}`,
    headers: { ...loginOf(config), 'content-type': 'application/json' },
    body: JSON.stringify(written.body),
  }
  return outcomeOfAnswer(await http.call(request, signal), now)
}

/** Rounded down to whole seconds: a message that arrives a moment after its step has ended is the one that nobody wants. */
function expiryOf(now: number, validForMs: number, channel: string): string {
  const lastsMs = Math.min(Math.max(validForMs, shortestMs(channel)), LONGEST_MS)
  return `${new Date(now + lastsMs).toISOString().slice(0, 19)}Z`
}

function shortestMs(channel: string): number {
  return channel === 'Viber' ? SHORTEST_MS.Viber : SHORTEST_MS.other
}

/** The id of no message. Asking for it tells whether the key is good: then there is no such message. */
const NO_MESSAGE = '00000000-0000-4000-8000-000000000000'

/** A subaccount is of one of the two products, and nothing tells which before it is asked. */
async function check(http: HttpClient, config: Config, signal: AbortSignal): Promise<CheckOutcome> {
  const [apps, sms] = await Promise.all([ask(http, config, 'apps', signal), ask(http, config, 'sms', signal)])
  const taken = [...(apps.kind === 'good' ? ['Messaging Apps'] : []), ...(sms.kind === 'good' ? ['SMS'] : [])]
  if (taken.length > 0) return { kind: 'good', detail: `the key is good for ${taken.join(' and ')}` }
  return apps.kind === 'unknown' ? apps : sms
}

async function ask(http: HttpClient, config: Config, api: Api, signal: AbortSignal): Promise<CheckOutcome> {
  const url = `${subAccountUrl(config, api)}/messages/${NO_MESSAGE}`
  const result = await http.call({ method: 'GET', url, headers: loginOf(config) }, signal)
  if (result.kind !== 'answered') return { kind: 'unknown', detail: result.detail }
  const { status, json } = result
  const code = codeIn(fieldsOf(json)?.code)
  if (status === 200 || (status === 404 && code === '1300')) return { kind: 'good' }
  if (status === 401 || status === 403 || code === '1001') {
    return { kind: 'refused', detail: '8x8 does not take the API key for this subaccount' }
  }
  return { kind: 'unknown', detail: `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd() }
}

function subAccountUrl(config: Config, api: Api): string {
  return `${baseUrlOf(config, api)}/api/v1/subaccounts/${encodeURIComponent(config.subAccountId)}`
}

function baseUrlOf({ baseUrl = BASE_URLS.apps, smsBaseUrl = BASE_URLS.sms }: Config, api: Api): string {
  return withoutSlash(api === 'sms' ? smsBaseUrl : baseUrl)
}

function loginOf({ apiKey }: Config): Record<string, string> {
  return { authorization: `Bearer ${apiKey}`, accept: 'application/json' }
}
