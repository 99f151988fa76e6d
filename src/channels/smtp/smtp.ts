import type { Readable } from 'node:stream'
import { createTransport, type NodemailerError } from 'nodemailer'
import { type Static, Type } from 'typebox'
import type { SendOutcome } from '../../domain/message.ts'
import type { CallbackResult, CheckOutcome, Outgoing, RawRequest } from '../../engine/ports/channel.ts'
import { isSameText } from '../../signing/same-text.ts'
import { defineChannel, Secret } from '../define-channel.ts'
import { mailboxProblems } from '../mail-parts.ts'
import { readDeliveryReport } from './delivery-report.ts'
import { compose, type Sender } from './mail.ts'
import { outcomeOfFailure } from './smtp-outcome.ts'

/**
 * E-mail over SMTP. The server's 250 is `accepted`: it has the mail now, and what becomes of it is told by delivery reports
 * if at all. Nodemailer sends and pools; repeating is left to the engine, which knows whether the message still wants it.
 */
const TIMEOUT_SECONDS = 25
const MAX_CONNECTIONS = 5

const config = Type.Object({
  host: Type.String({ minLength: 1, example: 'smtp.example.com', description: 'The mail server that takes our mail.' }),
  port: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_535,
      unset: '587 with `starttls`, 465 with `implicit`, 25 otherwise',
      description: 'The port of the mail server.',
    }),
  ),
  tls: Type.Optional(
    Type.Enum(['starttls', 'implicit', 'opportunistic', 'none'], {
      default: 'starttls',
      description:
        '`starttls`: encrypted after a greeting, or nothing is sent. `implicit`: encrypted from the first byte. ' +
        '`opportunistic`: encrypted if the server can. `none`: for a server on the same machine.',
    }),
  ),
  certificateAuthority: Type.Optional(
    Type.String({ description: 'A certificate (PEM) to trust, for a server whose own is not signed by a public one.' }),
  ),
  user: Type.Optional(Type.String({ minLength: 1, example: 'shop', description: 'Who logs in. Left out: no login.' })),
  password: Type.Optional(Secret({ description: 'Goes with `user`.' })),
  from: Type.String({ minLength: 3, example: 'Example <hello@example.com>', description: 'The sender.' }),
  returnPath: Type.Optional(
    Type.String({
      minLength: 3,
      example: 'bounces+{attempt}@example.com',
      unset: 'the address in `from`',
      description: 'Where bounces are sent; `{attempt}` in it becomes our reference.',
    }),
  ),
  messageIdDomain: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9.-]+$',
      expected: 'a domain name',
      example: 'example.com',
      unset: 'the domain of `from`',
      description: 'The right side of the Message-ID.',
    }),
  ),
  dsn: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Ask for a report of delivery too. Few servers send one; it needs `bounceToken`, to come back.',
    }),
  ),
  bounceToken: Type.Optional(
    Secret({ description: 'Lets a mail server post bounces to the callback URL, as `?token=`.' }),
  ),
  dkim: Type.Optional(
    Type.Object(
      {
        domain: Type.String({ minLength: 1, description: 'The domain that signs.' }),
        selector: Type.String({ minLength: 1, description: 'The name of the key in the domain’s DNS.' }),
        privateKey: Secret({ description: 'The key in PEM.' }),
      },
      { description: 'Sign mails ourselves. Most mail servers do it for us.' },
    ),
  ),
  maxConnections: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      default: MAX_CONNECTIONS,
      description: 'Connections kept to the server.',
    }),
  ),
  timeoutSeconds: Type.Optional(
    Type.Number({
      minimum: 1,
      maximum: 600,
      default: TIMEOUT_SECONDS,
      description: 'For handing over one mail, from connecting to the last answer.',
    }),
  ),
})
type Config = Static<typeof config>

export const smtp = defineChannel({
  id: 'smtp',
  serves: ['Email'],
  summary: 'E-mail through any SMTP server, with bounces as receipts.',
  config,
  abilities: (_channel, config) => ({
    reports: hearsOfDelivery(config) ? ['accepted', 'sent', 'delivered'] : ['accepted'],
    address: 'email',
    carries: ['text'],
    takesIdempotencyKey: true, // a repeat is the same mail, by its Message-ID
  }),
  check: ({ from, user, password }) => [
    ...mailboxProblems({ from }),
    ...(user !== undefined && password === undefined
      ? [{ field: 'password', message: 'missing: it goes with user' }]
      : []),
    ...(user === undefined && password !== undefined
      ? [{ field: 'user', message: 'missing: it goes with password' }]
      : []),
  ],
  create: (config) => {
    const mailer = createMailer(config)
    const sender = senderOf(config)
    const timeoutMs = (config.timeoutSeconds ?? TIMEOUT_SECONDS) * 1000
    return {
      send: (outgoing, signal) =>
        mailer.send(outgoing, sender, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])),
      receive: (request) => receive(request, config),
      check: mailer.check,
      close: mailer.close,
    }
  },
})

