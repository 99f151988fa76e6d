import { type Static, Type } from 'typebox'
import type { SendOutcome } from '../../domain/message.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { createHttpClient, type HttpClient } from '../../http/http-client.ts'
import { defineChannel, listOf, Secret, Secrets, Url, type World } from '../define-channel.ts'
import { readStatusCallback, statusCallbackUrl } from './status-callback.ts'
import { outcomeOfAnswer } from './twilio-outcome.ts'

/**
 * SMS through Twilio's Messages API: one form POST, and signed callbacks that tell what became of it. Twilio has no
 * idempotency key, so a send whose answer was lost waits for its callback, which carries our reference in its URL.
 */
const BASE_URL = 'https://api.twilio.com'
/** Of `ValidityPeriod`, in seconds. What may wait longer is given the most, which is Twilio's own default. */
const VALIDITY_SECONDS = { min: 1, max: 36_000 }

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
        'The sender: a number of the account (E.164), a short code, or a name where the country allows names.',
    }),
  ),
  messagingServiceSid: Type.Optional(
    Type.String({
      pattern: '^MG[0-9a-fA-F]{32}$',
      expected: 'MG and 32 hexadecimal digits',
      unset: '`from` is the sender',
      description: 'A messaging service that chooses the sender, in place of `from`.',
    }),
  ),
  baseUrl: Type.Optional(
    Url({ default: BASE_URL, description: 'Where the API is: for a region of Twilio’s, or a stand-in for tests.' }),
  ),
})
type Config = Static<typeof config>

export const twilio = defineChannel({
  id: 'twilio',
  serves: ['SMS'],
  summary: 'SMS through Twilio.',
  config,
  check: ({ authToken, apiKey, apiSecret, from, messagingServiceSid }) => [
    ...(authToken === undefined && apiKey === undefined && apiSecret === undefined
      ? [{ field: 'authToken', message: 'missing: set it, or apiKey and apiSecret' }]
      : []),
    ...(apiKey !== undefined && apiSecret === undefined
      ? [{ field: 'apiSecret', message: 'missing: it goes with apiKey' }]
      : []),
    ...(apiKey === undefined && apiSecret !== undefined
      ? [{ field: 'apiKey', message: 'missing: it goes with apiSecret' }]
      : []),
    ...(from === undefined && messagingServiceSid === undefined
      ? [{ field: 'from', message: 'missing: set it to the sender, or set messagingServiceSid' }]
      : []),
    ...(from !== undefined && messagingServiceSid !== undefined
      ? [{ field: 'messagingServiceSid', message: 'is given beside from: keep one of the two' }]
      : []),
  ],
  abilities: (_channel, config) => ({
    // Without the token no callback can be believed, and so none is asked for.
    reports: config.authToken === undefined ? ['accepted'] : ['accepted', 'sent', 'delivered'],
    address: 'phone',
    carries: ['text'],
    takesIdempotencyKey: false,
    validity: { minMs: VALIDITY_SECONDS.min * 1000, maxMs: VALIDITY_SECONDS.max * 1000 },
  }),
  create: (config, world) => {
    const http = createHttpClient()
    const tokens = listOf(config.authToken)
    return {
      send: (outgoing, signal) => send(http, config, world, outgoing, signal),
      receive: (request) => readStatusCallback(request, world.callbackUrl, tokens),
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
  const { address, content } = outgoing
  // Anything else would be another channel of Twilio's (`whatsapp:…`), or a short code.
  if (!/^\+[1-9]\d{6,14}$/.test(address)) {
    return { kind: 'rejected', reason: 'recipient', detail: 'the address is no phone number with + and country code' }
  }
  if (!content.text) return { kind: 'rejected', reason: 'content', detail: 'there is no text to send' }
  const request = {
    url: `${baseUrlOf(config)}/2010-04-01/Accounts/${config.accountSid}/Messages.json`,
    headers: {
      authorization: `Basic ${Buffer.from(loginOf(config)).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: new URLSearchParams(fieldsOf(outgoing, content.text, config, world)).toString(),
  }
  return outcomeOfAnswer(await http.call(request, signal), world.clock.now())
}

function fieldsOf(outgoing: Outgoing, text: string, config: Config, world: World): Record<string, string> {
  const { address, attemptRef, content, validForMs } = outgoing
  const { messagingServiceSid } = config
  const from = content.content.sms?.source ?? config.from
  const callback =
    config.authToken === undefined ? undefined : statusCallbackUrl(world.callbackUrl, attemptRef, baseUrlOf(config))
  return {
    To: address,
    ...(from !== undefined && { From: from }),
    ...(messagingServiceSid !== undefined && { MessagingServiceSid: messagingServiceSid }),
    Body: text,
    ...(callback !== undefined && { StatusCallback: callback }),
    ...(validForMs !== undefined && { ValidityPeriod: String(validitySeconds(validForMs)) }),
  }
}

/** Rounded down: an SMS that arrives a moment after its step has ended is the one that nobody wants. */
function validitySeconds(validForMs: number): number {
  return Math.min(Math.max(Math.floor(validForMs / 1000), VALIDITY_SECONDS.min), VALIDITY_SECONDS.max)
}

function loginOf({ accountSid, authToken, apiKey, apiSecret }: Config): string {
  if (apiKey !== undefined) return `${apiKey}:${apiSecret ?? ''}`
  return `${accountSid}:${listOf(authToken)[0] ?? ''}`
}

function baseUrlOf({ baseUrl = BASE_URL }: Config): string {
  return baseUrl.replace(/\/+$/, '')
}
