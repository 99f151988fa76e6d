import { type Static, Type } from 'typebox'
import { accountFields, accountProblems } from '../../genesys-cloud/account.ts'
import { createCloud } from '../../genesys-cloud/cloud.ts'
import { defineChannel } from '../define-channel.ts'
import { compose, type Mailbox, mailboxOf } from './mail.ts'
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
type Config = Static<typeof config>

const ONE_ADDRESS = 'want one e-mail address, such as Example <hello@support.example.com>'
const PATH = '/api/v2/conversations/emails/agentless'

export const genesysEmail = defineChannel({
  id: 'genesys-email',
  serves: ['Email'],
  summary: 'E-mail through Genesys Cloud (agentless e-mail).',
  config,
  abilities: () => ({ reports: ['accepted'], address: 'email', carries: ['text'], takesIdempotencyKey: false }),
  check: (config) => [
    ...accountProblems(config),
    ...(mailboxOf(config.from) === undefined ? [{ field: 'from', message: ONE_ADDRESS }] : []),
    ...(config.replyTo !== undefined && mailboxOf(config.replyTo) === undefined
      ? [{ field: 'replyTo', message: ONE_ADDRESS }]
      : []),
  ],
  create: (config, { clock }) => {
    const cloud = createCloud(config, clock)
    const sender = senderOf(config)
    return {
      send: async (outgoing, signal) => {
        const composed = compose(outgoing, sender)
        if (composed.kind === 'unfit') return { kind: 'rejected', reason: composed.reason, detail: composed.detail }
        return readOutcome(await cloud.call({ method: 'POST', path: PATH, json: composed.mail }, signal), clock.now())
      },
      close: cloud.close,
    }
  },
})

function senderOf({ from, replyTo }: Config): { from: Mailbox; replyTo?: Mailbox } {
  const answers = replyTo === undefined ? undefined : mailboxOf(replyTo)
  return { from: mailboxOf(from) ?? { email: from }, ...(answers !== undefined && { replyTo: answers }) }
}
