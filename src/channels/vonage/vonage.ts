import { type Static, Type } from 'typebox'
import type { SendOutcome } from '../../domain/message.ts'
import type { Abilities, CheckOutcome, Outgoing, Revocation, RevokeOutcome } from '../../engine/ports/channel.ts'
import { canReach } from '../can-reach.ts'
import { defineChannel, listOf, Secret, Secrets, Url, type World } from '../define-channel.ts'
import { PHONE_PATTERN } from '../person-address.ts'
import { CHANNEL_NAMES } from './address.ts'
import { type Caller, createCaller } from './caller.ts'
import { type Login, readPrivateKey } from './login.ts'
import { bodyOf, CARRIES, TTL_SECONDS } from './message-body.ts'
import { outcomeOfCheck, outcomeOfRevoke, outcomeOfSend } from './vonage-outcome.ts'
import { readWebhook } from './webhooks.ts'

/**
 * SMS, WhatsApp, Viber and RCS through Vonage's Messages API v1: one JSON POST for all of them, and signed webhooks that tell
 * what became of it. Vonage has no idempotency key; our reference goes along as `client_ref` and comes back in each status.
 */
const BASE_URL = 'https://api.nexmo.com'
const ACCOUNT_URL = 'https://rest.nexmo.com'

/** `alternative`: the example file shows one of the two logins, the one whose secret is short. */
const config = Type.Object({
  applicationId: Type.Optional(
    Type.String({
      alternative: true,
      pattern: '^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$',
      expected: 'a UUID, as the Vonage dashboard shows it',
      example: 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab',
      description: 'The application that logs in, as the Vonage dashboard shows it.',
    }),
  ),
  privateKey: Type.Optional(
    Type.String({
      minLength: 1,
      secret: true,
      alternative: true,
      description: 'The private key of the application (PEM). Goes with `applicationId`.',
    }),
  ),
  apiKey: Type.Optional(
    Type.String({
      minLength: 1,
      example: 'abcd1234',
      description: 'The key of the account, in place of an application. No receipts come back then.',
    }),
  ),
  apiSecret: Type.Optional(Secret({ description: 'Goes with `apiKey`.' })),
  signatureSecret: Type.Optional(
    Secrets({
      unset: 'no receipts come back',
      description:
        'The account’s signature secret: it checks webhooks. A list while it is being changed: any is good for a webhook.',
    }),
  ),
  from: Type.Optional(
    Type.String({
      pattern: '^(\\+[1-9]\\d{6,14}|\\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11})$',
      expected: 'a number in quotes such as "+15551234567", a short code in quotes, or a name of at most 11 letters',
      example: '+15551234567',
      description:
        'The sender of SMS: a number of the account, a short code, or a name where the country allows names.',
    }),
  ),
  whatsappFrom: Type.Optional(
    Type.String({
      pattern: PHONE_PATTERN,
      expected: 'a number in quotes such as "+15551234567"',
      example: '+15551234568',
      description: 'The sender on WhatsApp: a number that is linked to the application.',
    }),
  ),
  viberFrom: Type.Optional(
    Type.String({
      pattern: '^\\S{1,50}$',
      expected: 'the id of a Viber service in quotes',
      example: '12345',
      description: 'The sender on Viber: the id of the service that Vonage has set up.',
    }),
  ),
  rcsFrom: Type.Optional(
    Type.String({
      pattern: '^\\S{1,100}$',
      expected: 'the id of an RCS sender without spaces',
      example: 'MyBrand',
      description: 'The sender of RCS: the id of the agent, exactly as it was registered.',
    }),
  ),
  viberCategory: Type.Optional(
    Type.Enum(['transaction', 'promotion'], {
      default: 'transaction',
      description: 'What Viber takes the messages for. The first one to a person has to be a `transaction`.',
    }),
  ),
  rcsCategory: Type.Optional(
    Type.Enum(['authentication', 'transaction', 'promotion', 'service-request', 'acknowledgement'], {
      unset: 'none is told',
      description: 'What the RCS messages are, for countries that want it told.',
    }),
  ),
  baseUrl: Type.Optional(
    Url({ default: BASE_URL, description: 'Where the Messages API is: for a region, or a stand-in for tests.' }),
  ),
  regionUrl: Type.Optional(
    Type.String({
      pattern: '^https?://',
      example: 'https://api-eu.nexmo.com',
      unset: '`baseUrl`, where that is not the usual one; else RCS is not taken back',
      description: 'Where RCS is taken back: the host of the region in which the RCS agent was launched.',
    }),
  ),
  accountUrl: Type.Optional(
    Type.String({
      pattern: '^https?://',
      example: ACCOUNT_URL,
      unset: '`https://rest.nexmo.com`, or `baseUrl` where that is no host of Vonage’s',
      description: 'Where the Account API is, which is asked to try `apiKey` and `apiSecret`.',
    }),
  ),
})
type Config = Static<typeof config>