function hearsOfDelivery(config: Config): boolean {
  return config.dsn === true && config.bounceToken !== undefined
}

function senderOf(config: Config): Sender {
  const { from, returnPath, messageIdDomain } = config
  return {
    from,
    ...(returnPath !== undefined && { returnPath }),
    ...(messageIdDomain !== undefined && { messageIdDomain }),
    ...(config.bounceToken !== undefined && { ask: hearsOfDelivery(config) ? 'success' : 'failure' }),
  }
}

const PORTS = { starttls: 587, implicit: 465, opportunistic: 25, none: 25 } as const

function createMailer(config: Config) {
  const { tls = 'starttls', user, password, dkim } = config
  const transport = createTransport({
    pool: true,
    host: config.host,
    port: config.port ?? PORTS[tls],
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    opportunisticTLS: tls === 'opportunistic',
    ignoreTLS: tls === 'none',
    ...(config.certificateAuthority !== undefined && { tls: { ca: config.certificateAuthority } }),
    ...(user !== undefined && { auth: { user, pass: password } }),
    ...(dkim !== undefined && {
      dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.privateKey },
    }),
    maxConnections: config.maxConnections ?? MAX_CONNECTIONS,
    maxRequeues: 0, // the pool makes no tries of its own: the engine knows whether the message still wants one
    // Content comes from callers: it must not make us read files or fetch pages.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  // A message's stream is read once the server has said "go ahead", and its end is followed by the final dot: from there on
  // the server may have taken it. The signal is of one send alone, so it tells whose stream it is.
  const streams = new WeakMap<AbortSignal, Readable>()
  transport.use('stream', (mail, done) => {
    const { message, data } = mail
    const createReadStream = message.createReadStream.bind(message)
    message.createReadStream = (options) => {
      const stream = createReadStream(options)
      if (data.signal !== undefined) streams.set(data.signal, stream)
      return stream
    }
    done()
  })
  const running = new Set<Promise<SendOutcome>>()

  const deliver = async (outgoing: Outgoing, sender: Sender, signal: AbortSignal): Promise<SendOutcome> => {
    const composed = compose(outgoing, sender)
    if (composed.kind === 'unfit') return { kind: 'rejected', reason: composed.reason, detail: composed.detail }
    try {
      await transport.sendMail({ ...composed.mail, signal })
      return { kind: 'accepted', providerRef: composed.messageId }
    } catch (error) {
      const { code, command, response, responseCode } = error as NodemailerError
      if (code === undefined) throw error // not of the line, nor of the server: a mistake of ours
      const wasWritten = streams.get(signal)?.readableEnded ?? false
      return outcomeOfFailure({ code, command, response, responseCode }, wasWritten)
    }
  }

  const send = (outgoing: Outgoing, sender: Sender, signal: AbortSignal): Promise<SendOutcome> => {
    const sending = deliver(outgoing, sender, signal)
    running.add(sending)
    const finished = () => running.delete(sending)
    sending.then(finished, finished)
    return sending
  }

  /** Connects and logs in, and says goodbye. */
  const check = async (signal: AbortSignal): Promise<CheckOutcome> => {
    const { promise: calledOff, resolve } = Promise.withResolvers<CheckOutcome>()
    const giveUp = () => resolve({ kind: 'unknown', detail: 'called off before the server answered' })
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      const verified = transport.verify().then((): CheckOutcome => ({ kind: 'good' }), checkOutcomeOf)
      return await Promise.race([verified, calledOff])
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  const close = async () => {
    await Promise.allSettled(running)
    transport.close()
  }
  return { send, check, close }
}

function checkOutcomeOf(error: NodemailerError): CheckOutcome {
  const { code, command, response, responseCode } = error
  if (code === undefined) throw error
  const outcome = outcomeOfFailure({ code, command, response, responseCode }, false)
  const detail = 'detail' in outcome ? outcome.detail : code
  return { kind: outcome.kind === 'rejected' ? 'refused' : 'unknown', detail }
}

function receive(request: RawRequest, config: Config): CallbackResult | Promise<CallbackResult> {
  const { bounceToken, returnPath } = config
  if (bounceToken === undefined)
    return { kind: 'refused', detail: 'this connection takes no bounces: it has no bounceToken' }
  const token = new URL(request.url, 'http://host.invalid').searchParams.get('token')
  if (token === null || !isSameText(token, bounceToken))
    return { kind: 'refused', detail: 'the token is missing or wrong' }
  return readDeliveryReport(request.body, returnPath)
}
