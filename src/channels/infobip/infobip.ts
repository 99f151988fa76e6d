import { STATUS_CODES } from 'node:http'
import { type Static, Type } from 'typebox'
import type { SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome, Outgoing } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient, type HttpClient } from '../../http/http-client.ts'
import { fieldsOf } from '../../json/loose-json.ts'
import { tokenUrl } from '../callback-token.ts'
import { defineChannel, listOf, Secret, Secrets, type World } from '../define-channel.ts'
import { isPhone, NO_PHONE } from '../person-address.ts'
import { contentOf, type InfobipContent } from './content.ts'
import { outcomeOfAnswer } from './infobip-outcome.ts'
import { readReports } from './reports.ts'
import { CHANNEL_NAMES, type InfobipChannel, infobipChannel } from './wire-channels.ts'

/**
 * SMS, WhatsApp, Viber and RCS through Infobip's Messages API, which has one shape for all of them. Each message goes to one
 * channel and without Infobip's own failover: what comes next is ours to decide. A message gets an id from us, made of the
 * idempotency key; on SMS Infobip refuses a second one with the same id.
 */
const sender = (example: string, description: string) =>
  Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, example, unset: 'messages on this channel are rejected', description }),
  )

const config = Type.Object({
  baseUrl: Type.String({
    pattern: '^https?://',
    example: 'https://xxxxx.api.infobip.com',
    description: 'Your account’s own address, as the Infobip portal shows it; or a stand-in for tests.',
  }),
  apiKey: Secret({ description: 'An API key with the scope `message:send`.' }),
  senders: Type.Object(
    {
      SMS: sender('Example', 'A number without `+`, a short code in quotes, or a name.'),
      WhatsApp: sender('447491163862', 'The WhatsApp number, in quotes and without `+`.'),
      Viber: sender('ExampleViber', 'The name of the Viber sender.'),
      RCS: sender('ExampleAgent', 'The name of the RCS sender.'),
    },
    { description: 'Who a message is from, on each channel; at least one.' },
  ),
  callbackSecret: Type.Optional(
    Secrets({
      unset: 'no receipts come back, and no replies',
      description:
        'Made up by you. It makes the token in the address that goes with each message, and is the password with which ' +
        'subscriptions log in. A list while it is being changed: the first makes tokens, any is good for a callback.',
    }),
  ),
})
type Config = Static<typeof config>

export const infobip = defineChannel({
  id: 'infobip',
  serves: CHANNEL_NAMES,
  lacks: (channel, { senders }) => (channel in senders ? undefined : `senders.${channel}`),
  summary: 'SMS, WhatsApp, Viber and RCS through Infobip.',
  config,
  check: ({ senders }) =>
    Object.values(senders).some((each) => each !== undefined)
      ? []
      : [{ field: 'senders', message: 'is empty: name the sender of at least one channel' }],
  abilities: (channel, config) => {
    const known = infobipChannel(channel)
    // Without a secret no callback can be believed, and so none is asked for.
    const isHeard = config.callbackSecret !== undefined
    const { min = 0, max = 0 } = known?.validitySeconds ?? {}
    return {
      reports: isHeard ? ['accepted', 'sent', 'delivered', ...(known?.seen ? (['read'] as const) : [])] : ['accepted'],
      address: 'phone',
      carries: known?.carries ?? ['text'],
      takesIdempotencyKey: known?.refusesRepeats ?? false,
      validity: { minMs: min * 1000, maxMs: max * 1000 },
      ...(isHeard && { hearsReplies: true }),
    }
  },
  create: (config, world) => {
    const http = createHttpClient()
    const secrets = listOf(config.callbackSecret)
    return {
      send: (outgoing, signal) => send(http, config, world, outgoing, signal),
      receive: (request) => readReports(request, world, secrets),
      check: (signal) => check(http, config, signal),
      close: http.close,
    }
  },
})

async function send(
  http: HttpClient,
  config: Config,
  world: World,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const channel = infobipChannel(outgoing.channel)
  const from = channel === undefined ? undefined : senderOf(outgoing, config)
  if (channel === undefined || from === undefined) {
    return { kind: 'rejected', reason: 'credentials', detail: `senders names nobody for ${outgoing.channel}` }
  }
  if (!isPhone(outgoing.address)) return { kind: 'rejected', ...NO_PHONE }
  const written = contentOf(outgoing.content, channel.wire)
  if ('unfit' in written) return { kind: 'rejected', reason: 'content', detail: written.unfit }
  const request = {
    url: `${baseUrlOf(config)}/messages-api/1/messages`,
    headers: { ...loginOf(config), 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [messageOf(outgoing, { channel, from, written, config, world })] }),
  }
  return outcomeOfAnswer(await http.call(request, signal), messageIdOf(outgoing), world.clock.now())
}

type Parts = { channel: InfobipChannel; from: string; written: InfobipContent; config: Config; world: World }

function messageOf(outgoing: Outgoing, { channel, from, written, config, world }: Parts) {
  const { address, attemptRef, validForMs } = outgoing
  const url = tokenUrl(world, listOf(config.callbackSecret), baseUrlOf(config))
  return {
    channel: channel.wire,
    sender: from,
    destinations: [{ to: address.slice(1), messageId: messageIdOf(outgoing) }],
    ...written,
    ...(validForMs !== undefined && {
      options: { validityPeriod: { amount: validitySeconds(validForMs, channel), timeUnit: 'SECONDS' } },
    }),
    webhooks: {
      ...(url !== undefined && {
        delivery: { url, intermediateReport: true },
        ...(channel.seen && { seen: { url } }),
        contentType: 'application/json',
      }),
      callbackData: attemptRef,
    },
  }
}

/** The key itself is short and unlike any other; a try after this one has another. */
function messageIdOf({ idempotencyKey }: Outgoing): string {
  return idempotencyKey
}

function senderOf({ channel, content }: Outgoing, { senders }: Config): string | undefined {
  const named = channel === 'SMS' ? content.content.sms?.source : undefined
  return named ?? senders[channel as keyof typeof senders]
}

/** Rounded down: a message that arrives a moment after its step has ended is the one that nobody wants. */
function validitySeconds(validForMs: number, { validitySeconds: { min, max } }: InfobipChannel): number {
  return Math.min(Math.max(Math.floor(validForMs / 1000), min), max)
}

/** Asks for the balance, which costs nothing. A key may be good for sending and not for this. */
async function check(http: HttpClient, config: Config, signal: AbortSignal): Promise<CheckOutcome> {
  const request = { method: 'GET', url: `${baseUrlOf(config)}/account/1/balance`, headers: loginOf(config) }
  const result = await http.call(request, signal)
  if (result.kind !== 'answered') return { kind: 'unknown', detail: result.detail }
  const { status, json } = result
  const { balance, currency } = fieldsOf(json) ?? {}
  if (status === 200 && typeof balance === 'number') {
    const unit = typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? ` ${currency}` : ''
    return { kind: 'good', detail: `the balance is ${balance}${unit}` }
  }
  if (status === 401) return { kind: 'refused', detail: 'Infobip does not take the API key' }
  const detail =
    status === 403
      ? 'Infobip knows the API key, which may not ask for the balance; whether it may send is not known'
      : `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  return { kind: 'unknown', detail }
}

function loginOf({ apiKey }: Config): Record<string, string> {
  return { authorization: `App ${apiKey}`, accept: 'application/json' }
}

function baseUrlOf({ baseUrl }: Config): string {
  return withoutSlash(baseUrl)
}