const TO_READ = ['accepted', 'sent', 'delivered', 'read'] as const
const REPORTS: Readonly<Record<string, Abilities['reports']>> = {
  SMS: ['accepted', 'sent', 'delivered'],
  WhatsApp: TO_READ,
  Viber: TO_READ,
  RCS: TO_READ,
}

const SENDER_FIELDS: Readonly<Record<string, 'from' | 'whatsappFrom' | 'viberFrom' | 'rcsFrom'>> = {
  SMS: 'from',
  WhatsApp: 'whatsappFrom',
  Viber: 'viberFrom',
  RCS: 'rcsFrom',
}

export const vonage = defineChannel({
  id: 'vonage',
  serves: CHANNEL_NAMES,
  lacks: (channel, config) => {
    const field = SENDER_FIELDS[channel]
    return field !== undefined && config[field] === undefined ? field : undefined
  },
  summary: 'SMS, WhatsApp, Viber and RCS through Vonage.',
  config,
  check: ({ applicationId, privateKey, apiKey, apiSecret, ...config }) => [
    ...(applicationId === undefined && privateKey === undefined && apiKey === undefined && apiSecret === undefined
      ? [{ field: 'applicationId', message: 'missing: set it and privateKey, or apiKey and apiSecret' }]
      : []),
    ...missing('privateKey', privateKey, 'applicationId', applicationId),
    ...missing('applicationId', applicationId, 'privateKey', privateKey),
    ...missing('apiSecret', apiSecret, 'apiKey', apiKey),
    ...missing('apiKey', apiKey, 'apiSecret', apiSecret),
    ...(applicationId !== undefined && apiKey !== undefined
      ? [{ field: 'apiKey', message: 'is given beside applicationId: keep one of the two' }]
      : []),
    ...(privateKey !== undefined && readPrivateKey(privateKey) === undefined
      ? [
          {
            field: 'privateKey',
            message: 'is no RSA private key of 2048 bits or more in PEM, with its BEGIN and END lines',
          },
        ]
      : []),
    ...([config.from, config.whatsappFrom, config.viberFrom, config.rcsFrom].every((sender) => sender === undefined)
      ? [{ field: 'from', message: 'missing: set a sender: from, whatsappFrom, viberFrom or rcsFrom' }]
      : []),
  ],
  abilities: (channel, config) => {
    const ttl = TTL_SECONDS[channel]
    return {
      reports: hearsBack(config) ? (REPORTS[channel] ?? ['accepted']) : ['accepted'],
      address: 'phone',
      carries: CARRIES[channel] ?? ['text'],
      takesIdempotencyKey: false,
      ...(ttl !== undefined && { validity: { minMs: ttl.min * 1000, maxMs: ttl.max * 1000 } }),
      ...(channel === 'RCS' && revokeUrlOf(config) !== undefined && { revokes: true }),
      ...(config.signatureSecret !== undefined && { hearsReplies: true }),
    }
  },
  create: (config, world) => {
    const secrets = listOf(config.signatureSecret)
    const { call, close } = createCaller(loginOf(config), world)
    const revokeUrl = revokeUrlOf(config)
    return {
      send: (outgoing, signal) => send(call, config, world, outgoing, signal),
      receive: (request) => readWebhook(request, secrets),
      ...(revokeUrl !== undefined && { revoke: (sent, signal) => revoke(call, revokeUrl, sent, signal) }),
      // An application has nothing that could be asked without sending.
      ...(config.apiKey !== undefined && { check: (signal) => check(call, config, signal) }),
      close,
    }
  },
})

