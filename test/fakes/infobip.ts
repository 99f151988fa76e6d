import { createHmac } from 'node:crypto'
import { type Answer, type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

/** A message as Infobip took it, as the request had it. */
export type InfobipMessage = {
  channel: string
  sender?: string
  to: string
  messageId: string
  content?: { body?: Record<string, unknown>; [part: string]: unknown }
  template?: Record<string, unknown>
  options?: { validityPeriod?: { amount: number; timeUnit: string } }
  webhooks?: { delivery?: { url: string; intermediateReport?: boolean }; seen?: { url: string }; callbackData?: string }
}

export type InfobipFake = FakeProvider<InfobipMessage>

export const INFOBIP_KEY = '003026bbc133714df1834b8638bb496e-8f4b3d9a'
export const INFOBIP_SECRET = 'the-secret-that-makes-tokens'

const CHANNELS = ['SMS', 'WHATSAPP', 'VIBER_BM', 'RCS']
const BODIES: Readonly<Record<string, readonly string[]>> = {
  TEXT: ['text'],
  IMAGE: ['url'],
  VIDEO: ['url'],
  DOCUMENT: ['url'],
  LOCATION: ['latitude', 'longitude'],
}

/**
 * Infobip's Messages API on a free port: login, required fields, types and bounds as its OpenAPI description has them. A
 * second SMS with the same id is refused in a 200, as the real one does; other channels take it again.
 */
export async function startInfobip(): Promise<InfobipFake> {
  const fake: InfobipFake = await startFakeProvider((request) => judge(request, fake.messages))
  return fake
}

function judge(request: Incoming, taken: readonly InfobipMessage[]): Verdict<InfobipMessage> {
  if (request.headers.authorization !== `App ${INFOBIP_KEY}`) return { answer: apiError(401, 'E401') }
  if (request.path === '/account/1/balance') {
    if (request.method !== 'GET') return { answer: apiError(405, 'E405') }
    return { answer: { status: 200, body: { balance: 47.79134, currency: 'EUR' } } }
  }
  if (request.path !== '/messages-api/1/messages' || request.method !== 'POST') return { answer: apiError(404, 'E404') }
  if (request.headers['content-type'] !== 'application/json') return { answer: apiError(415, 'E415') }
  const { messages } = (request.json ?? {}) as { messages?: Loose[] }
  const [given] = messages ?? []
  if (given === undefined || messages?.length !== 1) return { answer: apiError(400, 'E400', 'messages') }
  const wrong = wrongField(given)
  if (wrong !== undefined) return { answer: apiError(400, 'E400', `messages[0].${wrong}`) }
  const { destinations, ...rest } = given as unknown as Given
  const message: InfobipMessage = { ...rest, ...destinations[0] }
  if (message.channel === 'SMS' && taken.some((each) => each.messageId === message.messageId)) {
    return { answer: statusAnswer(message, { groupId: 5, id: 23, name: 'REJECTED_DUPLICATE_MESSAGE_ID' }) }
  }
  return { answer: statusAnswer(message, { groupId: 1, id: 26, name: 'MESSAGE_ACCEPTED' }), message }
}

type Given = Omit<InfobipMessage, 'to' | 'messageId'> & { destinations: [{ to: string; messageId: string }] }
type Loose = { [field: string]: Loose } & { length?: number }

function wrongField(message: Loose): string | undefined {
  const { channel, sender, destinations, content, template, options, webhooks } = message
  const text = (value: unknown, longest = 1e6) => typeof value === 'string' && value !== '' && value.length <= longest
  if (!CHANNELS.includes(String(channel))) return 'channel'
  if (!text(sender)) return 'sender'
  const [destination] = Array.isArray(destinations) ? (destinations as Loose[]) : []
  if (destination === undefined || !/^[1-9]\d{6,14}$/.test(String(destination.to))) return 'destinations[0].to'
  if (!text(destination.messageId, 200)) return 'destinations[0].messageId'
  if (template === undefined) {
    const { type, ...body } = content?.body ?? {}
    const required = BODIES[String(type)]
    if (required === undefined) return 'content.body.type'
    for (const field of required)
      if (body[field] === undefined || (body[field] as unknown) === '') return `content.body.${field}`
  } else {
    if (String(channel) === 'SMS') return 'template'
    if (!text(template.templateName)) return 'template.templateName'
    for (const [key, value] of Object.entries(content?.body ?? {})) if (!text(value)) return `content.body.${key}`
  }
  const period = options?.validityPeriod
  if (period !== undefined) {
    const amount = Number(period.amount)
    const [least, unit] = [String(channel) === 'VIBER_BM' ? 30 : 10, String(period.timeUnit)]
    if (!Number.isInteger(amount) || amount < least || amount > 172_800 || unit !== 'SECONDS')
      return 'options.validityPeriod'
  }
  for (const url of [webhooks?.delivery?.url, webhooks?.seen?.url] as unknown[]) {
    if (url !== undefined && !/^https?:\/\//.test(String(url))) return 'webhooks.delivery.url'
  }
  if (webhooks?.callbackData !== undefined && !text(webhooks.callbackData, 4000)) return 'webhooks.callbackData'
  return undefined
}

const GROUPS = ['ACCEPTED', 'PENDING', 'UNDELIVERABLE', 'DELIVERED', 'EXPIRED', 'REJECTED']
type Status = { groupId: number; id: number; name: string }

function statusAnswer({ messageId, to }: { messageId: string; to: string }, status: Status): Answer {
  return {
    status: 200,
    body: { bulkId: '1688025180464000013', messages: [{ messageId, status: whole(status), destination: to }] },
  }
}

/** A 200 that refuses the message in it. */
export function rejection(id: number, name: string, groupId = 5): Answer {
  return statusAnswer({ messageId: 'as-given', to: '6591234567' }, { groupId, id, name })
}

export function apiError(status: number, errorCode: string, property?: string): Answer {
  const violations = property === undefined ? [] : [{ property, violation: 'must be right, and not +6591234567' }]
  const words = { description: 'Request cannot be processed.', action: 'Check the syntax.' }
  return { status, body: { errorCode, ...words, violations, resources: [] } }
}

function whole({ groupId, id, name }: Status) {
  return { groupId, groupName: GROUPS[groupId], id, name, description: 'in a sentence' }
}

type Reported = { channel: string; to: string; messageId: string; callbackData?: string }

/** One item of what Infobip posts to `webhooks.delivery.url`. */
export function deliveryResult(message: Reported, status: Status, errorId = 0): Record<string, unknown> {
  return {
    event: 'DELIVERY',
    channel: message.channel,
    sender: 'Example',
    destination: message.to,
    sentAt: '2026-03-01T12:00:01.000+0000',
    doneAt: '2026-03-01T12:00:05.250+0000',
    bulkId: '1688025180464000013',
    messageId: message.messageId,
    ...(message.callbackData !== undefined && { callbackData: message.callbackData }),
    messageCount: 1,
    status: whole(status),
    error: {
      groupId: 0,
      groupName: 'OK',
      id: errorId,
      name: 'NO_ERROR',
      description: 'No Error',
      permanent: errorId !== 0,
    },
  }
}

/** The token in the addresses that our side gives away; made here by itself, to hold the two together. */
export function infobipToken(connectionId: string, secret = INFOBIP_SECRET): string {
  return createHmac('sha256', secret).update(`callback of ${connectionId}`).digest('base64url')
}
