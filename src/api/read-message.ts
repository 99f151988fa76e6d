import { Type } from 'typebox'
import type { Content, ContentType } from '../domain/content.ts'
import type { Sequence } from '../domain/sequence.ts'
import { heedTemplateLife, type ShortFallbackPolicy } from '../domain/template-life.ts'
import type { Envelope } from '../engine/ports/message-store.ts'
import { checkLengths, type SmsFacts } from './check-lengths.ts'
import { ApiError } from './errors.ts'
import { judge } from './judge.ts'
import { SendShape } from './message-shape.ts'
import { readContent, readType } from './read-content.ts'
import { readMoment } from './read-moment.ts'
import type { SequenceReader } from './read-sequence.ts'
import { isObject } from './read-template.ts'
import { isHttpUrl } from './read-url.ts'
import { checkReach, readUser } from './read-user.ts'

/** What reading a message needs to know of the house. */
export type Reading = {
  now: number
  subAccountId: string
  sequences: SequenceReader
  /** The subaccount's default sequence as JSON, if it has one. */
  defaultSequence: unknown
  /** How long templates live, and what is done about a step that falls back before. */
  templates: TemplateRules
  /** The content types that a channel carries as they are. */
  carries(channel: string): readonly ContentType[]
}

/** Of a subaccount; `lifeMs` is undefined for a template of which it is not known. */
export type TemplateRules = { lifeMs(name: string): number | undefined; policy: ShortFallbackPolicy }

export type ReadMessage = {
  fields: Omit<Envelope, 'umid' | 'subAccountId' | 'acceptedAt'>
  sequence: Sequence
  /** What an SMS of it takes, where the sequence has an SMS step. */
  sms?: SmsFacts
  /** What the caller should know though nothing is refused. */
  warnings: string[]
}

// The domain judges the sequence, with better words than a schema has.
const judgeMessage = judge(
  Type.Object(
    { ...SendShape.properties, channels: Type.Optional(Type.Unknown()) },
    { additionalProperties: false, title: 'a message such as {"user":{…},"type":"text","content":{…}}' },
  ),
)

const YEAR_MS = 366 * 86_400_000

/** Reads a message as a caller wrote it, whole or not at all: the first problem is thrown as an ApiError. */
export function readMessage(raw: unknown, reading: Reading): ReadMessage {
  const given = judgeMessage(raw)
  const warnings: string[] = []
  const user = readUser(given.user, warnings)
  const type = readType(given.type)
  const content = readContent(type, given.content, warnings)
  const sequence = heedLife(chooseSequence(given.channels, reading), type, content, reading.templates, warnings)
  checkReach(user, sequence, warnings)
  const sms = checkLengths(type, content, sequence, reading.carries)
  const { clientMessageId, dlrCallbackUrl, context } = given
  if (dlrCallbackUrl !== undefined && !isHttpUrl(dlrCallbackUrl)) {
    throw new ApiError(3020, 'dlrCallbackUrl', 'must be an http or https URL')
  }
  const fields = {
    user,
    type,
    content,
    ...readTimes(given, reading.now, warnings),
    ...(clientMessageId !== undefined && { clientMessageId }),
    ...(dlrCallbackUrl !== undefined && { dlrCallbackUrl }),
    ...(context !== undefined && { contextUmid: context.umid }),
  }
  return { fields, sequence, ...(sms && { sms }), warnings }
}

/** A template that outlives its step would reach a person whom the next channel has reached. */
function heedLife(
  sequence: Sequence,
  type: ContentType,
  content: Content,
  { lifeMs, policy }: TemplateRules,
  warnings: string[],
): Sequence {
  const livesForMs = lifeIn(type, content) ?? (type === 'template' ? lifeMs(nameOf(content)) : undefined)
  if (livesForMs === undefined) return sequence
  const heeded = heedTemplateLife(sequence, livesForMs, policy)
  for (const { step, message, refused } of heeded.short) {
    const path = `channels[${step}].fallbackAfter`
    if (refused) throw new ApiError(3023, path, message)
    warnings.push(`${path}: ${message}`)
  }
  return heeded.sequence
}

/** What the message itself says of how long WhatsApp may try. */
function lifeIn(type: ContentType, { template, whatsApp }: Content): number | undefined {
  const direct = isObject(whatsApp) && isObject(whatsApp.directSend) ? whatsApp.directSend.ttlSeconds : undefined
  const own = type === 'template' && isObject(template) ? template.ttlSeconds : undefined
  const seconds = direct ?? own
  return typeof seconds === 'number' ? seconds * 1000 : undefined
}

function nameOf({ template }: Content): string {
  return isObject(template) ? String(template.name) : ''
}

function chooseSequence(channels: unknown, { sequences, defaultSequence, subAccountId }: Reading): Sequence {
  if (channels !== undefined) return sequences.read(subAccountId, channels, 'channels')
  // A default was checked when it was set; since then a connection may have gone.
  if (defaultSequence !== undefined)
    return sequences.read(subAccountId, defaultSequence, 'channels (default of the subaccount)')
  throw new ApiError(
    3027,
    'channels',
    'is missing, and this subaccount has no default sequence; give the channels to try, such as ' +
      `[{"channel":"SMS"}], or set a default with PUT /api/v1/subaccounts/${subAccountId}/sequence`,
  )
}

function readTimes(given: { scheduled?: string; expiry?: string }, now: number, warnings: string[]) {
  let scheduledAt = given.scheduled === undefined ? undefined : readMoment(given.scheduled, 'scheduled', 1011)
  const expiresAt = given.expiry === undefined ? undefined : readMoment(given.expiry, 'expiry', 1006)
  if (scheduledAt !== undefined && scheduledAt > now + YEAR_MS) {
    throw new ApiError(1011, 'scheduled', 'is more than a year ahead; schedule within a year')
  }
  if (expiresAt !== undefined && expiresAt <= now) throw new ApiError(1006, 'expiry', 'lies in the past')
  if (expiresAt !== undefined && scheduledAt !== undefined && expiresAt <= scheduledAt) {
    throw new ApiError(1006, 'expiry', 'must be later than scheduled')
  }
  if (scheduledAt !== undefined && scheduledAt <= now) {
    warnings.push('scheduled: lies in the past; the message is sent now')
    scheduledAt = undefined
  }
  return { ...(scheduledAt !== undefined && { scheduledAt }), ...(expiresAt !== undefined && { expiresAt }) }
}
