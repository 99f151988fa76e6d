import { createHmac, randomBytes } from 'node:crypto'
import { type Answer, type FakeBehaviour, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

export type TwilioOptions = {
  accountSid?: string
  /** The first signs callbacks; any of them logs in, as a secondary token does. */
  authTokens?: readonly string[]
  /** API keys that log in: id to secret. They are standard keys, which may not see the account. */
  apiKeys?: Readonly<Record<string, string>>
  /** Keys of `apiKeys` that may send and nothing else. */
  restrictedKeys?: readonly string[]
  /** What the account may send from, as `From` has it; any messaging service id is one of its own. */
  senders?: readonly string[]
  /** Content templates of the account: SID to the variables that each takes. */
  templates?: Readonly<Record<string, readonly string[]>>
  /** Who has answered STOP. */
  optedOut?: readonly string[]
  accountStatus?: 'active' | 'suspended' | 'closed'
  accountType?: 'Trial' | 'Full'
  /** Where it listens; any free port unless told otherwise. */
  port?: number
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
  behave(behaviour: FakeBehaviour<TwilioMessage>): void
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
export const TWILIO_WHATSAPP_SENDER = '+15005550007'
export const TWILIO_RCS_SENDER = 'shop_abc123_agent'
export const TWILIO_TEMPLATE = `HX${'ab'.repeat(16)}`

const SENDERS = [TWILIO_SENDER, `whatsapp:${TWILIO_WHATSAPP_SENDER}`, `rcs:${TWILIO_RCS_SENDER}`]

/**
 * Twilio's Messages API on a free port of this machine: checks login, account and every field that matters, answers errors
 * in Twilio's shape, and calls back signed, again after a 5xx where the URL's fragment asks for it.
 */
export async function startTwilio(options: TwilioOptions = {}): Promise<TwilioFake> {
  const { accountSid = TWILIO_ACCOUNT, authTokens = [TWILIO_TOKEN], apiKeys = {} } = options
  const [authToken = TWILIO_TOKEN] = authTokens
  const account = `/2010-04-01/Accounts/${accountSid}`

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
    const message = fake.messages.find((each) => each.sid === sid)
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

  const judge = (request: Incoming): Verdict<TwilioMessage> => {
    const login = /^Basic (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const [user = '', password = ''] = Buffer.from(login, 'base64').toString().split(':')
    const isAccount = user === accountSid && authTokens.includes(password)
    if (!isAccount && apiKeys[user] !== password) return refusal(401, 20003, 'Authenticate')
    const { method, path } = request
    const mayOnlySend = options.restrictedKeys?.includes(user) === true
    if (method === 'GET' && path === `${account}.json`) {
      if (!isAccount) return refusal(401, 20003, 'Authenticate')
      const { accountStatus: status = 'active', accountType: type = 'Full' } = options
      return { answer: { status: 200, body: { sid: accountSid, friendly_name: 'owner@example.com', status, type } } }
    }
    if (path !== `${account}/Messages.json`) return refusal(404, 20404, `The requested resource ${path} was not found`)
    if (method === 'GET') {
      if (mayOnlySend) return refusal(403, 70051, 'Authorization Error')
      return {
        answer: { status: 200, body: { messages: [], page: 0, page_size: Number(request.query.get('PageSize')) } },
      }
    }
    if (method !== 'POST') return refusal(405, 20004, 'Method not allowed')
    if (request.headers['content-type'] !== 'application/x-www-form-urlencoded')
      return refusal(415, 20415, 'Unsupported')
    const wrong = faultIn(Object.fromEntries(request.form), options)
    if (wrong !== undefined) return refusal(...wrong)
    const message = { sid: `SM${randomBytes(16).toString('hex')}`, fields: Object.fromEntries(request.form) }
    return { answer: { status: 201, body: resource(accountSid, message) }, message }
  }

  const fake = await startFakeProvider(judge, options.port)
  return {
    ...fake,
    accountSid,
    authToken,
    requests: () => fake.requests.length,
    report,
    signed,
  }
}

type Fault = [status: number, code: number, message: string]

/** What is wrong with a form; undefined when it is a message. */
function faultIn(fields: Record<string, string>, options: TwilioOptions): Fault | undefined {
  const { To = '', From, MessagingServiceSid, StatusCallback, ValidityPeriod } = fields
  const { senders = SENDERS } = options
  const channel = /^(whatsapp:|rcs:)?\+[1-9]\d{6,14}$/.exec(To)
  if (channel === null) return [400, 21211, `Invalid 'To' Phone Number: ${To}`]
  if (From === undefined && MessagingServiceSid === undefined) return [400, 21603, "A 'From' phone number is required."]
  if (MessagingServiceSid !== undefined && !/^MG[0-9a-fA-F]{32}$/.test(MessagingServiceSid)) {
    return [400, 21705, 'The Messaging Service Sid is invalid']
  }
  if (From !== undefined && (!senders.includes(From) || /^(whatsapp:|rcs:)/.exec(From)?.[0] !== channel[1])) {
    return channel[1] === undefined
      ? [400, 21606, `The 'From' phone number ${From} is not a valid, message-capable Twilio phone number`]
      : [400, 63007, 'Twilio could not find a Channel with the specified From address']
  }
  const wrong = faultInContent(fields, options)
  if (wrong !== undefined) return wrong
  if (StatusCallback !== undefined && !/^https?:\/\/[^/_?#]+\/\S*$/.test(StatusCallback)) {
    return [400, 21609, `The 'StatusCallback' URL ${StatusCallback} is not a valid URL.`]
  }
  if (ValidityPeriod !== undefined && !isBetween(ValidityPeriod, 1, 36_000)) return [400, 20422, 'Invalid Parameter']
  if (options.optedOut?.includes(To)) return [400, 21610, 'Attempt to send to unsubscribed recipient']
  return undefined
}

function faultInContent(
  { Body, MediaUrl, ContentSid, ContentVariables }: Record<string, string>,
  options: TwilioOptions,
) {
  const fault = (code: number, message: string): Fault => [400, code, message]
  const { templates = { [TWILIO_TEMPLATE]: ['1', '2'] } } = options
  if (ContentSid !== undefined) {
    const wanted = /^HX[0-9a-fA-F]{32}$/.test(ContentSid) ? templates[ContentSid] : undefined
    if (wanted === undefined) return fault(21655, 'The ContentSid Parameter is invalid')
    const given = variablesIn(ContentVariables ?? '{}')
    if (given === undefined) return fault(21656, 'The ContentVariables Parameter is invalid')
    if ([...given].sort().join() !== [...wanted].sort().join()) {
      return fault(63028, 'Number of parameters provided does not match the expected number of parameters')
    }
    return undefined
  }
  if (ContentVariables !== undefined) return fault(21654, 'ContentSid Required')
  if (MediaUrl !== undefined) return URL.canParse(MediaUrl) ? undefined : fault(21620, 'Invalid media URL(s)')
  if (!Body) return fault(21602, 'Message body is required.')
  if (Body.length > 1600) return fault(21617, 'The concatenated message body exceeds the 1600 character limit')
  return undefined
}

/** Names of variables; undefined for what is no JSON object of texts that say something. */
function variablesIn(text: string): string[] | undefined {
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>)
    return entries.every(([, value]) => typeof value === 'string' && value !== '')
      ? entries.map(([name]) => name)
      : undefined
  } catch {
    return undefined
  }
}

/** The fields of a status callback, as they come for the channel of the message. */
export function callbackFields(
  accountSid: string,
  { sid, fields }: TwilioMessage,
  status: string,
  errorCode?: number,
): Record<string, string> {
  const [, prefix] = /^(whatsapp|rcs):/.exec(fields.To ?? '') ?? []
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
    ...(prefix === undefined
      ? status === 'delivered' && { RawDlrDoneDate: '2603011200' }
      : { ChannelPrefix: prefix, ChannelInstallSid: `XE${'0c'.repeat(16)}`, EventType: status.toUpperCase() }),
    ...(errorCode !== undefined && { ErrorCode: String(errorCode) }),
  }
}

/** The fields of a message that somebody has written to us. */
export function inboundFields(
  accountSid: string,
  sid: string,
  { From, To, Body, ...more }: Record<string, string>,
): Record<string, string> {
  const [, whatsApp] = /^whatsapp:\+(\d+)$/.exec(From ?? '') ?? []
  return {
    AccountSid: accountSid,
    ApiVersion: '2010-04-01',
    MessageSid: sid,
    SmsMessageSid: sid,
    SmsSid: sid,
    SmsStatus: 'received',
    NumMedia: '0',
    NumSegments: '1',
    From: From ?? '',
    To: To ?? TWILIO_SENDER,
    Body: Body ?? '',
    ...(whatsApp !== undefined && { ProfileName: 'Ann', WaId: whatsApp, MessageType: 'text' }),
    ...more,
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
    body: fields.Body ?? '',
    num_segments: '1',
    num_media: fields.MediaUrl === undefined ? '0' : '1',
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

/** An error in Twilio's shape. */
export function errorAnswer(status: number, code: number, message: string): Answer {
  const body = twilioError(status, code, message)
  return { status, headers: { 'content-type': 'application/json' }, body }
}

function refusal(status: number, code: number, message: string): Verdict<TwilioMessage> {
  return { answer: errorAnswer(status, code, message) }
}
