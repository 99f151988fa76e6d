import { type Static, Type } from 'typebox'
import type { SendOutcome } from '../../domain/message.ts'
import type { Abilities, CheckOutcome, Outgoing } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient, type HttpClient } from '../../http/http-client.ts'
import { defineChannel, listOf, Secret, Secrets, Url, type World } from '../define-channel.ts'
import { PHONE_PATTERN } from '../person-address.ts'
import { checkOutcomeOf, checkPath } from './account-check.ts'
import { CHANNEL_NAMES } from './address.ts'
import { formOf, VALIDITY_SECONDS } from './message-form.ts'
import { readCallback, statusCallbackUrl } from './status-callback.ts'
import { outcomeOfAnswer } from './twilio-outcome.ts'

/**
 * SMS, WhatsApp and RCS through Twilio's Messages API: one form POST, and signed callbacks that tell what became of it.
 * Twilio has no idempotency key, so a send whose answer was lost waits for its callback, which carries our reference in its
 * URL.
 */
const BASE_URL = 'https://api.twilio.com'

const config = Type.Object({
  accountSid: Type.String({
    pattern: '^AC[0-9a-fA-F]{32}$',
    expected: 'AC and 32 hexadecimal digits, as the Twilio Console shows it',
    example: `AC${'0123456789abcdef'.repeat(2)}`,
    description: 'The account, as the Twilio Console shows it.',
  }),
  authToken: Type.Optional(
    Secrets({
      unset: '`apiKey` logs in, and no receipts come back',
      description:
        'The account’s auth token: it checks callbacks and, where there is no `apiKey`, logs in. A list while it is being ' +
        'changed: the first logs in, any is good for a callback.',
    }),
  ),
  apiKey: Type.Optional(
    Type.String({
      pattern: '^SK[0-9a-fA-F]{32}$',
      expected: 'SK and 32 hexadecimal digits',
      example: `SK${'0123456789abcdef'.repeat(2)}`,
      description:
        'An API key, to log in with instead of the auth token. Callbacks are still signed with the auth token.',
    }),
  ),
  apiSecret: Type.Optional(Secret({ description: 'Goes with `apiKey`.' })),
  from: Type.Optional(
    Type.String({
      pattern: '^(\\+[1-9]\\d{6,14}|\\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11})$',
      expected: 'a number in quotes such as "+15551234567", a short code in quotes, or a name of at most 11 letters',
      example: '+15551234567',
      description:
        'The sender of SMS: a number of the account (E.164), a short code, or a name where the country allows names.',
    }),
  ),
  whatsappFrom: Type.Optional(
    Type.String({
      pattern: PHONE_PATTERN,
      expected: 'a number in quotes such as "+15551234567"',
      example: '+15551234568',
      unset: '`messagingServiceSid` chooses the sender',
      description: 'The sender on WhatsApp: a number that is registered with Twilio as a WhatsApp sender.',
    }),
  ),
  rcsFrom: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_.-]{1,100}$',
      expected: 'the id of an RCS sender without rcs: before it, such as my_brand_abc123_agent',
      example: 'my_brand_abc123_agent',
      unset: '`messagingServiceSid` chooses the sender',
      description: 'The sender of RCS: its id, as the settings of the RCS sender show it.',
    }),
  ),
  messagingServiceSid: Type.Optional(
    Type.String({
      pattern: '^MG[0-9a-fA-F]{32}$',
      expected: 'MG and 32 hexadecimal digits',
      unset: '`from`, `whatsappFrom` and `rcsFrom` are the senders',
      description:
        'A messaging service that chooses the sender, in place of `from`; also for WhatsApp and RCS, if it can.',
    }),
  ),
  baseUrl: Type.Optional(
    Url({ default: BASE_URL, description: 'Where the API is: for a region of Twilio’s, or a stand-in for tests.' }),
  ),
})
type Config = Static<typeof config>

const TO_READ = ['accepted', 'sent', 'delivered', 'read'] as const
const REPORTS: Readonly<Record<string, Abilities['reports']>> = {
  SMS: ['accepted', 'sent', 'delivered'],
  WhatsApp: TO_READ,
  RCS: TO_READ,
}
/** RCS has no audio; what SMS would make of media is sent in a few countries only. */
const CARRIES: Readonly<Record<string, Abilities['carries']>> = {
  WhatsApp: ['text', 'template', 'image', 'audio', 'video', 'file'],
  RCS: ['text', 'template', 'image', 'video', 'file'],
}

