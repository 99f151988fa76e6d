import { createHmac } from 'node:crypto'
import { type Answer, type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

/** A message as one of 8x8's APIs took it: the path's last part, and the body as the request had it. */
export type EightMessage = {
  umid: string
  api: 'messages' | 'lon' | 'sms'
  body: Readonly<Record<string, unknown>> & { clientMessageId?: string; dlrCallbackUrl?: string; expiry?: string }
}
export type EightFake = FakeProvider<EightMessage>

export const EIGHT_KEY = 'wUDkdOZr6Zhui5jXpTEyiFvUmdY6uUXDCdEBa7kQ'
export const EIGHT_AUTHORIZATION = 'Bearer a-long-random-word'
export const APPS_SUBACCOUNT = 'Example_apps'
export const SMS_SUBACCOUNT = 'Example_sms'

const CHANNELS = [
  'SMS',
  'WhatsApp',
  'Facebook',
  'RCS',
  'Viber',
  'Line',
  'WeChat',
  'Zalo',
  'Instagram',
  'ZaloNotification',
]
const TYPES = [
  'text',
  'audio',
  'video',
  'image',
  'location',
  'file',
  'interactive',
  'template',
  'carousel',
  'richCard',
  'buttons',
]

/**
 * Messaging Apps and the SMS API of 8x8 on one free port: login, required fields, patterns and lists as their OpenAPI
 * descriptions have them, with what their pages add (the channel `ZaloNotification`, the type `buttons`). A subaccount is of
 * one of the two; the other does not know it.
 */
export async function startEight(): Promise<EightFake> {
  let count = 0
  return startFakeProvider((request) =>
    judge(request, () => `0f4a1f6e-3b62-4cf1-9b93-${String(++count).padStart(12, '0')}`),
  )
}

function judge(request: Incoming, nextUmid: () => string): Verdict<EightMessage> {
  const [, subAccount, resource = ''] = /^\/api\/v1\/subaccounts\/([^/]+)\/(.+)$/.exec(request.path) ?? []
  if (request.headers.authorization !== `Bearer ${EIGHT_KEY}`) return { answer: eightError(401, 1200) }
  const isSms = subAccount === SMS_SUBACCOUNT
  if (!isSms && subAccount !== APPS_SUBACCOUNT) return { answer: eightError(403, 1001) }
  if (/^messages\/[0-9a-f-]{36}$/.test(resource) && request.method === 'GET') return { answer: eightError(404, 1300) }
  const api = isSms ? 'sms' : resource
  if (request.method !== 'POST' || (resource !== 'messages' && (isSms || resource !== 'lon'))) {
    return { answer: eightError(404, 1300) }
  }
  const body = request.json as Loose | undefined
  if (request.headers['content-type'] !== 'application/json' || body === undefined)
    return { answer: eightError(400, 1000) }
  const wrong =
    commonFault(body) ?? (isSms ? smsFault(body) : resource === 'lon' ? notificationFault(body) : appsFault(body))
  if (wrong !== undefined) return { answer: eightError(400, wrong) }
  const message = { umid: nextUmid(), api, body } as unknown as EightMessage
  const said = isSms
    ? { destination: body.destination, encoding: 'GSM7', status: { code: 'QUEUED', description: 'SMS is accepted' } }
    : { user: body.user, status: { state: 'queued', timestamp: '2026-03-01T12:00:00.12Z' } }
  const { umid } = message
  return { answer: { status: 200, body: { umid, clientMessageId: body.clientMessageId, ...said } }, message }
}

type Loose = { [field: string]: Loose }

function commonFault({ clientMessageId, dlrCallbackUrl, expiry }: Loose): number | undefined {
  if (clientMessageId !== undefined && String(clientMessageId).length > 50) return 3009
  if (dlrCallbackUrl !== undefined && !URL.canParse(String(dlrCallbackUrl))) return 3020
  if (expiry !== undefined && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(String(expiry))) return 1006
  return undefined
}

function smsFault({ destination, text, source, encoding }: Loose): number | undefined {
  if (!/^\+?[1-9][0-9]{6,14}$/.test(String(destination))) return 1002
  if (typeof text !== 'string' || text === '') return 1004
  if (source !== undefined && String(source).length > 16) return 1005
  if (encoding !== undefined && !['AUTO', 'GSM7', 'UCS2'].includes(String(encoding))) return 1003
  return undefined
}

function notificationFault({ user, content, channels, expiry }: Loose): number | undefined {
  if (!/^\+[1-9]\d{6,14}$/.test(String(user?.msisdn))) return 3003
  if (content === undefined || Object.keys(content).length === 0) return 3004
  return channels === undefined && expiry === undefined ? undefined : 1000
}

function appsFault({ user, type, content, channels }: Loose): number | undefined {
  if (user === undefined || Object.keys(user).length === 0) return 3001
  if (user.msisdn !== undefined && !/^\+[1-9]\d{6,14}$/.test(String(user.msisdn))) return 3003
  if (!TYPES.includes(String(type))) return 3010
  if (content === undefined) return 3004
  if (String(type) === 'text' && !content.text) return 3005
  if (['image', 'audio', 'video', 'file'].includes(String(type)) && !URL.canParse(String(content.url))) return 3008
  if (String(type) === 'template' && !content.template?.name) return 3031
  // What is for another step would make 8x8 fall back by itself.
  if (content.fallbackText !== undefined || content.sms !== undefined || content.email !== undefined) return 1000
  const [only, ...others] = Array.isArray(channels) ? (channels as unknown as Loose[]) : []
  if (only === undefined || others.length > 0 || Object.keys(only).length !== 1) return 3027
  return CHANNELS.includes(String(only.channel)) ? undefined : 3022
}

export function eightError(status: number, code: number): Answer {
  const words = { message: "Invalid parameter(s): '+6591234567'", errorId: 'b4478860-0000-4000-8000-000000000002' }
  return { status, body: { code, ...words, timestamp: '2026-03-01T12:00:00.20Z' } }
}

type Status = { state: string; detail?: string; errorCode?: number }

/** A receipt of either API, in its envelope. */
export function eightReceipt(
  namespace: 'ChatApps' | 'SMS',
  payload: Record<string, unknown>,
  status: Status,
): Record<string, unknown> {
  return {
    ...(namespace === 'ChatApps' && { version: 9 }),
    namespace,
    eventType: 'outbound_message_status_changed',
    description: `${namespace} outbound message delivery receipt`,
    payload: { subAccountId: 'demo', ...payload, status: { timestamp: '2026-03-01T12:00:05.25Z', ...status } },
  }
}

/** The token in the addresses that our side gives away; made here by itself, to hold the two together. */
export function eightToken(connectionId: string, secret = EIGHT_AUTHORIZATION): string {
  return createHmac('sha256', secret).update(`callback of ${connectionId}`).digest('base64url')
}
