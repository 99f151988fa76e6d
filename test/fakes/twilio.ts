import { createHmac, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What Twilio does with the next requests, until it is told otherwise. */
export type TwilioBehaviour =
  /** Takes the message and answers 201; before that or after it reports these statuses, in this order. */
  | { do: 'accept'; callBack?: { when: 'before-answer' | 'after-answer'; statuses: readonly string[] } }
  /** Refuses with an error of its own, in its own shape. */
  | { do: 'refuse'; status: number; code: number; message?: string; headers?: Record<string, string> }
  /** Something else: HTML of a load balancer, half an answer. */
  | { do: 'answer'; status: number; body: string; headers?: Record<string, string> }
  /** The connection ends before anything was taken. */
  | { do: 'hang-up' }
  /** Takes the message; the connection ends without an answer. */
  | { do: 'cut' }
  /** Takes the message and says nothing until `release`. */
  | { do: 'hold' }

export type TwilioOptions = {
  accountSid?: string
  /** The first signs callbacks; any of them logs in, as a secondary token does. */
  authTokens?: readonly string[]
  /** API keys that log in: id to secret. */
  apiKeys?: Readonly<Record<string, string>>
  /** What the account may send from; any messaging service id is one of its own. */
  senders?: readonly string[]
  /** Who has answered STOP. */
  optedOut?: readonly string[]
}

export type TwilioMessage = {
  sid: string
  /** As the form had it. */
  fields: Readonly<Record<string, string>>
}

export type TwilioFake = {
  /** For `baseUrl`. */
  url: string
  accountSid: string
  authToken: string
  /** What was taken, in order. */
  messages: TwilioMessage[]
  /** Every request to the API, refused ones among them. */
  requests(): number
  behave(behaviour: TwilioBehaviour): void
  /** Resolves when the next message has been taken, or at once when one has been since `behave`. */
  arrived(): Promise<TwilioMessage>
  /** Answers what is held. */
  release(): void
  /** Reports a status to the message's `StatusCallback`; answers the statuses of all tries, none without a callback URL. */
  report(sid: string, status: string, errorCode?: number): Promise<number[]>
  /** A form as Twilio posts it to a URL: its body, and the headers that prove it. */
  signed(url: string, fields: Readonly<Record<string, string>>, token?: string): SignedForm
  close(): Promise<void>
}
export type SignedForm = { body: string; headers: Record<string, string> }

export const TWILIO_ACCOUNT = `AC${'0123456789abcdef'.repeat(2)}`
export const TWILIO_TOKEN = 'fedcba9876543210fedcba9876543210'
export const TWILIO_SENDER = '+15005550006'

/**
 * Twilio's Messages API on a free port of this machine: checks login, account and every field that matters, answers errors
 * in Twilio's shape, and calls back signed, again after a 5xx where the URL's fragment asks for it.
 */
export async function startTwilio(options: TwilioOptions = {}): Promise<TwilioFake> {
  const { accountSid = TWILIO_ACCOUNT, authTokens = [TWILIO_TOKEN], senders = [TWILIO_SENDER] } = options
  const [authToken = TWILIO_TOKEN] = authTokens
  const logins = new Set<string>([
    ...authTokens.map((token) => `${accountSid}:${token}`),
    ...Object.entries(options.apiKeys ?? {}).map(([key, secret]) => `${key}:${secret}`),
  ])
  const messages: TwilioMessage[] = []
  const held: (() => void)[] = []
  let behaviour: TwilioBehaviour = { do: 'accept' }
  let arrival = Promise.withResolvers<TwilioMessage>()
  let requests = 0

  const signed: TwilioFake['signed'] = (url, fields, token = authToken) => {
    const text =
      url +
      Object.keys(fields)
        .sort()
        .map((name) => name + fields[name])
        .join('')
    return {
      body: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        'user-agent': 'TwilioProxy/1.1',
        'x-twilio-signature': createHmac('sha1', token).update(text).digest('base64'),
      },
    }
  }

  const report: TwilioFake['report'] = async (sid, status, errorCode) => {
    const message = messages.find((each) => each.sid === sid)
    const callback = message?.fields.StatusCallback
    if (message === undefined || callback === undefined) return []
    const [url = '', overrides = ''] = callback.split('#')
    const { rc, rp } = Object.fromEntries(new URLSearchParams(overrides))
    const retries = rp?.split(',').some((policy) => policy === '5xx' || policy === 'all') ? Number(rc) : 0
    const request = signed(url, callbackFields(accountSid, message, status, errorCode))
    const answers: number[] = []
    do {
      const answer = await fetch(url, { method: 'POST', ...request })
      await answer.arrayBuffer()
      answers.push(answer.status)
    } while ((answers.at(-1) ?? 0) >= 500 && answers.length <= retries)
    return answers
  }

  /** What is wrong with a request, as status, code and words; undefined when it is a message. */
  const fault = (incoming: IncomingMessage, form: URLSearchParams): [number, number, string] | undefined => {
    const login = /^Basic (\S+)$/.exec(incoming.headers.authorization ?? '')?.[1] ?? ''
    if (!logins.has(Buffer.from(login, 'base64').toString())) return [401, 20003, 'Authenticate']
    if (incoming.url !== `/2010-04-01/Accounts/${accountSid}/Messages.json`) {
      return [404, 20404, `The requested resource ${incoming.url} was not found`]
    }
    if (incoming.method !== 'POST') return [405, 20004, 'Method not allowed']
    if (incoming.headers['content-type'] !== 'application/x-www-form-urlencoded') return [415, 20415, 'Unsupported']
    const { To = '', From, MessagingServiceSid, Body = '', StatusCallback, ValidityPeriod } = Object.fromEntries(form)
    if (!/^\+[1-9]\d{6,14}$/.test(To)) return [400, 21211, `Invalid 'To' Phone Number: ${To}`]
    if (From === undefined && MessagingServiceSid === undefined)
      return [400, 21603, "A 'From' phone number is required."]
    if (MessagingServiceSid !== undefined && !/^MG[0-9a-fA-F]{32}$/.test(MessagingServiceSid)) {
      return [400, 21705, 'The Messaging Service Sid is invalid']
    }
    if (From !== undefined && !senders.includes(From)) {
      return [400, 21606, `The 'From' phone number ${From} is not a valid, message-capable Twilio phone number`]
    }
    if (Body === '') return [400, 21602, 'Message body is required.']
    if (Body.length > 1600) return [400, 21617, 'The concatenated message body exceeds the 1600 character limit']
    if (StatusCallback !== undefined && !/^https?:\/\/[^/_?#]+\/\S*$/.test(StatusCallback)) {
      return [400, 21609, `The 'StatusCallback' URL ${StatusCallback} is not a valid URL.`]
    }
    if (ValidityPeriod !== undefined && !isBetween(ValidityPeriod, 1, 36_000)) return [400, 20422, 'Invalid Parameter']
    if (options.optedOut?.includes(To)) return [400, 21610, 'Attempt to send to unsubscribed recipient']
    return undefined
  }

  const server = createServer(async (incoming, response) => {
    const todo = behaviour
    requests += 1
    const form = new URLSearchParams(await textOf(incoming))
    const wrong = fault(incoming, form)
    if (wrong !== undefined) return answerError(response, ...wrong)
    if (todo.do === 'refuse') {
      return answerError(response, todo.status, todo.code, todo.message ?? 'No.', todo.headers)
    }
    if (todo.do === 'answer') return void response.writeHead(todo.status, todo.headers).end(todo.body)
    if (todo.do === 'hang-up') return void incoming.socket.destroy()
    const message = { sid: `SM${randomBytes(16).toString('hex')}`, fields: Object.fromEntries(form) }
    messages.push(message)
    const answer = () => answerJson(response, 201, resource(accountSid, message))
    switch (todo.do) {
      case 'accept': {
        const { when, statuses = [] } = todo.callBack ?? {}
        const tell = async () => {
          for (const status of statuses) await report(message.sid, status)
        }
        if (when === 'before-answer') await tell()
        answer()
        if (when === 'after-answer') await tell()
        break
      }
      case 'cut':
        incoming.socket.destroy()
        break
      case 'hold':
        held.push(answer)
        break
    }
    arrival.resolve(message)
  })

  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accountSid,
    authToken,
    messages,
    requests: () => requests,
    behave: (next) => {
      behaviour = next
      arrival = Promise.withResolvers()
    },
    arrived: () => arrival.promise,
    release: () => {
      for (const answer of held.splice(0)) answer()
    },
    report,
    signed,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** The fields of a status callback, as they come for an SMS. */
export function callbackFields(
  accountSid: string,
  { sid, fields }: TwilioMessage,
  status: string,
  errorCode?: number,
): Record<string, string> {
  return {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    From: fields.From ?? TWILIO_SENDER,
    To: fields.To ?? '',
    MessageSid: sid,
    MessageStatus: status,
    SmsSid: sid,
    SmsStatus: status,
    ...(fields.MessagingServiceSid !== undefined && { MessagingServiceSid: fields.MessagingServiceSid }),
    ...(status === 'delivered' && { RawDlrDoneDate: '2603011200' }),
    ...(errorCode !== undefined && { ErrorCode: String(errorCode) }),
  }
}

function resource(accountSid: string, { sid, fields }: TwilioMessage) {
  const service = fields.MessagingServiceSid ?? null
  return {
    sid,
    account_sid: accountSid,
    messaging_service_sid: service,
    status: service === null ? 'queued' : 'accepted',
    to: fields.To,
    from: fields.From ?? null,
    body: fields.Body,
    num_segments: '1',
    num_media: '0',
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    price: null,
    price_unit: 'USD',
    api_version: '2010-04-01',
    date_created: 'Sun, 01 Mar 2026 12:00:00 +0000',
    date_updated: 'Sun, 01 Mar 2026 12:00:00 +0000',
    date_sent: null,
    uri: `/2010-04-01/Accounts/${accountSid}/Messages/${sid}.json`,
  }
}

function isBetween(text: string, least: number, most: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most
}

/** Twilio answers its own mistakes so. */
export function twilioError(status: number, code: number, message: string): string {
  return JSON.stringify({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status })
}

function answerError(
  response: ServerResponse,
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(twilioError(status, code, message))
}

function answerJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