function missing(field: string, value: unknown, other: string, given: unknown) {
  return value === undefined && given !== undefined ? [{ field, message: `missing: it goes with ${other}` }] : []
}

/** Without the secret no webhook can be believed, and for a Basic login Vonage sends none: so none is asked for. */
function hearsBack({ signatureSecret, applicationId }: Config): boolean {
  return signatureSecret !== undefined && applicationId !== undefined
}

async function send(
  call: Caller['call'],
  config: Config,
  world: World,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { baseUrl = BASE_URL } = config
  const webhookUrl = hearsBack(config) && canReach(baseUrl, world.callbackUrl) ? world.callbackUrl : undefined
  const message = bodyOf(outgoing, config, webhookUrl)
  if ('reason' in message) return { kind: 'rejected', ...message }
  const url = `${rootOf(baseUrl)}/v1/messages`
  const request = { method: 'POST', url, json: message.body, about: outgoing.idempotencyKey }
  return outcomeOfSend(await call(request, signal), world.clock.now())
}

async function revoke(
  call: Caller['call'],
  url: string,
  sent: Revocation,
  signal: AbortSignal,
): Promise<RevokeOutcome> {
  const { channel, providerRef, idempotencyKey } = sent
  if (channel !== 'RCS') return { kind: 'unclear', detail: `Vonage takes no ${channel} back` }
  if (providerRef === undefined) return { kind: 'unclear', detail: 'the id of the message is not known' }
  const path = `/v1/messages/${encodeURIComponent(providerRef)}`
  const request = { method: 'PATCH', url: rootOf(url) + path, json: { status: 'revoked' }, about: idempotencyKey }
  return outcomeOfRevoke(await call(request, signal))
}

async function check(
  call: Caller['call'],
  { baseUrl = BASE_URL, accountUrl }: Config,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  const isVonage = /(^|\.)(nexmo|vonage)\.com$/.test(new URL(baseUrl).hostname)
  const url = `${rootOf(accountUrl ?? (isVonage ? ACCOUNT_URL : baseUrl))}/account/get-balance`
  return outcomeOfCheck(await call({ method: 'GET', url, about: 'check' }, signal))
}

/**
 * RCS is taken back at the host of the agent's region, and with an application's token alone. The usual host is of no region.
 * https://developer.vonage.com/en/messages/guides/rcs/rcs-message-revocation
 */
function revokeUrlOf({ applicationId, regionUrl, baseUrl = BASE_URL }: Config): string | undefined {
  if (applicationId === undefined) return undefined
  return regionUrl ?? (rootOf(baseUrl) === BASE_URL ? undefined : baseUrl)
}

function loginOf({ applicationId, privateKey, apiKey = '', apiSecret = '' }: Config): Login {
  const key = privateKey === undefined ? undefined : readPrivateKey(privateKey)
  if (applicationId === undefined || key === undefined) return { kind: 'account', apiKey, apiSecret }
  return { kind: 'application', applicationId, privateKey: key }
}

/** Vonage’s description of the API counts `/v1` among what its servers are called; here it may stand or not. */
function rootOf(url: string): string {
  return url.replace(/(\/v1)?\/*$/, '')
}
