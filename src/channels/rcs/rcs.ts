import { type Static, Type } from 'typebox'
import type { SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome, Outgoing, Revocation, RevokeOutcome } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { defineChannel, listOf, Secret, Secrets, Url, type World } from '../define-channel.ts'
import { createGoogleApi, type GoogleApi, outcomeWithoutToken } from '../google-api.ts'
import { readServiceAccount } from '../google-service-account.ts'
import { isPhone, NO_PHONE } from '../person-address.ts'
import { type AgentMessage, contentMessageOf, TTL_SECONDS, ttlSecondsOf } from './agent-message.ts'
import { messageIdOf } from './message-id.ts'
import { outcomeOfAnswer, revocationOf } from './rcs-outcome.ts'
import { readWebhookEvent } from './webhook-event.ts'

/**
 * RCS through Google's RCS for Business. The id of a message is ours, so a repeat is the same message and a receipt finds
 * its attempt; that a phone has no RCS is known at once, and what has not arrived can be taken back for certain.
 */
const HOST = 'rcsbusinessmessaging.googleapis.com'
const SCOPE = 'https://www.googleapis.com/auth/rcsbusinessmessaging'

const config = Type.Object({
  agentId: Type.String({
    pattern: '^[A-Za-z0-9@._-]{1,128}$',
    expected: 'the id of the agent, such as my_shop_ab12cd34_agent',
    example: 'my_shop_ab12cd34_agent',
    description: 'Who sends: the id of the agent, as the RCS for Business console shows it.',
  }),
  serviceAccount: Secret({
    description: 'The key file (JSON) of the service account, whole. `serviceAccountFile` names it in place of that.',
  }),
  clientToken: Type.Optional(
    Secrets({
      unset: 'no receipts come back',
      description:
        'The client token of the agent’s webhook: checks what Google posts to us. A list while it is being changed: any ' +
        'is good.',
    }),
  ),
  messageTrafficType: Type.Optional(
    Type.Enum(['AUTHENTICATION', 'TRANSACTION', 'PROMOTION', 'SERVICEREQUEST', 'ACKNOWLEDGEMENT'], {
      unset: 'what is usual for the agent; a multi-use agent needs one',
      description: 'What kind of messages these are.',
    }),
  ),
  region: Type.Optional(
    Type.Enum(['us', 'europe', 'asia'], {
      unset: 'Google’s global address',
      description: 'Whose servers are called: the region of the agent.',
    }),
  ),
  baseUrl: Type.Optional(
    Url({ description: 'Where the API is, in place of Google’s address for `region`: for a stand-in for tests.' }),
  ),
  tokenUrl: Type.Optional(
    Url({ description: 'Where tokens are given, in place of what the key file says: for a stand-in for tests.' }),
  ),
})
type Config = Static<typeof config>

export const rcs = defineChannel({
  id: 'rcs',
  serves: ['RCS'],
  summary: 'RCS through Google’s RCS for Business (RBM).',
  config,
  check: ({ serviceAccount, region, baseUrl }) => {
    const account = serviceAccount === undefined ? undefined : readServiceAccount(serviceAccount)
    return [
      ...(account !== undefined && 'wrong' in account ? [{ field: 'serviceAccount', message: account.wrong }] : []),
      ...(region !== undefined && baseUrl !== undefined
        ? [{ field: 'region', message: 'is given beside baseUrl: keep one of the two' }]
        : []),
    ]
  },
  abilities: (_channel, { clientToken }) => ({
    // Without the token nothing that comes can be believed.
    reports: clientToken === undefined ? ['accepted'] : ['accepted', 'delivered', 'read'],
    address: 'phone',
    carries: ['text', 'image', 'video', 'audio', 'file', 'richCard', 'carousel'],
    takesIdempotencyKey: true,
    validity: { minMs: TTL_SECONDS.min * 1000, maxMs: TTL_SECONDS.max * 1000 },
    revokes: true,
    ...(clientToken !== undefined && { hearsReplies: true }),
  }),
  create: (config, world) => {
    const account = readServiceAccount(config.serviceAccount)
    if ('wrong' in account) throw new Error(`invariant broken: serviceAccount ${account.wrong}`)
    const { tokenUrl } = config
    const api = createGoogleApi({ account, scope: SCOPE, ...(tokenUrl !== undefined && { tokenUrl }) }, world.clock)
    const tokens = listOf(config.clientToken)
    return {
      send: (outgoing, signal) => send(api, config, world, outgoing, signal),
      receive: (request) => readWebhookEvent(request, tokens),
      revoke: (sent, signal) => revoke(api, config, world, sent, signal),
      check: (signal) => check(api, account.email, signal),
      close: api.close,
    }
  },
})

async function send(
  api: GoogleApi,
  config: Config,
  world: World,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { address, content, idempotencyKey, validForMs, willBeRevoked = false } = outgoing
  if (!isPhone(address)) return { kind: 'rejected', ...NO_PHONE }
  const contentMessage = contentMessageOf(content)
  if (contentMessage === undefined) return { kind: 'rejected', reason: 'content', detail: 'there is nothing to send' }
  const { messageTrafficType } = config
  const json: AgentMessage = {
    contentMessage,
    ...(validForMs !== undefined && { ttl: `${ttlSecondsOf(validForMs, { willBeRevoked })}s` }),
    ...(messageTrafficType !== undefined && { messageTrafficType }),
  }
  const messageId = messageIdOf(idempotencyKey)
  const query = new URLSearchParams({ messageId, agentId: config.agentId })
  const url = `${baseUrlOf(config)}/v1/phones/${address}/agentMessages?${query}`
  const result = await api.call({ method: 'POST', url, json }, signal)
  if (result.kind === 'no-token') return outcomeWithoutToken(result)
  return outcomeOfAnswer(result, messageId, world.clock.now())
}

async function revoke(
  api: GoogleApi,
  config: Config,
  { clock }: World,
  sent: Revocation,
  signal: AbortSignal,
): Promise<RevokeOutcome> {
  const { address, providerRef, idempotencyKey, leftAt, validForMs } = sent
  if (!isPhone(address)) return { kind: 'unclear', detail: 'the address is no phone number' }
  const messageId = providerRef ?? messageIdOf(idempotencyKey)
  const query = new URLSearchParams({ agentId: config.agentId })
  const url = `${baseUrlOf(config)}/v1/phones/${address}/agentMessages/${encodeURIComponent(messageId)}?${query}`
  const result = await api.call({ method: 'DELETE', url }, signal)
  if (result.kind === 'no-token') return { kind: 'unclear', detail: result.detail }
  const diesAt =
    leftAt + (validForMs === undefined ? Infinity : ttlSecondsOf(validForMs, { willBeRevoked: true }) * 1000)
  // Of one that Google may never have had, or that may be dead by now, "not found" does not mean that it has arrived.
  return revocationOf(result, providerRef !== undefined && clock.now() < diesAt)
}

/** Google has nothing that could be asked about an agent without a phone number, so the login is all that is tried. */
async function check(api: GoogleApi, email: string, signal: AbortSignal): Promise<CheckOutcome> {
  const login = await api.logIn(signal)
  if (login.kind === 'token') {
    return { kind: 'good', detail: `Google knows ${email}; whether it may use the agent shows with the first message` }
  }
  const refused = login.kind === 'no-token' && login.why === 'refused'
  return { kind: refused ? 'refused' : 'unknown', detail: login.detail }
}

function baseUrlOf({ baseUrl, region }: Config): string {
  return withoutSlash(baseUrl ?? `https://${region === undefined ? '' : `${region}-`}${HOST}`)
}
