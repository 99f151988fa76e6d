import { generateKeyPairSync, sign } from 'node:crypto'
import { type Answer, type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

export type SendGridMail = {
  /** What `X-Message-Id` says. */
  id: string
  body: SendGridBody
}
/** The fields of a mail as far as they were checked. */
export type SendGridBody = {
  personalizations: readonly [{ to: readonly [{ email: string }]; custom_args?: Readonly<Record<string, string>> }]
  from: { email: string; name?: string }
  subject: string
  content: readonly { type: string; value: string }[]
  [field: string]: unknown
}

export type SendGridFake = FakeProvider<SendGridMail> & {
  /** As the console shows it, for `verificationKey`. */
  verificationKey: string
  /** An event about a mail, as SendGrid writes it. */
  event(of: { id?: string; attemptRef?: string; email?: string }, more: Readonly<Record<string, unknown>>): object
  /** A post to the event webhook, signed unless told otherwise. */
  post(events: unknown, how?: { at?: number; forged?: boolean }): { headers: Record<string, string>; body: Buffer }
}

export type SendGridOptions = {
  now: () => number
  scopes?: readonly string[]
  /** Domains whose senders are verified. */
  domains?: readonly string[]
}

export const SENDGRID_KEY = 'SG.aaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'

/** SendGrid's v3 API, as far as sending needs it, and its event webhook. */
export async function startSendGrid(options: SendGridOptions): Promise<SendGridFake> {
  const { now, scopes = ['mail.send', '2fa_required'], domains = ['mail.example'] } = options
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const strangers = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  let count = 0

  const judge = (request: Incoming): Verdict<SendGridMail> => {
    if (request.headers.authorization !== `Bearer ${SENDGRID_KEY}`) {
      return { answer: errors(401, 'The provided authorization grant is invalid, expired, or revoked') }
    }
    if (request.headers.accept !== 'application/json') return { answer: errors(406, 'Not Acceptable') }
    const route = `${request.method} ${request.path}`
    if (route === 'GET /v3/scopes') return { answer: { status: 200, body: { scopes: [...scopes] } } }
    if (route !== 'POST /v3/mail/send') return { answer: errors(404, 'not found') }
    if (request.headers['content-type'] !== 'application/json') return { answer: errors(415, 'Content-Type') }
    const wrong = faultIn(request.json, domains)
    if (wrong !== undefined) return { answer: wrong }
    const id = `${String(++count).padStart(4, '0')}_NHStOGhQ4kofSm-A`
    return {
      answer: { status: 202, headers: { 'x-message-id': id }, body: '' },
      message: { id, body: request.json as SendGridBody },
    }
  }

  const fake = await startFakeProvider(judge)
  return {
    ...fake,
    verificationKey: keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    event: ({ id, attemptRef, email = 'ann@example.org' }, more) => ({
      email,
      timestamp: Math.floor(now() / 1000) - 2,
      'smtp-id': `<${id}@geopod-ismtpd-1>`,
      sg_event_id: 'ZGVsaXZlcmVkLTAtMTA5OTQ5MTk',
      ...(id !== undefined && { sg_message_id: `${id}.recvd-5f54b5d587-pczjm-1-67BADEEA-6.0` }),
      ...(attemptRef !== undefined && { untilread_attempt: attemptRef }),
      ...more,
    }),
    post: (events, { at = now(), forged = false } = {}) => {
      // One event to a line, as SendGrid lays them out; the signature covers the line ends.
      const text = typeof events === 'string' ? events : JSON.stringify(events).replaceAll('},{', '},\r\n{')
      const body = Buffer.from(`${text}\r\n`)
      const timestamp = String(Math.floor(at / 1000))
      const { privateKey } = forged ? strangers : keys
      const signature = sign('sha256', Buffer.concat([Buffer.from(timestamp), body]), privateKey)
      return {
        headers: {
          'content-type': 'application/json',
          'user-agent': 'SendGrid Event API',
          'x-twilio-email-event-webhook-signature': signature.toString('base64'),
          'x-twilio-email-event-webhook-timestamp': timestamp,
        },
        body,
      }
    },
  }
}

/** SendGrid's form of an error; its sentences may quote what was sent. */
export function errors(status: number, message: string, field: string | null = null): Answer {
  return { status, body: { errors: [{ message, field, help: null }] } }
}

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/
const FIELDS = [
  ...['personalizations', 'from', 'reply_to', 'subject', 'content', 'headers', 'categories', 'asm'],
  'tracking_settings',
]
const OWN_HEADERS = /^(x-sg-.*|received|dkim-signature|content-type|to|from|subject|reply-to|cc|bcc)$/i

/** What is wrong with a mail, or undefined. By the API's public description: required fields, types and limits. */
function faultIn(json: unknown, domains: readonly string[]): Answer | undefined {
  const body = (json ?? {}) as Record<string, unknown>
  const stranger = Object.keys(body).find((field) => !FIELDS.includes(field))
  if (stranger !== undefined) return errors(400, 'Additional property is not allowed', stranger)
  const [one, ...others] = (body.personalizations ?? []) as { to?: { email?: unknown }[]; custom_args?: object }[]
  if (one === undefined || others.length > 0) return errors(400, 'one personalization', 'personalizations')
  const [to, ...more] = one.to ?? []
  if (more.length > 0 || !isAddress(to)) {
    return errors(400, `Does not contain a valid address: ${to?.email}.`, 'personalizations.0.to.0.email')
  }
  if (!Object.values(one.custom_args ?? {}).every((value) => typeof value === 'string')) {
    return errors(400, 'custom_args must be strings', 'personalizations.0.custom_args')
  }
  if (!isAddress(body.from)) return errors(400, 'The from object must be provided', 'from.email')
  if (body.reply_to !== undefined && !isAddress(body.reply_to)) return errors(400, 'not valid', 'reply_to.email')
  if (!domains.includes(body.from.email.split('@')[1] ?? '')) {
    return errors(403, `The from address ${body.from.email} does not match a verified Sender Identity.`, 'from')
  }
  if (typeof body.subject !== 'string' || body.subject === '') return errors(400, 'The subject is required', 'subject')
  const types = ((body.content ?? []) as { type: string; value: string }[]).map(({ type, value }) =>
    typeof value === 'string' && value !== '' ? type : 'empty',
  )
  if (!['text/plain', 'text/html', 'text/plain,text/html'].includes(types.join())) {
    return errors(400, 'The content value must be a string at least one character in length.', 'content.0.value')
  }
  if (Object.keys((body.headers ?? {}) as object).some((name) => OWN_HEADERS.test(name))) {
    return errors(400, 'reserved', 'headers')
  }
  const categories = (body.categories ?? []) as unknown[]
  if (categories.length > 10 || new Set(categories).size < categories.length) {
    return errors(400, 'Too many categories', 'categories')
  }
  const { group_id } = (body.asm ?? { group_id: 1 }) as { group_id?: unknown }
  return Number.isInteger(group_id) ? undefined : errors(400, 'asm.group_id must be an integer', 'asm.group_id')
}

function isAddress(value: unknown): value is { email: string } {
  return ADDRESS.test(String((value as { email?: unknown } | undefined)?.email))
}
