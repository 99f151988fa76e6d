import { createHmac } from 'node:crypto'
import { type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

export const VIBER_TOKEN = '445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9'
export const VIBER_SUBSCRIBER = '01234567890A+/bcdefghg=='
export const VIBER_BOT = 'Jasper’s Market'

type Json = Record<string, unknown>
export type ViberMessage = { token: string; body: Json }
export type ViberFake = FakeProvider<ViberMessage>

export type ViberFakeOptions = {
  token?: string
  /** A path before the endpoints. */
  prefix?: string
  subscribers?: readonly string[]
  webhook?: string
}

/** Above what JavaScript can hold exactly, as all of Viber's are. */
const FIRST_TOKEN = 4912661846655238145n

/** Viber's bot API: `send_message` and `get_account_info`. Every answer is a 200; `status` in it decides. */
export async function startViber(options: ViberFakeOptions = {}): Promise<ViberFake> {
  const { token = VIBER_TOKEN, prefix = '/pa', subscribers = [VIBER_SUBSCRIBER], webhook } = options
  let taken = 0n

  const judge = (request: Incoming): Verdict<ViberMessage> => {
    if (request.method !== 'POST') return { answer: { status: 405, body: '' } }
    const name = request.path.slice(prefix.length + 1)
    if (request.path !== `${prefix}/${name}`) return { answer: { status: 404, body: '' } }
    if (request.headers['x-viber-auth-token'] !== token) return says(2, 'invalidAuthToken')
    if (name === 'get_account_info') {
      const account = { id: 'pa:75346594275468546724', name: VIBER_BOT, uri: 'jasper', ...(webhook && { webhook }) }
      return { answer: { status: 200, body: { status: 0, status_message: 'ok', ...account } } }
    }
    if (name !== 'send_message') return { answer: { status: 404, body: '' } }
    const body = request.json
    const fault = faultIn(body)
    if (fault !== undefined || !isJson(body)) return says(...(fault ?? ([3, 'badData'] as const)))
    if (!subscribers.includes(String(body.receiver))) return says(6, 'receiverNotSubscribed')
    const messageToken = String(FIRST_TOKEN + taken++)
    return { answer: taking(messageToken), message: { token: messageToken, body } }
  }
  const fake = await startFakeProvider(judge)
  return Object.assign(fake, { url: fake.url + prefix })
}

/** The token is a bare number, longer than `JSON.stringify` could write it. */
function taking(token: string) {
  const body = `{"status":0,"status_message":"ok","message_token":${token},"chat_hostname":"SN-376_","billing_status":1}`
  return { status: 200, headers: { 'content-type': 'application/json' }, body }
}

export function says(status: number, status_message: string): Verdict<ViberMessage> {
  return { answer: { status: 200, body: { status, status_message } } }
}

/** What the documentation says of a message, field by field. */
function faultIn(body: unknown): readonly [number, string] | undefined {
  if (!isJson(body)) return [3, 'badData']
  const { receiver, type, sender, min_api_version, tracking_data, ...content } = body
  if (typeof receiver !== 'string' || receiver === '') return [4, 'missing receiver']
  if (!isJson(sender) || typeof sender.name !== 'string') return [4, 'missing sender.name']
  if (sender.name.length < 1 || sender.name.length > 28) return [3, 'sender.name']
  if (Object.keys(sender).some((name) => name !== 'name' && name !== 'avatar')) return [3, 'sender']
  if (min_api_version !== undefined && !Number.isInteger(min_api_version)) return [3, 'min_api_version']
  if (tracking_data !== undefined && (typeof tracking_data !== 'string' || tracking_data.length > 4096)) {
    return [3, 'tracking_data']
  }
  switch (type) {
    case 'text':
      return only(content, ['text']) && isText(content.text, 1, 7000) ? undefined : [3, 'text']
    case 'picture':
      if (!only(content, ['text', 'media', 'thumbnail']) || !isText(content.text, 0, 768)) return [3, 'picture']
      return /^https?:\/\//.test(String(content.media)) ? undefined : [3, 'media']
    case 'location': {
      const { location } = content
      const isPlace = isJson(location) && typeof location.lat === 'number' && typeof location.lon === 'number'
      return only(content, ['location']) && isPlace ? undefined : [3, 'location']
    }
    default:
      return [3, 'type']
  }
}

function only(content: Json, names: readonly string[]): boolean {
  return Object.keys(content).every((name) => names.includes(name))
}

function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === 'string' && value.length >= least && value.length <= most
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An event as text: `message_token` is a bare number that JSON.stringify could not write. */
export function viberEvent(event: string, token: string, more: Json = {}): string {
  const rest = JSON.stringify({ timestamp: 1772366398123, ...more }).slice(1)
  return `{"event":${JSON.stringify(event)},"message_token":${token},${rest}`
}

/** The bytes and headers of a call, signed as Viber signs. */
export function signedEvent(
  text: string | Buffer,
  token = VIBER_TOKEN,
): { headers: Record<string, string>; body: Buffer } {
  const body = Buffer.from(text)
  return {
    headers: { 'content-type': 'application/json', 'x-viber-content-signature': signatureOf(body, token) },
    body,
  }
}

export function signatureOf(body: Buffer, token = VIBER_TOKEN): string {
  return createHmac('sha256', token).update(body).digest('hex')
}