const SENDER_FIELDS: Readonly<Record<string, 'from' | 'whatsappFrom' | 'rcsFrom'>> = {
  SMS: 'from',
  WhatsApp: 'whatsappFrom',
  RCS: 'rcsFrom',
}

export const twilio = defineChannel({
  id: 'twilio',
  serves: CHANNEL_NAMES,
  lacks: (channel, config) => {
    const named = config.messagingServiceSid ?? senderIn(config, channel)
    return named === undefined ? SENDER_FIELDS[channel] : undefined
  },
  // A messaging service may have senders of all kinds; that it has one for SMS is what people make it for.
  usual: (config) =>
    CHANNEL_NAMES.filter((channel) => {
      return senderIn(config, channel) !== undefined || (channel === 'SMS' && config.messagingServiceSid !== undefined)
    }),
  summary: 'SMS, WhatsApp and RCS through Twilio.',
  config,
  check: ({ authToken, apiKey, apiSecret, from, whatsappFrom, rcsFrom, messagingServiceSid }) => [
    ...(authToken === undefined && apiKey === undefined && apiSecret === undefined
      ? [{ field: 'authToken', message: 'missing: set it, or apiKey and apiSecret' }]
      : []),
    ...(apiKey !== undefined && apiSecret === undefined
      ? [{ field: 'apiSecret', message: 'missing: it goes with apiKey' }]
      : []),
    ...(apiKey === undefined && apiSecret !== undefined
      ? [{ field: 'apiKey', message: 'missing: it goes with apiSecret' }]
      : []),
    ...([from, whatsappFrom, rcsFrom, messagingServiceSid].every((sender) => sender === undefined)
      ? [{ field: 'from', message: 'missing: set a sender: from, whatsappFrom, rcsFrom or messagingServiceSid' }]
      : []),
    ...(from !== undefined && messagingServiceSid !== undefined
      ? [{ field: 'messagingServiceSid', message: 'is given beside from: keep one of the two' }]
      : []),
  ],
  abilities: (channel, config) => {
    // Without the token no callback can be believed, and so none is asked for.
    const hears = config.authToken !== undefined
    return {
      reports: hears ? (REPORTS[channel] ?? ['accepted']) : ['accepted'],
      address: 'phone',
      carries: CARRIES[channel] ?? ['text'],
      takesIdempotencyKey: false,
      validity: { minMs: VALIDITY_SECONDS.min * 1000, maxMs: VALIDITY_SECONDS.max * 1000 },
      ...(hears && { hearsReplies: true }),
    }
  },
  create: (config, world) => {
    const http = createHttpClient()
    const tokens = listOf(config.authToken)
    return {
      send: (outgoing, signal) => send(http, config, world, outgoing, signal),
      receive: (request) => readCallback(request, world.callbackUrl, tokens),
      check: (signal) => check(http, config, signal),
      close: http.close,
    }
  },
})

function senderIn(config: Config, channel: string): string | undefined {
  const field = SENDER_FIELDS[channel]
  return field && config[field]
}

async function send(
  http: HttpClient,
  config: Config,
  world: World,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const baseUrl = baseUrlOf(config)
  const callback = config.authToken === undefined ? undefined : statusCallbackUrl(world.callbackUrl, outgoing, baseUrl)
  const form = formOf(outgoing, config, callback)
  if ('reason' in form) return { kind: 'rejected', ...form }
  const request = {
    url: `${baseUrl}/2010-04-01/Accounts/${config.accountSid}/Messages.json`,
    headers: { ...headersOf(config), 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form.fields).toString(),
  }
  return outcomeOfAnswer(await http.call(request, signal), world.clock.now())
}

async function check(http: HttpClient, config: Config, signal: AbortSignal): Promise<CheckOutcome> {
  const byApiKey = config.apiKey !== undefined
  const url = baseUrlOf(config) + checkPath(config.accountSid, byApiKey)
  return checkOutcomeOf(await http.call({ method: 'GET', url, headers: headersOf(config) }, signal), byApiKey)
}

function headersOf(config: Config): Record<string, string> {
  return {
    authorization: `Basic ${Buffer.from(loginOf(config)).toString('base64')}`,
    accept: 'application/json',
  }
}

function loginOf({ accountSid, authToken, apiKey, apiSecret }: Config): string {
  if (apiKey !== undefined) return `${apiKey}:${apiSecret ?? ''}`
  return `${accountSid}:${listOf(authToken)[0] ?? ''}`
}

function baseUrlOf({ baseUrl = BASE_URL }: Config): string {
  return withoutSlash(baseUrl)
}
