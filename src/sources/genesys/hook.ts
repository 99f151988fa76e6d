import { createHash } from 'node:crypto'
import type { ConversationFacts, SourceEvent } from '../../domain/source-event.ts'
import type { RawRequest } from '../../engine/ports/channel.ts'
import type { SourceResult } from '../../engine/ports/source.ts'
import { type Fields, idIn, isObject, objectsIn, textIn, timeIn } from '../../json/loose-json.ts'
import { isOneOf } from '../../signing/same-text.ts'
import { END_ITEM, UNNAMED_ITEM } from './undelivered.ts'

/**
 * What reaches us of Genesys Cloud, by four ways: a Web Services Data Action posts the fields of an event flat, or the whole
 * event; EventBridge posts its own wrapping around an envelope; and an envelope may come as it is. Two events are of use:
 *
 *   customer.end           the customer's session is over: was anything left undelivered?
 *   undelivered.messages   these messages did not reach the messenger
 *
 * Genesys signs nothing, so a token that both sides know is the lock.
 */

/** The one person of a conversation. All that customers are told goes by conversation, and most have no other name. */
export const CUSTOMER = 'customer'

export type HookOptions = {
  tokens: readonly string[]
  waitMs: number
  /** Messenger deployments that are watched; absent: all. */
  deployments?: readonly string[]
}

export function readHook(request: RawRequest, options: HookOptions, now: number): SourceResult {
  if (!isAuthorized(request.headers, options.tokens)) {
    return { kind: 'refused', detail: 'the token in authorization or x-untilread-token is missing or wrong' }
  }
  let json: unknown
  try {
    json = JSON.parse(request.body.toString())
  } catch {
    return unreadable('the body is not JSON')
  }
  if (!isObject(json)) return unreadable('the body is not a JSON object')
  const { topic, body } = unwrap(json)
  if (body === undefined) return unreadable('eventBody: want an object with the event')
  switch (kindOf(topic, body)) {
    case 'customer.end':
      return readEnd(body, options, now)
    case 'undelivered.messages':
      return readUndelivered(body, deploymentIn(topic, body), options, now)
    default:
      return IGNORED
  }
}

const IGNORED: SourceResult = { kind: 'events', events: [], ignored: 1 }

function unreadable(detail: string): SourceResult {
  return { kind: 'unreadable', detail }
}

/** All tokens are compared, in constant time, whatever their lengths. */
function isAuthorized(headers: RawRequest['headers'], tokens: readonly string[]): boolean {
  const [, bearer] = /^bearer +(\S+)$/i.exec(headers.authorization?.trim() ?? '') ?? []
  const given = [bearer, headers['x-untilread-token']].filter((each) => each !== undefined)
  return given.map((each) => isOneOf(each, tokens)).includes(true)
}

function unwrap(json: Fields): { topic?: string; body?: Fields } {
  const envelope = isObject(json.detail) ? json.detail : json
  const topic = textIn(envelope.topicName) ?? textIn(json['detail-type'])
  if (topic === undefined && !('eventBody' in envelope)) return { body: envelope }
  // A workflow may send the flat fields and name the topic beside them.
  const body = envelope === json && !('eventBody' in envelope) ? json : envelope.eventBody
  return { ...(topic !== undefined && { topic }), ...(isObject(body) && { body }) }
}

const END_TOPIC = /^v2\.detail\.events\.conversation\.[^.]+\.customer\.end$/
const UNDELIVERED_TOPIC = /^v2\.webmessaging\.deployments\.([^.]+)\.undelivered\.messages$/

/** By the topic where there is one; else by what only one of the two has. */
function kindOf(topic: string | undefined, body: Fields): 'customer.end' | 'undelivered.messages' | 'other' {
  if (topic !== undefined) {
    if (END_TOPIC.test(topic)) return 'customer.end'
    return UNDELIVERED_TOPIC.test(topic) ? 'undelivered.messages' : 'other'
  }
  return 'messages' in body || idIn(body.communicationId) !== undefined ? 'undelivered.messages' : 'customer.end'
}

/** Trigger topics keep the literal `{id}`. */
function deploymentIn(topic: string | undefined, body: Fields): string | undefined {
  const [, named] = UNDELIVERED_TOPIC.exec(topic ?? '') ?? []
  return idIn(body.deploymentId) ?? (named === '{id}' ? undefined : named)
}

const NO_CONVERSATION = 'conversationId: missing; want the id of the conversation'

