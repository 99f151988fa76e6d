import { createHmac } from 'node:crypto'
import type { SourceEvent } from '../../domain/source-event.ts'
import type { RawRequest } from '../../engine/ports/channel.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import type { SourceResult } from '../../engine/ports/source.ts'
import { type Fields, fieldsOf, objectsIn } from '../../json/loose-json.ts'
import { isOneOf } from '../../signing/same-text.ts'
import { type CallOff, endOf, itemId, keyOf } from './conversations.ts'
import { codeOf, countOf, timeOf, wordOf } from './json.ts'
import { textOfEvent } from './texts.ts'

/**
 * The connector webhooks: the same lines, readings and ends as polling brings, within a second instead of a minute or two.
 * They come for the whole account, sometimes twice, sometimes never, so polling goes on beside them.
 *
 * A webhook does not say whom a line is for, nor where the conversation comes from. Polling describes that, and the keys of
 * the two ways differ: a line that comes here before its conversation was described concerns nobody yet, and is told again
 * by the poll, to the right person and under the right rule. So notice of a conversation's opening is not needed from here:
 * a person who is known without the facts that rules ask for would be held against the wrong rule.
 */
export type WebhookOptions = { account: string; secrets: readonly string[]; callOff: CallOff }

export function receive(request: RawRequest, options: WebhookOptions, clock: Clock): SourceResult {
  const { account, secrets } = options
  if (secrets.length === 0) return { kind: 'refused', detail: 'this source takes no webhooks: it has no webhookSecret' }
  const signature = request.headers['x-liveperson-signature']
  if (!signature) return { kind: 'refused', detail: 'it is not signed' }
  if (!isGenuine(signature, request.body, secrets)) return { kind: 'refused', detail: 'its signature does not match' }
  const sentFor = request.headers['x-liveperson-account-id']
  if (sentFor !== undefined && sentFor !== account) return { kind: 'refused', detail: 'it is from another account' }
  return read(request.body, options, clock.now())
}

const ALGORITHMS: Readonly<Record<string, string>> = { sha1: 'sha1', sha256: 'sha256' }

/** `sha1=` or `sha256=`, and the digest in base64 or in hexadecimal: it depends on the account. */
function isGenuine(signature: string, body: Buffer, secrets: readonly string[]): boolean {
  const [, name = '', given = ''] = /^(sha\d+)=(.+)$/i.exec(signature.trim()) ?? []
  const algorithm = ALGORITHMS[name.toLowerCase()]
  if (algorithm === undefined) return false
  const wanted = secrets.map((secret) => createHmac(algorithm, secret).update(body).digest('hex'))
  const readings = [Buffer.from(given, 'base64'), Buffer.from(given, 'hex')]
  return readings.map((reading) => isOneOf(reading.toString('hex'), wanted)).includes(true)
}

/** A change that we understood and have no use for, or one that we cannot read. */
type Passed = 'ignored' | 'unreadable'

function read(body: Buffer, options: WebhookOptions, now: number): SourceResult {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString())
  } catch {
    return { kind: 'unreadable', detail: 'the body is not JSON' }
  }
  const notification = fieldsOf(parsed)
  const list = fieldsOf(notification?.body)?.changes
  if (notification === undefined || !Array.isArray(list)) {
    return { kind: 'unreadable', detail: 'the body is not a notification with changes' }
  }
  const changes = objectsIn(list)
  const results = changes.map((change) => readChange(notification.type, change, options, now))
  // One bad change must not hold up the others, which LivePerson would repeat with it for days.
  if (list.length > 0 && results.every((result) => result === 'unreadable')) {
    return { kind: 'unreadable', detail: 'no change in the notification is of a documented shape' }
  }
  const events = results.filter((result) => typeof result === 'object')
  return { kind: 'events', events, ignored: list.length - events.length }
}

function readChange(type: unknown, change: Fields, options: WebhookOptions, now: number): SourceEvent | Passed {
  if (type === 'cqm.ExConversationChangeNotification') return readConversationChange(change, options, now)
  if (type === 'ms.MessagingEventNotification') return readMessagingEvent(change, options, now)
  return 'ignored' // the account may have more subscribed than we need
}

function readConversationChange(change: Fields, { account }: WebhookOptions, now: number): SourceEvent | Passed {
  const result = fieldsOf(change.result)
  const details = fieldsOf(result?.conversationDetails)
  const id = wordOf(result?.convId)
  if (details === undefined || id === undefined) return 'unreadable'
  const brand = wordOf(details.brandId)
  if (codeOf(details.state) !== 'CLOSE' || (brand !== undefined && brand !== account)) return 'ignored'
  return endOf(id, timeOf(details.endTs), now)
}

function readMessagingEvent(change: Fields, options: WebhookOptions, now: number): SourceEvent | Passed {
  const event = fieldsOf(change.event)
  const kind = event?.type
  if (event === undefined || typeof kind !== 'string') return 'unreadable'
  if (kind !== 'ContentEvent' && kind !== 'RichContentEvent' && kind !== 'AcceptStatusEvent') return 'ignored'
  // The main dialog bears the conversation's id; older notifications name the dialog alone.
  const dialog = wordOf(change.dialogId) ?? wordOf(change.conversationId)
  const conversation = wordOf(change.conversationId) ?? dialog
  const seq = countOf(change.sequence)
  const metadata = fieldsOf(change.originatorMetadata)
  const originator = wordOf(metadata?.id) ?? wordOf(change.originatorId)
  const role = codeOf(metadata?.role)
  if (dialog === undefined || conversation === undefined || seq === undefined || originator === undefined)
    return 'unreadable'
  // Surveys and the like; where another dialog is a main one too, polling tells of it.
  if (dialog !== conversation) return 'ignored'
  const base = { key: keyOf('hook', dialog, seq), at: timeOf(change.serverTimestamp) ?? now, conversation }
  if (kind === 'AcceptStatusEvent') return readReceipt(event, { ...base, originator, role }, options)

  if ((codeOf(change.messageAudience) ?? 'ALL') !== 'ALL') return 'ignored'
  const author = role === undefined ? undefined : AUTHORS[role]
  if (author === undefined) return 'ignored'
  const text = textOfEvent(event)
  return {
    ...base,
    type: 'sent',
    item: { id: itemId(dialog, seq), position: seq, ...(text !== undefined && { text }) },
    author: { id: originator, kind: author },
    // Agents are not reminded; whom a line of theirs is for, the poll has described.
    ...(role === 'CONSUMER' && { recipients: [] }),
  }
}

/** `CONTROLLER` writes automatic messages. A bot is an agent like any other here. */
const AUTHORS: Readonly<Record<string, 'person' | 'system'>> = {
  CONSUMER: 'person',
  ASSIGNED_AGENT: 'person',
  MANAGER: 'person',
  CONTROLLER: 'system',
}

type Origin = { key: string; at: number; conversation: string; originator: string; role: string | undefined }

function readReceipt(
  event: Fields,
  { originator, role, ...base }: Origin,
  { callOff }: WebhookOptions,
): SourceEvent | Passed {
  const sequences = Array.isArray(event.sequenceList) ? event.sequenceList.map(countOf) : []
  const furthest = Math.max(...sequences.filter((each) => each !== undefined))
  if (codeOf(event.status) !== 'READ' || role !== 'CONSUMER' || callOff === 'reply') return 'ignored'
  if (!Number.isFinite(furthest)) return 'unreadable'
  return { ...base, type: 'read', person: originator, span: { upTo: furthest } }
}
