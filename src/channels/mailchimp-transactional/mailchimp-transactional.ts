import { type Static, Type } from 'typebox'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { withoutSlash } from '../../http/base-url.ts'
import { createHttpClient } from '../../http/http-client.ts'
import { defineChannel, listOf, Secret, Secrets, Url } from '../define-channel.ts'
import { ATTEMPT_KEY, MAIL_CHANNEL } from '../mail-events.ts'
import { AUTOMATIC_HEADERS, type MailParts, mailboxOf, mailboxProblems, mailPartsOf } from '../mail-parts.ts'
import { readEventWebhook } from './event-webhook.ts'
import { checkOf, outcomeOfAnswer } from './mailchimp-outcome.ts'

/**
 * E-mail through Mailchimp Transactional, which was called Mandrill and still says so on the wire. It has no idempotency key,
 * so a send whose answer was lost waits for an event, which brings our reference back.
 */
const BASE_URL = 'https://mandrillapp.com/api/1.4'

/** The API takes its methods with and without `.json`. Its description has it where messages are sent, and not at `ping2`. */
const SEND_PATH = '/messages/send.json'

const config = Type.Object({
  apiKey: Secret({ description: 'An API key of Mailchimp Transactional.' }),
  from: Type.String({
    minLength: 3,
    example: 'Example <hello@example.com>',
    description: 'The sender, of a domain that is verified at Mailchimp.',
  }),
  replyTo: Type.Optional(
    Type.String({ minLength: 3, example: 'help@example.com', unset: 'the sender', description: 'Where answers go.' }),
  ),
  webhookKey: Type.Optional(
    Secrets({
      unset: 'no events are believed, and no step can wait for more than `Accepted`',
      description:
        'The key of the webhook, as Mailchimp shows it beside its address. A list while it is being changed: any is good.',
    }),
  ),
  subaccount: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      unset: 'the account itself sends',
      description: 'The id of a subaccount of Mailchimp’s that sends.',
    }),
  ),
  tags: Type.Optional(
    Type.Array(
      Type.String({ pattern: '^[^_].{0,49}$', expected: 'at most 50 characters, and no underscore at the beginning' }),
      { minItems: 1, maxItems: 10, unset: 'none', description: 'Tags for Mailchimp’s own statistics.' },
    ),
  ),
  trackClicks: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Let Mailchimp rewrite links, to count clicks in its statistics. No status comes of it.',
    }),
  ),
  baseUrl: Type.Optional(
    Url({ default: BASE_URL, description: 'Where the API is, with its version: for a stand-in for tests.' }),
  ),
})
type Config = Static<typeof config>

export const mailchimpTransactional = defineChannel({
  id: 'mailchimp-transactional',
  serves: [MAIL_CHANNEL],
  summary: 'E-mail through Mailchimp Transactional (Mandrill).',
  config,
  check: ({ from, replyTo }) => mailboxProblems({ from, replyTo }),
  abilities: (_channel, config) => ({
    reports: config.webhookKey === undefined ? ['accepted'] : ['accepted', 'sent', 'delivered'],
    address: 'email',
    carries: ['text'],
    takesIdempotencyKey: false,
  }),
  create: (config, world) => {
    const http = createHttpClient()
    const baseUrl = withoutSlash(config.baseUrl ?? BASE_URL)
    const keys = listOf(config.webhookKey)
    // The key goes in the body of each call: nothing of a request may be shown.
    const call = (path: string, fields: object, signal: AbortSignal) =>
      http.call(
        {
          url: baseUrl + path,
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: JSON.stringify({ key: config.apiKey, ...fields }),
        },
        signal,
      )
    return {
      send: async (outgoing, signal) => {
        const parts = mailPartsOf(outgoing, config.from)
        if (parts.kind === 'unfit') return { kind: 'rejected', reason: parts.reason, detail: parts.detail }
        const message = messageOf(outgoing, parts, config)
        return outcomeOfAnswer(await call(SEND_PATH, { message, async: false }, signal), world.clock.now())
      },
      receive: (request) =>
        readEventWebhook(request, { keys, callbackUrl: world.callbackUrl, subaccount: config.subaccount }),
      check: async (signal) => checkOf(await call('/users/ping2', {}, signal)),
      close: http.close,
    }
  },
})

function messageOf({ attemptRef }: Outgoing, { from, to, subject, text, html }: MailParts, config: Config) {
  const replyTo = config.replyTo === undefined ? undefined : mailboxOf(config.replyTo)
  return {
    from_email: from.email,
    from_name: from.name,
    to: [{ email: to, type: 'to' }],
    subject,
    text,
    html,
    // The bare address: a name might have to be encoded for a header.
    headers: { ...AUTOMATIC_HEADERS, ...(replyTo !== undefined && { 'Reply-To': replyTo.email }) },
    track_opens: false,
    track_clicks: config.trackClicks ?? false,
    merge: false, // or `*|…|*` in a text would be taken for a field to fill in
    metadata: { [ATTEMPT_KEY]: attemptRef },
    subaccount: config.subaccount,
    tags: config.tags,
  }
}
