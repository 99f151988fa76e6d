import { createHash } from 'node:crypto'
import type { SourceEvent } from '../../domain/source-event.ts'
import { type Fields, fieldsOf } from '../../json/loose-json.ts'
import { userId, wordsOf } from './loose-json.ts'

/** What every webhook says, whatever it is about. */
export type Envelope = {
  type: string
  /** Tells this event from all others, by what is signed. */
  event: string
  /** Epoch milliseconds. */
  at: number
  /** The user who did it. */
  actor?: string
  body: Fields
}

/** What a webhook comes to; an empty list for one that we have no use for. */
export type Reading = readonly SourceEvent[] | { unreadable: string }
export type Reader = (envelope: Envelope) => Reading

const SKEW_MS = 5 * 60_000
/** Layer gives a request up after half an hour; what is older has a clock that is wrong. */
const OLDEST_MS = 24 * 3_600_000

/** `digest` stands for the event where it has no id of its own. */
export function readEnvelope(body: Fields, digest: () => string, now: number): Envelope | { unreadable: string } {
  const event = fieldsOf(body.event)
  const type = wordsOf(event?.type)
  if (event === undefined || type === undefined) return { unreadable: 'event.type is missing' }
  const actor = userId(event.actor) ?? userId(body.actor)
  const createdAt = wordsOf(event.created_at) ?? ''
  const at = Date.parse(createdAt)
  return {
    type,
    event: key(type, wordsOf(event.id) ?? digest(), createdAt, actor ?? ''),
    at: at >= now - OLDEST_MS && at <= now + SKEW_MS ? at : now,
    ...(actor !== undefined && { actor }),
    body,
  }
}

/**
 * The key of an event. Where an event states a fact that stays true (sent, read, deleted), its parts are that fact, so that
 * it is the same event whichever webhook tells it, and however often. The request id is no part of it: it is not signed.
 */
export function key(type: string, ...parts: readonly (string | number)[]): string {
  return `${type.slice(0, 60)}:${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}`
}