function readEnd(body: Fields, { waitMs, deployments }: HookOptions, now: number): SourceResult {
  if (!isWebMessaging(body)) return IGNORED
  const conversation = idIn(body.conversationId)
  if (conversation === undefined) return unreadable(NO_CONVERSATION)
  // The event names its deployment in no field that is documented; where a few are watched, it has to say which it is.
  const deployment = [idIn(body.deploymentId), idIn(body.addressTo)].find((each) => deployments?.includes(each ?? ''))
  if (deployments !== undefined && deployment === undefined) return IGNORED
  const session = idIn(body.sessionId) ?? idIn(body.participantId)
  const time = timeIn(body.eventTime)
  const event = eventOf(body, {
    // EventBridge and a workflow may both bring it, with ids of their own: so its content tells that it is the same.
    key: keyOf('customer.end', conversation, session ?? time ?? ''),
    id: `${END_ITEM}${session ?? time ?? conversation}`,
    at: time ?? now,
    conversation,
    waitMs,
    ...(deployment !== undefined && { deployment }),
  })
  return { kind: 'events', events: [event], ignored: 0 }
}

function readUndelivered(
  body: Fields,
  deployment: string | undefined,
  { waitMs, deployments }: HookOptions,
  now: number,
): SourceResult {
  if (!isWebMessaging(body)) return IGNORED
  const conversation = idIn(body.conversationId)
  if (conversation === undefined) return unreadable(NO_CONVERSATION)
  if (deployments !== undefined && !deployments.includes(deployment ?? '')) return IGNORED
  const time = timeIn(body.eventTimeMs) ?? timeIn(body.eventTime)
  const common = { conversation, waitMs, ...(deployment !== undefined && { deployment }) }
  const events = new Map<string, SourceEvent>()
  for (const message of objectsIn(body.messages)) {
    const id = idIn(message.id)
    if (id === undefined) continue
    const at = timeIn(message.eventTimeMs) ?? time ?? now
    events.set(id, eventOf(body, { ...common, key: keyOf('undelivered', conversation, id), id, at, isNamed: true }))
  }
  if (events.size > 0) return { kind: 'events', events: [...events.values()], ignored: 0 }
  if (Array.isArray(body.messages) && body.messages.length > 0) {
    return unreadable('messages: no entry has an id; want a list such as [{"id": "…", "eventTimeMs": 1714641300000}]')
  }
  // Lists get lost where a trigger passes simple fields only. Which messages it was, the conversation tells.
  const place = [idIn(body.communicationId) ?? conversation, ...(time === undefined ? [] : [time])].join(':')
  const key = keyOf('undelivered', conversation, place)
  const event = eventOf(body, { ...common, key, id: `${UNNAMED_ITEM}${place}`, at: time ?? now })
  return { kind: 'events', events: [event], ignored: 0 }
}

/** Only what says that it is something else is left out: a workflow need not pass these fields on. */
function isWebMessaging({ messageType, mediaType }: Fields): boolean {
  const type = textIn(messageType)?.toUpperCase() ?? 'WEBMESSAGING'
  const media = textIn(mediaType)?.toUpperCase() ?? 'MESSAGE'
  return type === 'WEBMESSAGING' && media === 'MESSAGE'
}

type Missing = {
  key: string
  id: string
  at: number
  conversation: string
  waitMs: number
  deployment?: string
  isNamed?: true
}

function eventOf(body: Fields, { key, id, at, conversation, waitMs, deployment, isNamed }: Missing): SourceEvent {
  const contactId = contactIn(body)
  return {
    key,
    at,
    conversation,
    about: factsOf(body, deployment),
    type: 'sent',
    // Whether anything was missed, and what, is known only when Genesys is asked.
    item: { id, position: at, ...(isNamed === undefined && { tentative: true as const }) },
    // Neither event says who wrote. A person is what most rules ask for, and an agent's line must not be lost for a bot's.
    author: { kind: 'person' },
    recipients: [CUSTOMER],
    ...(contactId !== undefined && { people: { [CUSTOMER]: { contactId } } }),
    waitMs,
  }
}

function contactIn(body: Fields): string | undefined {
  const others: unknown[] = Array.isArray(body.conversationExternalContactIds)
    ? body.conversationExternalContactIds
    : []
  return idIn(body.externalContactId) ?? others.map((each) => idIn(each)).find((id) => id !== undefined)
}

/** By Genesys' own names, for rules to choose by. */
function factsOf(body: Fields, deploymentId: string | undefined): ConversationFacts {
  const divisionId = idIn(body.divisionId)
  const disconnectType = idIn(body.disconnectType)
  const metadata = {
    ...(deploymentId !== undefined && { deploymentId }),
    ...(divisionId !== undefined && { divisionId }),
    ...(disconnectType !== undefined && { disconnectType }),
  }
  return { channel: 'webmessaging', ...(Object.keys(metadata).length > 0 && { metadata }) }
}

const LONGEST_KEY = 200

function keyOf(...parts: readonly (string | number)[]): string {
  const key = parts.join(':')
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('hex')
}
