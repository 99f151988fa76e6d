import { Type } from 'typebox'
import { accountFields, accountProblems } from '../../genesys-cloud/account.ts'
import { createCloud } from '../../genesys-cloud/cloud.ts'
import { defineChannel } from '../define-channel.ts'
import { mailboxProblems } from '../mail-parts.ts'
import { compose } from './mail.ts'
import { readOutcome } from './outcome.ts'

/**
 * E-mail through Genesys Cloud, as *agentless e-mail*: no agent sees it, and what comes back goes wherever replies go. Genesys
 * says that it took a mail, and nothing after that which we could wait for. It knows no idempotency key.
 */
const config = Type.Object({
  ...accountFields,
  from: Type.String({
    minLength: 3,
    example: 'Example <hello@support.example.com>',
    description:
      'The sender. Its domain has to be set up and verified in Genesys Cloud, for campaigns and agentless mail.',
  }),
  replyTo: Type.Optional(
    Type.String({
      minLength: 3,
      example: 'help@example.com',
      unset: 'the sender',
      description: 'Where answers go.',
    }),
  ),
})

const PATH = '/api/v2/conversations/emails/agentless'

export const genesysEmail = defineChannel({
  id: 'genesys-email',
  serves: ['Email'],
  summary: 'E-mail through Genesys Cloud (agentless e-mail).',
  config,
  abilities: () => ({ reports: ['accepted'], address: 'email', carries: ['text'], takesIdempotencyKey: false }),
  check: (config) => [...accountProblems(config), ...mailboxProblems({ from: config.from, replyTo: config.replyTo })],
  create: (config, { clock }) => {
    const cloud = createCloud(config, clock)
    return {
      send: async (outgoing, signal) => {
        const composed = compose(outgoing, config)
        if (composed.kind === 'unfit') return { kind: 'rejected', reason: composed.reason, detail: composed.detail }
        return readOutcome(await cloud.call({ method: 'POST', path: PATH, json: composed.mail }, signal), clock.now())
      },
      check: async (signal) => {
        const login = await cloud.logIn(signal)
        if (login.kind === 'token') {
          return { kind: 'good', detail: 'the client is known; whether it may send shows with the first mail' }
        }
        const refused = login.kind === 'no-token' && login.why === 'refused'
        return { kind: refused ? 'refused' : 'unknown', detail: login.detail }
      },
      close: cloud.close,
    }
  },
})
