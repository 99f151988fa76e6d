import { createHmac } from 'node:crypto'
import { type Answer, type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

export type MailchimpMail = { id: string; message: MailchimpMessage }
/** The fields of a mail as far as they were checked. */
export type MailchimpMessage = {
  from_email: string
  to: readonly [{ email: string; type?: string }]
  metadata?: Readonly<Record<string, unknown>>
  [field: string]: unknown
}

export type MailchimpFake = FakeProvider<MailchimpMail> & {
  /** An event about a mail, as Mailchimp writes it. */
  event(
    of: { id?: string; attemptRef?: string; email?: string },
    event: unknown,
    msg?: Readonly<Record<string, unknown>>,
  ): object
  /** A post to the webhook, signed with the given key; without a key it is not signed. */
  post(url: string, events: unknown, key?: string): { headers: Record<string, string>; body: Buffer }
}

export type MailchimpOptions = {
  now: () => number
  /** Domains whose senders are verified. */
  domains?: readonly string[]
  subaccounts?: readonly string[]
  /** Its deny list: addresses with the reason. */
  denied?: Readonly<Record<string, string>>
}

export const MAILCHIMP_KEY = 'md-ONzNrsmbtNXoIKyfPmjnig'
export const MAILCHIMP_WEBHOOK_KEY = 'ntynTMaFpM_octE5R1DKAx'

/** Mailchimp Transactional's API, as far as sending needs it, and its webhook. */
export async function startMailchimp(options: MailchimpOptions): Promise<MailchimpFake> {
  const { now, domains = ['mail.example'], subaccounts = [], denied = {} } = options
  let count = 0

  const judge = (request: Incoming): Verdict<MailchimpMail> => {
    const { key, ...fields } = (request.json ?? {}) as Record<string, unknown>
    if (request.method !== 'POST' || request.headers['content-type'] !== 'application/json') {
      return { answer: error(400, -1, 'GeneralError', 'Bad request') }
    }
    if (key !== MAILCHIMP_KEY) return { answer: error(401, -1, 'Invalid_Key', `Invalid API key: ${key}`) }
    if (request.path === '/users/ping2') return { answer: { status: 200, body: { PING: 'PONG!' } } }
    if (request.path !== '/messages/send.json') return { answer: error(404, -1, 'Unknown_Method', request.path) }
    const message = fields.message as MailchimpMessage
    const wrong = faultIn(fields) ?? strangeSubaccount(message, subaccounts)
    if (wrong !== undefined) return { answer: wrong }
    const { email } = message.to[0]
    const id = (++count).toString(16).padStart(32, 'abc1230')
    const refusal = denied[email] ?? (domains.includes(message.from_email.split('@')[1] ?? '') ? undefined : 'unsigned')
    if (refusal !== undefined) return { answer: result(email, 'rejected', { reject_reason: refusal, _id: id }) }
    return { answer: result(email, 'sent', { _id: id }), message: { id, message } }
  }

  const fake = await startFakeProvider(judge)
  return {
    ...fake,
    event: ({ id, attemptRef, email = 'ann@example.org' }, event, msg = {}) => ({
      event,
      msg: {
        ts: Math.floor(now() / 1000) - 60,
        subject: 'Your table is ready.',
        email,
        sender: 'hello@mail.example',
        tags: [],
        opens: [],
        clicks: [],
        state: 'sent',
        metadata: attemptRef === undefined ? [] : { untilread_attempt: attemptRef },
        ...(id !== undefined && { _id: id }),
        ...msg,
      },
      ...(id !== undefined && { _id: id }),
      ts: Math.floor(now() / 1000) - 2,
    }),
    post: (url, events, key) => {
      const text = typeof events === 'string' ? events : JSON.stringify(events).replaceAll('/', '\\/')
      const signature = key && createHmac('sha1', key).update(`${url}mandrill_events${text}`).digest('base64')
      return {
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'user-agent': 'Mandrill-Webhook/1.0',
          ...(signature && { 'x-mandrill-signature': signature }),
        },
        body: Buffer.from(new URLSearchParams({ mandrill_events: text }).toString()),
      }
    },
  }
}

/** Mailchimp's form of an error; its sentences may quote what was sent. */
export function error(status: number, code: number, name: string, message: string): Answer {
  return { status, body: { status: 'error', code, name, message } }
}

export function result(email: string, status: string, more: Readonly<Record<string, unknown>> = {}): Answer {
  return { status: 200, body: [{ email, status, reject_reason: null, queued_reason: null, ...more }] }
}

const ADDRESS = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/
/** The fields that we send, with their types in the API's public description. */
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  html: isText,
  text: isText,
  subject: (value) => isText(value) && value.length <= 998,
  from_email: (value) => ADDRESS.test(String(value)),
  from_name: isText,
  to: Array.isArray,
  headers: (value) => Object.values(Object(value)).every(isText),
  track_opens: (value) => typeof value === 'boolean',
  track_clicks: (value) => typeof value === 'boolean',
  merge: (value) => value === false,
  metadata: (value) => Object.values(Object(value)).every(isText),
  subaccount: isText,
  tags: (value) => Array.isArray(value) && value.every((tag) => isText(tag) && /^[^_].{0,49}$/.test(tag)),
}

function faultIn({ message, async, ...others }: Record<string, unknown>): Answer | undefined {
  if (Object.keys(others).length > 0 || async !== false) return invalid('You must specify only what is known')
  const wrong = Object.entries(Object(message)).find(([field, value]) => !TYPES[field]?.(value))?.[0]
  if (wrong !== undefined) return invalid(`{"message":{"${wrong}":"Not valid"}}`)
  const { from_email, to, text, html } = Object(message)
  if (from_email === undefined) return invalid('{"message":{"from_email":"Please enter a value"}}')
  const [person, ...more] = Object(to)
  if (more.length > 0 || person?.type !== 'to') return invalid('{"message":{"to":"one person"}}')
  if (!ADDRESS.test(person.email)) return result(person.email, 'invalid', { _id: 'abc' })
  return text === undefined && html === undefined ? invalid('{"message":{"html":"Please enter a value"}}') : undefined
}

function strangeSubaccount({ subaccount }: MailchimpMessage, known: readonly string[]): Answer | undefined {
  if (subaccount === undefined || known.includes(String(subaccount))) return undefined
  return error(404, 12, 'Unknown_Subaccount', `No subaccount exists with the id '${subaccount}'`)
}

function invalid(words: string): Answer {
  return error(422, -2, 'ValidationError', `Validation error: ${words}`)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
