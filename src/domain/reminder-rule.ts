import { parseDuration } from './durations.ts'
import type { Sequence, SequenceProblem } from './sequence.ts'
import { type ChannelAbility, checkSequence } from './sequence.ts'
import type { Author, ConversationFacts } from './source-event.ts'
import { SUCCESS_STATUSES, type SuccessStatus } from './status-ladder.ts'

/** Says who is reminded of what, when and how. The first rule of a subaccount that matches an unread message is the one. */
export type ReminderRule = {
  /** Unique in its subaccount. */
  id: string
  match: RuleMatch
  /** How long a message may stay unread. Absent: as its source says. */
  waitMs?: number
  /** What calls the reminder off: that it was read, or that it reached the person's device. */
  until: 'read' | 'delivered'
  /** What is tried, one after another. A step that waits for `read` succeeds when the person reads in the chat. */
  steps: Sequence
  texts: Texts
  /** By language, such as `de`; what is missing in one is taken from `texts`. */
  translations?: Readonly<Record<string, Texts>>
  /** How soon after a notice the next may come. `once`: one notice for each conversation and person, ever. */
  gap: Gap | 'once'
  /** `conversation`: one notice for all that is unread. `none`: one for each message. */
  fold: 'conversation' | 'none'
  /** Whose messages people are reminded of. */
  authors: readonly Author['kind'][]
  /** With more recipients than this only those who are mentioned are reminded. */
  largestGroup: number
}

/** All that is named must hold; of a list, one. Names are compared without regard to case. */
export type RuleMatch = {
  source?: readonly string[]
  skill?: readonly string[]
  channel?: readonly string[]
  metadata?: Readonly<Record<string, readonly string[]>>
}

/** The wording, as Liquid templates; what is absent is worded by us. */
export type Texts = {
  /** For SMS and messengers. */
  text?: string
  /** For e-mail. */
  subject?: string
  body?: string
  html?: string
}

/** After a notice at least `firstMs`; each further one without a read in between multiplies it, up to `longestMs`. */
export type Gap = { firstMs: number; growth: number; longestMs: number }

export const RULE_DEFAULTS = {
  until: 'read',
  gap: { firstMs: 3_600_000, growth: 2, longestMs: 7 * 24 * 3_600_000 },
  fold: 'conversation',
  authors: ['person', 'bot'],
  largestGroup: 50,
} as const satisfies Partial<ReminderRule>

/** From ten seconds, before which nobody could have read it, to a month, after which nobody wants to hear of it. */
export const WAIT_MS = { min: 10_000, max: 31 * 24 * 3_600_000 } as const

/** What a rule is held against. */
export type Unread = {
  source: string
  about: ConversationFacts
  author: Author['kind']
}

/** Why a rule does not apply, or undefined when it does. */
export type Mismatch = 'source' | 'skill' | 'channel' | 'metadata' | 'author'

export function mismatch({ match, authors }: ReminderRule, { source, about, author }: Unread): Mismatch | undefined {
  if (!isAmong(source, match.source)) return 'source'
  if (!isAmong(about.skill, match.skill)) return 'skill'
  if (!isAmong(about.channel, match.channel)) return 'channel'
  const metadata = Object.entries(match.metadata ?? {})
  if (!metadata.every(([key, values]) => isAmong(about.metadata?.[key], values))) return 'metadata'
  return authors.includes(author) ? undefined : 'author'
}

function isAmong(value: string | undefined, wanted: readonly string[] | undefined): boolean {
  if (wanted === undefined) return true
  return value !== undefined && wanted.some((each) => each.toLowerCase() === value.toLowerCase())
}

/**
 * Whether whatever `later` applies to is taken by `earlier`, which is asked before it. Only what follows from the two rules
 * alone: several rules together may leave nothing to another without any of them covering it.
 */
export function covers(earlier: ReminderRule, later: ReminderRule): boolean {
  const { match, authors } = earlier
  const lists = (['source', 'skill', 'channel'] as const).every((field) => isWithin(later.match[field], match[field]))
  const metadata = Object.entries(match.metadata ?? {})
  return (
    lists &&
    metadata.every(([key, values]) => isWithin(later.match.metadata?.[key], values)) &&
    later.authors.every((author) => authors.includes(author))
  )
}

function isWithin(narrow: readonly string[] | undefined, wide: readonly string[] | undefined): boolean {
  return wide === undefined || (narrow?.every((each) => isAmong(each, wide)) ?? false)
}

/** How long after a notice the next may come, when `notices` came in a row without a read. */
export function gapAfter({ gap }: Pick<ReminderRule, 'gap'>, notices: number): number {
  if (notices === 0) return 0
  if (gap === 'once') return Number.POSITIVE_INFINITY
  // After very many notices the power is infinite, and no gap at all times infinity would be no number.
  const factor = Math.min(gap.growth ** (notices - 1), Number.MAX_VALUE)
  return Math.min(gap.firstMs * factor, gap.longestMs)
}

/**
 * Reads the steps of a rule, as a caller wrote them: like any sequence, but a step may wait for `Read` whatever its channel
 * reports, for the chat tells of reading. A step with `fallbackAfter` and no `successStatus` waits for `Read`.
 * `fallbackAfter` may be up to 31 days, in whole seconds or as a duration such as `2h`.
 */
export function checkRuleSteps(
  input: unknown,
  ability: (name: string) => ChannelAbility | undefined,
): { ok: true; steps: Sequence } | { ok: false; problems: SequenceProblem[] } {
  const reads = new Set<SuccessStatus>(['read'])
  const generous = (name: string) => {
    const known = ability(name)
    return known && { ...known, reports: SUCCESS_STATUSES.filter((s) => reads.has(s) || known.reports.includes(s)) }
  }
  const usual = Array.isArray(input) ? input.map(asUsualStep) : input
  const checked = checkSequence(usual, generous, { longestFallbackMs: WAIT_MS.max })
  if (checked.ok) return { ok: true, steps: checked.sequence }
  const problems = checked.problems.map((problem) =>
    problem.fault === 'bad-delay' ? { ...problem, message: `${problem.message}, or a duration such as "2h"` } : problem,
  )
  return { ok: false, problems }
}

/** A step of a rule as a step of any sequence. */
function asUsualStep(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw
  const step = raw as Record<string, unknown>
  if (step.fallbackAfter === undefined) return raw
  const { fallbackAfter, successStatus = 'Read' } = step
  const ms = typeof fallbackAfter === 'string' ? parseDuration(fallbackAfter) : undefined
  // One that is out of bounds is told of as it was written.
  const isGood = ms !== undefined && ms >= WAIT_MS.min && ms <= WAIT_MS.max
  return { ...step, successStatus, fallbackAfter: isGood ? ms / 1000 : fallbackAfter }
}
