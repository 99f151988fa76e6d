import { e164Of } from '../../domain/address.ts'
import { lookUpChannel } from '../../domain/channel-catalogue.ts'
import type { Report } from '../../domain/transition.ts'
import type { CallbackResult, RawRequest, Receipt, Told } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, idIn, lookUp, objectsIn, parseJson, textIn, timeIn } from '../../json/loose-json.ts'
import { isOneOf } from '../../signing/same-text.ts'
import { attemptRefIn, receiptsOf } from '../attempt-ref.ts'
import { hasToken } from '../callback-token.ts'
import type { World } from '../define-channel.ts'
import { suppressedBy } from '../error-meaning.ts'
import { heardText } from '../replies.ts'
import { errorMeaning, lookUpWords, statusMeaning } from './codes.ts'
import { channelOfWire } from './wire-channels.ts'

/**
 * What Infobip posts: `{"results":[…]}` of delivery reports, of seen reports and of what people write, told apart by their
 * `event`. An address that came with a message has our token in its query; a subscription, which the operator sets up, logs
 * in with a password instead (HTTP Basic), for nobody knows the token but us.
 */
export function readReports(request: RawRequest, world: World, secrets: readonly string[]): CallbackResult {
  if (secrets.length === 0) return refused('this connection takes no callbacks: it has no callbackSecret')
  const isOurs = hasToken(request.url, world, secrets) || isOneOf(passwordIn(request.headers.authorization), secrets)
  if (!isOurs) return refused('it has neither the token nor the password of this connection')
  const body = fieldsOf(parseJson(request.body))
  if (!Array.isArray(body?.results)) return { kind: 'unreadable', detail: 'the body is no JSON with a list of results' }
  const told: Required<Told> = { receipts: [], heard: [], ignored: 0 }
  for (const result of body.results as unknown[]) {
    const { receipts = [], heard = [] } = toldBy(fieldsOf(result) ?? {})
    told.receipts.push(...receipts)
    told.heard.push(...heard)
    if (receipts.length + heard.length === 0) told.ignored += 1
  }
  const { heard, ...rest } = told
  return { kind: 'receipts', ...rest, ...(heard.length > 0 && { heard }) }
}

function passwordIn(authorization = ''): string {
  const [, login = ''] = /^Basic (\S+)$/i.exec(authorization) ?? []
  const text = Buffer.from(login, 'base64').toString()
  return text.includes(':') ? text.slice(text.indexOf(':') + 1) : ''
}

function toldBy(result: Fields): Partial<Told> {
  switch (result.event) {
    case 'DELIVERY':
      return delivery(result)
    case 'SEEN':
      return seen(result)
    case 'MO':
      return written(result)
    default:
      return {}
  }
}

function delivery(result: Fields): Partial<Told> {
  const report = reportOf(result)
  if (report === undefined) return {}
  const channel = channelOfWire(result.channel)
  const address = e164Of(textIn(result.destination) ?? '')
  const meaning = meaningsOf(result).find((each) => each?.suppress !== undefined)
  const heard = suppressedBy(meaning, channel, address)
  return { receipts: receiptsIn(result, 'messageId', report), heard }
}

function seen(result: Fields): Partial<Told> {
  const providerAt = timeIn(result.seenAt)
  const report: Report = { status: 'read', native: 'SEEN', ...(providerAt !== undefined && { providerAt }) }
  return { receipts: receiptsIn(result, 'messageId', report) }
}

/** Of what a person writes. Who answers a message has it before him. */
function written(result: Fields): Partial<Told> {
  const channel = channelOfWire(result.channel)
  const address = e164Of(textIn(result.sender) ?? '')
  const id = idIn(result.messageId, LONGEST_ID)
  if (channel === undefined || address === undefined || id === undefined) return {}
  const text = objectsIn(result.content)
    .map((part) => textIn(part.text))
    .filter((part) => part !== undefined)
    .join('\n')
  const at = timeIn(result.receivedAt)
  const heard = heardText({ channel, address, id, ...(text !== '' && { text }), ...(at !== undefined && { at }) })
  const answers = lookUpChannel(channel)?.reports.includes('read') && idIn(result.pairedMessageId, LONGEST_ID)
  const report: Report = { status: 'read', native: 'reply', ...(at !== undefined && { providerAt: at }) }
  return { heard, receipts: answers ? receiptsIn(result, 'pairedMessageId', report) : [] }
}

const LONGEST_ID = 200

function receiptsIn(result: Fields, idField: 'messageId' | 'pairedMessageId', report: Report): Receipt[] {
  return receiptsOf(attemptRefIn(result.callbackData), idIn(result[idField], LONGEST_ID), report)
}

/** By a status's own number. 2 is the operator's network, and only 5 the handset. */
const STATUSES: Readonly<Record<string, Report['status']>> = {
  2: 'sent',
  3: 'sent',
  5: 'delivered',
  7: 'sent',
  26: 'accepted',
}

/** By its group, for the many that say no more than it: accepted, pending, undeliverable, expired, rejected. */
const GROUPS: Readonly<Record<string, Report['status']>> = {
  0: 'accepted',
  1: 'accepted',
  2: 'failed',
  4: 'expired',
  5: 'rejected',
}

function reportOf(result: Fields): Report | undefined {
  const { id, groupId, name } = fieldsOf(result.status) ?? {}
  const status = lookUp(STATUSES, numberIn(id)) ?? lookUp(GROUPS, numberIn(groupId))
  if (status === undefined) return undefined
  const providerAt = timeIn(result.doneAt) ?? timeIn(result.sentAt)
  const at = providerAt === undefined ? {} : { providerAt }
  const native = wordIn(name) ?? `status ${String(id).slice(0, 20)}`
  if (status !== 'failed' && status !== 'expired' && status !== 'rejected') return { status, native, ...at }
  return { status, native, ...at, error: errorOf(result) }
}

/** Why it failed: the error behind the status where there is one, else the status. Infobip's own sentences are not repeated. */
function errorOf(result: Fields): NonNullable<Report['error']> {
  const error = numberIn(fieldsOf(result.error)?.id)
  const status = numberIn(fieldsOf(result.status)?.id)
  if (error !== undefined && error !== 0) {
    return { code: String(error), message: errorMeaning(error)?.words ?? lookUpWords('error', error) }
  }
  if (status === undefined) return { message: 'Infobip does not say why' }
  return { code: String(status), message: statusMeaning(status)?.words ?? lookUpWords('status', status) }
}

function meaningsOf(result: Fields) {
  return [
    errorMeaning(numberIn(fieldsOf(result.error)?.id) ?? 0),
    statusMeaning(numberIn(fieldsOf(result.status)?.id) ?? 0),
  ]
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function wordIn(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Z][A-Z0-9_]{0,59}$/.test(value) ? value : undefined
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}
