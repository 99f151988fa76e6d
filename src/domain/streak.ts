import type { Message } from './message.ts'
import { gapAfter, type ReminderRule } from './reminder-rule.ts'
import type { Sequence } from './sequence.ts'
import type { Span } from './source-event.ts'
import type { TimelineEntry } from './timeline.ts'
import type { Item, Watch } from './watch.ts'

export const MOST_ITEMS = 200 // so many unread lines are told as well as any number
/** With a line a moment there is no end of asking: after this the notice goes out as it is. */
export const MOST_QUESTIONS = 5
/** Between asking and sending lie milliseconds, or the wait for a busy connection. */
const ANSWER_IS_GOOD_FOR_MS = 60_000

/** A new streak, and what its timeline begins with. */
export function openStreak(input: {
  id: string
  /** The first step is the watched one. */
  sequence: Sequence
  at: number
  item: Item
  notBefore?: number
  noticesBefore: number
  facts: NonNullable<TimelineEntry['facts']>
}): { message: Message; entries: readonly TimelineEntry[] } {
  const { id, sequence, at, item, notBefore, noticesBefore, facts } = input
  const watch: Watch = { items: [item], noticesBefore, ...(notBefore !== undefined && { notBefore }) }
  const message: Message = {
    id,
    sequence,
    progress: { state: 'live', phase: 'waiting', step: 0, wakeAt: firstNoticeAt(watch, sequence) },
    attempts: [
      {
        status: 'sent',
        reached: 'sent',
        try: 1,
        openedAt: item.since,
        leftAt: item.since,
        times: { sent: [at, item.at] },
      },
    ],
    watch,
  }
  return { message, entries: [{ at, code: 'watch-opened', step: 0, facts: { ...facts, notBefore } }] }
}

/** What a rule comes to for one source: its platform has sent, and the rule's steps follow. */
export function watchedSequence(
  rule: Pick<ReminderRule, 'until' | 'waitMs' | 'steps'>,
  source: string,
  waitMs: number,
): Sequence {
  const { until, steps } = rule
  const watched = {
    channel: source,
    successStatus: until,
    fallbackAfterMs: rule.waitMs ?? waitMs,
    onUncertain: 'wait',
    watched: true,
  } as const
  return [watched, ...steps]
}

const LATE_AT_MOST_MS = 3_600_000 // platforms repeat a webhook for half an hour

/**
 * When the time of something that a platform says happened at `at` began to run. Timers run on our clock; of the platform's
 * time we believe what can be so: it is not ahead of us, and what it sent by itself, when it was not asked, is not older than
 * its repeats. A clock that is further off is not believed.
 */
export function runsSince(at: number, now: number, { isPolled }: { isPolled: boolean }): number {
  if (at > now) return now
  return isPolled || now - at <= LATE_AT_MOST_MS ? at : now
}

/**
 * The items that a platform says are unread, where these are known. One that we had not heard of has waited since it was
 * sent, but no longer than what it stands beside.
 */
export function confirmedItems(
  known: readonly Item[],
  unread: readonly { id: string; at?: number }[],
  now: number,
): Item[] {
  const oldest = known.reduce((least, { since }) => Math.min(least, since), now)
  return unread.map(({ id, at = oldest }) => {
    const { tentative: _, ...item } = known.find((each) => each.id === id) ?? {
      id,
      at,
      since: Math.min(now, Math.max(oldest, at)),
    }
    return item
  })
}

/** The oldest item counts, whichever opened the streak. */
export function firstNoticeAt({ items, notBefore = 0 }: Watch, sequence: Sequence): number {
  const oldest = items.reduce((least, { since }) => Math.min(least, since), Number.POSITIVE_INFINITY)
  return Math.max(oldest + (sequence[0]?.fallbackAfterMs ?? 0), notBefore)
}

/** Whether a notice of the last step has gone, or may have: what is sent now comes too late for it. */
function isLeaving({ attempts, sequence }: Message): boolean {
  const attempt = attempts[sequence.length - 1]
  return attempt !== undefined && Boolean(attempt.inFlight || attempt.uncertain || attempt.leftAt !== undefined)
}

/** Whether what is sent now can still become a part of this streak's notice. */
export function acceptsItems(message: Message): boolean {
  const { progress, sequence, watch } = message
  if (progress.state !== 'live' || watch === undefined) return false
  if (progress.step < sequence.length - 1) return true
  return !isLeaving(message) && (watch.asked ?? 0) < MOST_QUESTIONS
}

/** The items with these among them, oldest first; what is listed already stays as it is. */
export function withItems(watch: Watch, added: readonly Item[]): Watch {
  const known = new Set(watch.items.map(({ id }) => id))
  const fresh = added.filter(({ id }) => !known.has(id))
  const room = MOST_ITEMS - watch.items.length
  const more = (watch.more ?? 0) + Math.max(0, fresh.length - room)
  const items = [...watch.items, ...fresh.slice(0, Math.max(0, room))].sort(inOrder)
  return { ...watch, items, inquiry: undefined, ...(more > 0 && { more }) }
}

function inOrder(a: Item, b: Item): number {
  if (a.position !== undefined && b.position !== undefined && a.position !== b.position) return a.position - b.position
  return a.at - b.at || (a.id < b.id ? -1 : 1)
}

export function covers(span: Span, { id, position, at }: Pick<Item, 'id' | 'position' | 'at'>): boolean {
  if ('ids' in span) return span.ids.includes(id)
  if ('until' in span) return at <= span.until
  if (position === undefined) return false
  return 'upTo' in span ? position <= span.upTo : position >= span.from && position <= span.to
}

/** Whether what was found out is good enough to send by. */
export function isAnswered({ inquiry }: Watch, at: number): boolean {
  return inquiry !== undefined && at - inquiry.at < ANSWER_IS_GOOD_FOR_MS
}

/** What the next streak has to wait for, seen from the one before it; `now` is when it opens. */
export function gapSince(
  previous: Message | undefined,
  rule: Pick<ReminderRule, 'gap'>,
  now: number,
): {
  noticesBefore: number
  /** Infinite where there is to be no further notice. */
  notBefore?: number
} {
  if (previous?.watch === undefined) return { noticesBefore: 0 }
  const { progress, attempts, watch } = previous
  if (attempts[0]?.reached === 'read' && rule.gap !== 'once') return { noticesBefore: 0 }
  const notices = attempts.slice(1).filter((attempt) => attempt.skipped === undefined && attempt.leftAt !== undefined)
  // One that is just going out counts as if it had: a line that comes meanwhile is no reason for a second one.
  const lastAt = progress.state === 'live' && progress.step > 0 ? now : notices.at(-1)?.leftAt
  if (lastAt === undefined) {
    // It told nobody anything: what counted for it counts on.
    const { noticesBefore, notBefore } = watch
    return { noticesBefore, ...(notBefore !== undefined && { notBefore }) }
  }
  const noticesBefore = watch.noticesBefore + 1
  return { noticesBefore, notBefore: lastAt + gapAfter(rule, noticesBefore) }
}
