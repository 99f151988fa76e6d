import type { KnownPerson, Span } from './source-event.ts'
import { covers } from './streak.ts'
import type { Item } from './watch.ts'

/** One person in one conversation: what he has not read, and what is known that must outlive the messages it speaks of. */
export type Reader = {
  /** Oldest first; what a badge counts. */
  unread: readonly Item[]
  read: Mark
  delivered: Mark
  /** By the platform's clock; the later of the two tells whether he takes part. */
  joinedAt?: number
  leftAt?: number
  known?: KnownPerson
  /** The streaks of each rule that may still change, and always the latest. */
  streaks: Readonly<Record<string, readonly string[]>>
}

/** How far somebody has come. It only grows, so the order in which receipts arrive makes no difference. */
export type Mark = {
  upTo?: number
  until?: number
  /** Positions read beyond `upTo`, apart from one another and in order. */
  ranges?: readonly (readonly [from: number, to: number])[]
  /** Read before the message itself was heard of. */
  ids?: readonly string[]
}

export const NEW_READER: Reader = { unread: [], read: {}, delivered: {}, streaks: {} }
const MOST_RANGES = 50
const MOST_EARLY_IDS = 200
/** Each further message rewrites them all; a badge that shows so many says enough. */
export const MOST_UNREAD = 100

/** The mark with one more receipt in it; of ids only those are kept whose message may still come. */
export function extend(mark: Mark, span: Span, isKnown: (id: string) => boolean): Mark {
  if ('ids' in span) {
    const early = span.ids.filter((id) => !isKnown(id) && !mark.ids?.includes(id))
    return early.length === 0 ? mark : { ...mark, ids: [...(mark.ids ?? []), ...early].slice(-MOST_EARLY_IDS) }
  }
  if ('until' in span) return { ...mark, until: Math.max(span.until, mark.until ?? span.until) }
  if ('upTo' in span) return trim({ ...mark, upTo: Math.max(span.upTo, mark.upTo ?? span.upTo) })
  return trim({ ...mark, ranges: merge([...(mark.ranges ?? []), [span.from, span.to]]) })
}

/** Whether a message was read, or delivered, before it came to us. */
export function isMarked({ upTo, until, ranges = [], ids = [] }: Mark, item: Item): boolean {
  const { id, position, at } = item
  if (ids.includes(id) || (until !== undefined && at <= until)) return true
  if (position === undefined) return false
  return (upTo !== undefined && position <= upTo) || ranges.some(([from, to]) => from <= position && position <= to)
}

/** The mark without an id whose message has come. */
export function forget(mark: Mark, id: string): Mark {
  return mark.ids?.includes(id) ? { ...mark, ids: mark.ids.filter((each) => each !== id) } : mark
}

function merge(ranges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const merged: [number, number][] = []
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

function trim({ ranges, ...mark }: Mark): Mark {
  const { upTo = Number.NEGATIVE_INFINITY } = mark
  const beyond = (ranges ?? []).filter(([, to]) => to > upTo).slice(-MOST_RANGES)
  return beyond.length === 0 ? mark : { ...mark, ranges: beyond }
}

/** No more can be told apart. */
export function isFull({ unread }: Reader): boolean {
  return unread.length >= MOST_UNREAD
}

/** One more unread item; of too many the newest are kept, for they are read last. */
export function withUnread(reader: Reader, item: Item): Reader {
  if (reader.unread.some(({ id }) => id === item.id)) return reader
  return { ...reader, unread: [...reader.unread, item].slice(-MOST_UNREAD) }
}

export function withoutUnread(reader: Reader, span: Span): Reader {
  const unread = reader.unread.filter((item) => !covers(span, item))
  return unread.length === reader.unread.length ? reader : { ...reader, unread }
}

/** He left, and has not come back since, before this was sent. */
export function hadLeft({ leftAt, joinedAt }: Reader, at: number): boolean {
  return leftAt !== undefined && leftAt >= at && !(joinedAt !== undefined && joinedAt > leftAt && joinedAt <= at)
}
