import { type Static, Type } from 'typebox'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient } from '../../http/http-client.ts'
import { defineChannel, listOf, Secret, Url } from '../define-channel.ts'
import { ATTEMPT_KEY, MAIL_CHANNEL } from '../mail-events.ts'
import { AUTOMATIC_HEADERS, type MailParts, mailboxOf, mailboxProblems, mailPartsOf } from '../mail-parts.ts'
import { readEventWebhook } from './event-webhook.ts'
import { checkOf, outcomeOfAnswer } from './sendgrid-outcome.ts'
import { keyOf } from './signature.ts'

/**
 * E-mail through SendGrid's v3 API, and its signed event webhook. SendGrid has no idempotency key, so a send whose answer was
 * lost waits for an event, which brings our reference back.
 */
const BASE_URL = 'https://api.sendgrid.com'

const verificationKey = Type.String({
  pattern: '^[A-Za-z0-9+/]{80,200}={0,2}$',
  expected: 'the verification key as SendGrid shows it, such as MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE…',
})

const config = Type.Object({
  apiKey: Secret({ description: 'An API key that may send mail (Mail Send).' }),
  from: Type.String({
    minLength: 3,
    example: 'Example <hello@example.com>',
    description: 'The sender: of a domain that is authenticated at SendGrid, or a verified single sender.',
  }),
  replyTo: Type.Optional(
    Type.String({ minLength: 3, example: 'help@example.com', unset: 'the sender', description: 'Where answers go.' }),
  ),
  verificationKey: Type.Optional(
    Type.Union([verificationKey, Type.Array(verificationKey, { minItems: 1 })], {
      unset: 'no events are believed, and no step can wait for more than `Accepted`',
      description:
        'The public key of the signed event webhook, as SendGrid shows it. A list while it is being changed: any is good.',
    }),
  ),
  categories: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      minItems: 1,
      maxItems: 10,
      unset: 'none',
      description: 'Categories for SendGrid’s own statistics. Nothing about a person: SendGrid keeps them for long.',
    }),
  ),
  unsubscribeGroup: Type.Optional(
    Type.Integer({
      minimum: 1,
      unset: 'the mails belong to none',
      description: 'The number of SendGrid’s unsubscribe group for our mails; SendGrid then adds the way to leave it.',
    }),
  ),
  trackClicks: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Let SendGrid rewrite links, to count clicks in its statistics. No status comes of it.',
    }),
  ),
  baseUrl: Type.Optional(
    Url({ default: BASE_URL, description: 'Where the API is: for accounts in the EU, or a stand-in for tests.' }),
  ),
})
type Config = Static<typeof config>

export const sendgrid = defineChannel({
  id: 'sendgrid',
  serves: [MAIL_CHANNEL],
  summary: 'E-mail through SendGrid.',
  config,
  check: ({ from, replyTo, verificationKey }) => [
    ...mailboxProblems({ from, replyTo }),
    ...(listOf(verificationKey).every((key) => keyOf(key) !== undefined)
      ? []
      : [{ field: 'verificationKey', message: 'is no public key of a signed event webhook: copy it whole' }]),
  ],
  abilities: (_channel, config) => ({
    reports: config.verificationKey === undefined ? ['accepted'] : ['accepted', 'delivered'],
    address: 'email',
    carries: ['text'],
    takesIdempotencyKey: false,
  }),
  create: (config, { clock }) => {
    const http = createHttpClient()
    const baseUrl = withoutSlash(config.baseUrl ?? BASE_URL)
    const headers = { authorization: `Bearer ${config.apiKey}`, accept: 'application/json' }
    const keys = listOf(config.verificationKey)
      .map(keyOf)
      .filter((key) => key !== undefined)
    return {
      send: async (outgoing, signal) => {
        const parts = mailPartsOf(outgoing, config.from)
        if (parts.kind === 'unfit') return { kind: 'rejected', reason: parts.reason, detail: parts.detail }
        const request = {
          url: `${baseUrl}/v3/mail/send`,
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(bodyOf(outgoing, parts, config)),
        }
        return outcomeOfAnswer(await http.call(request, signal), clock.now())
      },
      receive: (request) => readEventWebhook(request, { keys, group: config.unsubscribeGroup, now: clock.now() }),
      check: async (signal) =>
        checkOf(await http.call({ method: 'GET', url: `${baseUrl}/v3/scopes`, headers }, signal)),
      close: http.close,
    }
  },
})

function bodyOf({ attemptRef }: Outgoing, { from, to, subject, text, html }: MailParts, config: Config) {
  const replyTo = config.replyTo === undefined ? undefined : mailboxOf(config.replyTo)
  return {
    // Not the `custom_args` beside it, which SendGrid's own description calls a string.
    personalizations: [{ to: [{ email: to }], custom_args: { [ATTEMPT_KEY]: attemptRef } }],
    from,
    reply_to: replyTo,
    subject,
    // Plain text first, or SendGrid refuses the mail.
    content: [
      ...(text === undefined ? [] : [{ type: 'text/plain', value: text }]),
      ...(html === undefined ? [] : [{ type: 'text/html', value: html }]),
    ],
    headers: AUTOMATIC_HEADERS,
    categories: config.categories && [...new Set(config.categories)], // SendGrid takes none twice
    asm: config.unsubscribeGroup === undefined ? undefined : { group_id: config.unsubscribeGroup },
    tracking_settings: {
      click_tracking: { enable: config.trackClicks ?? false, enable_text: false },
      open_tracking: { enable: false },
    },
  }
}
