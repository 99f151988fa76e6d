import type { CallbackResult, RawRequest, Told } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, isObject, parseJson } from '../../json/loose-json.ts'
import { isBodySignedBy } from '../../signing/body-hmac.ts'
import { isSameText } from '../../signing/same-text.ts'
import { readInbound, readPreference } from './inbound.ts'
import { readStatus } from './status.ts'
import { IGNORED, together } from './told.ts'

/**
 * What Meta posts: entries, in them changes, in each of these any number of statuses and messages. It comes more than once, in
 * any order, and for every number of the business account.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
 */
export type WebhookSettings = {
  appSecrets: readonly string[]
  verifyToken: string | undefined
  phoneNumberId: string
  /** Who stops marketing gets nothing more on the channel. */
  heedsMarketingStop: boolean
}

export function readWebhook(request: RawRequest, settings: WebhookSettings): CallbackResult {
  if (request.method === 'GET') return readHandshake(request, settings)
  const { appSecrets } = settings
  if (appSecrets.length === 0) return refused('this connection takes no callbacks: it has no appSecret')
  const signature = /^sha256=(.+)$/.exec(request.headers['x-hub-signature-256'] ?? '')?.[1]
  if (signature === undefined) return refused('it is not signed')
  if (!isBodySignedBy(appSecrets, signature, request.body)) {
    return refused('its signature does not match: is appSecret that of the app whose webhook this is?')
  }
  const body = parseJson(request.body)
  if (!isObject(body) || body.object !== 'whatsapp_business_account' || !Array.isArray(body.entry)) {
    return { kind: 'unreadable', detail: 'the body is no list of changes of a WhatsApp business account' }
  }
  const changes = body.entry.flatMap((entry) => itemsIn(fieldsOf(entry)?.changes))
  return { kind: 'receipts', ...together(changes.map((change) => readChange(change, settings))) }
}

/** Asked once, when the webhook is set up: whoever knows the token is given the challenge back. */
function readHandshake({ url }: RawRequest, { verifyToken }: WebhookSettings): CallbackResult {
  const { searchParams } = new URL(url, 'http://host.invalid')
  const [mode, token, challenge] = ['mode', 'verify_token', 'challenge'].map((each) => searchParams.get(`hub.${each}`))
  if (mode !== 'subscribe' || !token || !challenge) return refused('it is no question of Meta’s for a webhook')
  if (verifyToken === undefined) return refused('this connection takes no callbacks: it has no verifyToken')
  if (!isSameText(token, verifyToken)) return refused('it names another verify token than this connection')
  return { kind: 'reply', status: 200, body: challenge, contentType: 'text/plain' }
}

function readChange(change: unknown, { phoneNumberId, heedsMarketingStop }: WebhookSettings): Partial<Told> {
  const value = fieldsOf(fieldsOf(change)?.value)
  if (value === undefined) return IGNORED
  const parts = [
    ...read(value.statuses, (item) => readStatus(item, heedsMarketingStop)),
    ...read(value.messages, readInbound),
    ...read(value.user_preferences, heedsMarketingStop ? readPreference : () => IGNORED),
    // Of the account and not of a message; what is wrong with a send is said there too.
    ...read(value.errors, () => IGNORED),
  ]
  if (parts.length === 0) return IGNORED
  const toldOf = fieldsOf(value.metadata)?.phone_number_id
  if (typeof toldOf === 'string' && toldOf !== phoneNumberId) return { ignored: parts.length }
  return together(parts)
}

/** Each by itself, so that one which makes no sense loses none of the others. */
function read(list: unknown, reader: (item: Fields) => Partial<Told>): Partial<Told>[] {
  return itemsIn(list).map((item) => (isObject(item) ? reader(item) : IGNORED))
}

function itemsIn(list: unknown): unknown[] {
  return Array.isArray(list) ? list : []
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}
