import { type CheckTemplate, checkTexts, checkTranslations } from './check-texts.ts'
import { parseDuration } from './durations.ts'
import { checkRuleSteps, type Gap, type ReminderRule, RULE_DEFAULTS, type RuleMatch, WAIT_MS } from './reminder-rule.ts'
import {
  asGroup,
  checkChoice,
  checkFields,
  got,
  isAbsent,
  type Nearest,
  type RuleProblem,
  type Say,
  same,
  sayTo,
  show,
} from './rule-problems.ts'
import type { ChannelAbility } from './sequence.ts'

/**
 * Reads a reminder rule as people write it, in the configuration file and through the API alike:
 *
 *   { id, match: { source, skill, channel, metadata: { key: value } }, after: "1h", until: read, steps: [{ channel, … }],
 *     texts: { text, subject, body, html }, translations: { de: { … } }, gap: { first, growth, longest } | "once",
 *     fold, authors, largestGroup }
 *
 * Only `id` and `steps` are required. A length of time is a duration such as `1h`, or whole seconds. A field that is null
 * counts as absent: that is what YAML makes of a name with nothing behind it.
 */
export type RuleWorld = {
  /** What a channel name means for the rule's subaccount. */
  ability: (name: string) => ChannelAbility | undefined
  checkTemplate: CheckTemplate
  nearest: Nearest
  /** All sources of the rule's subaccount. Absent: they are not known, and nothing is held against them. */
  sources?: readonly WatchedSource[]
}
export type WatchedSource = { name: string; reportsDelivered: boolean }

export type CheckedRule = { ok: true; rule: ReminderRule } | { ok: false; problems: readonly RuleProblem[] }

/** The complete rule, or everything that is wrong with it, in the order of the fields. */
export function checkRule(input: unknown, world: RuleWorld): CheckedRule {
  const problems: RuleProblem[] = []
  const say = sayTo(problems, world.nearest)
  const raw = asGroup(input)
  if (raw === undefined) {
    say.wrong('', `must be a rule such as {"id":"sales","after":"1h","steps":[{"channel":"SMS"}]}`)
    return { ok: false, problems }
  }
  checkFields(raw, '', 'a rule', RULE_FIELDS, say)
  const match = checkMatch(raw.match, world.sources, say)
  const waitMs = checkWait(raw.after, 'after', WAIT_MS, say)
  const rule: ReminderRule = {
    id: checkId(raw.id, say),
    match,
    ...(waitMs !== undefined && { waitMs }),
    until: checkUntil(raw.until, match, world.sources, say),
    steps: checkSteps(raw.steps, world.ability, say),
    texts: checkTexts(raw.texts, 'texts', world.checkTemplate, say),
    ...checkTranslations(raw.translations, world.checkTemplate, say),
    gap: checkGap(raw.gap, say),
    fold: checkChoice(raw.fold, 'fold', ['conversation', 'none'], say) ?? RULE_DEFAULTS.fold,
    authors: checkAuthors(raw.authors, say),
    largestGroup: checkLargestGroup(raw.largestGroup, say),
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, rule }
}

const RULE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/ // it stands in URLs and logs
const LONGEST_GAP_MS = 365 * 24 * 3_600_000
const MOST_VALUES = 200
const LONGEST_VALUE = 500
const LARGEST_GROUP = 100_000

const RULE_FIELDS = [
  'id',
  'match',
  'after',
  'until',
  'steps',
  'texts',
  'translations',
  'gap',
  'fold',
  'authors',
  'largestGroup',
]
const MATCH_FIELDS = ['source', 'skill', 'channel', 'metadata'] as const

function checkId(value: unknown, say: Say): string {
  if (typeof value === 'string' && RULE_ID.test(value)) return value
  say.wrong('id', `${got(value)}; use a name of letters, digits, "-" and "_", at most 64`)
  return ''
}

function checkMatch(value: unknown, sources: readonly WatchedSource[] | undefined, say: Say): RuleMatch {
  if (isAbsent(value)) return {}
  const raw = asGroup(value)
  if (raw === undefined) {
    say.wrong('match', `${got(value)}; use conditions such as {"skill":"sales"}`)
    return {}
  }
  checkFields(raw, 'match.', 'match', MATCH_FIELDS, say)
  const [source, skill, channel] = (['source', 'skill', 'channel'] as const).map((field) =>
    checkValues(raw[field], `match.${field}`, say),
  )
  const metadata = checkMetadata(raw.metadata, say)
  return {
    ...(source && { source: source.map((name, index) => checkSource(name, pathOf(raw.source, index), sources, say)) }),
    ...(skill && { skill }),
    ...(channel && { channel }),
    ...(metadata && { metadata }),
  }
}

function pathOf(source: unknown, index: number): string {
  return Array.isArray(source) ? `match.source[${index}]` : 'match.source'
}

/** The source in the operator's spelling. */
function checkSource(name: string, path: string, sources: readonly WatchedSource[] | undefined, say: Say): string {
  if (sources === undefined) return name
  const found = sources.find((each) => same(each.name, name))
  if (found === undefined) {
    const names = sources.map((each) => each.name)
    say.wrong(path, `${show(name)} is not a source of this subaccount; ${say.instead(name, names)}`)
  }
  return found?.name ?? name
}

function checkMetadata(value: unknown, say: Say): Record<string, readonly string[]> | undefined {
  if (isAbsent(value)) return undefined
  const raw = asGroup(value)
  if (raw === undefined || Object.keys(raw).length > MOST_VALUES) {
    say.wrong(
      'match.metadata',
      `${got(value)}; use names and values such as {"priority":"high"}, at most ${MOST_VALUES}`,
    )
    return undefined
  }
  const entries = Object.entries(raw).map(([key, each]) => {
    const values = checkValues(each, `match.metadata.${key}`, say)
    if (isAbsent(each)) say.wrong(`match.metadata.${key}`, 'got nothing; use a text or a list of texts')
    return [key, values ?? []] as const
  })
  return Object.fromEntries(entries)
}

/** A text or a list of texts, as a list. */
function checkValues(value: unknown, path: string, say: Say): readonly string[] | undefined {
  if (isAbsent(value)) return undefined
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0 || values.length > MOST_VALUES) {
    say.wrong(path, `has ${values.length} values; use 1 to ${MOST_VALUES}, or leave it out to match any`)
  }
  return values.slice(0, MOST_VALUES).map((each, index) => {
    if (typeof each === 'string' && each !== '' && each.length <= LONGEST_VALUE) return each
    const quotes = typeof each === 'number' || typeof each === 'boolean' ? ' in quotes' : ''
    say.wrong(Array.isArray(value) ? `${path}[${index}]` : path, `${got(each)}; use a text${quotes}`)
    return ''
  })
}

function checkUntil(
  value: unknown,
  { source: named }: RuleMatch,
  sources: readonly WatchedSource[] = [],
  say: Say,
): ReminderRule['until'] {
  const until = checkChoice(value, 'until', ['read', 'delivered'], say) ?? RULE_DEFAULTS.until
  if (until === 'read') return until
  const meant = sources.filter(({ name }) => named?.some((each) => same(each, name)) ?? true)
  const silent = meant.filter(({ reportsDelivered }) => !reportsDelivered).map(({ name }) => name)
  if (silent.length > 0) {
    const telling = sources.filter(({ reportsDelivered }) => reportsDelivered).map(({ name }) => name)
    const instead = telling.length > 0 ? `, or only these in match.source: ${telling.join(', ')}` : ''
    say.wrong('until', `${silent.join(' and ')} never tells of delivery; use "read"${instead}`)
  }
  return until
}

function checkSteps(value: unknown, ability: RuleWorld['ability'], say: Say): ReminderRule['steps'] {
  const checked = checkRuleSteps(value, ability)
  if (checked.ok) return checked.steps
  for (const { path, message, fault } of checked.problems) {
    say[fault === 'unknown-field' ? 'unknown' : 'wrong'](`steps${path}`, message)
  }
  return []
}

function checkGap(value: unknown, say: Say): ReminderRule['gap'] {
  const usual: Gap = RULE_DEFAULTS.gap
  if (isAbsent(value)) return usual
  if (typeof value === 'string' && same(value, 'once')) return 'once'
  const raw = asGroup(value)
  if (raw === undefined) {
    say.wrong('gap', `${got(value)}; use "once", or a gap such as {"first":"1h","growth":2,"longest":"7d"}`)
    return usual
  }
  checkFields(raw, 'gap.', 'a gap', ['first', 'growth', 'longest'], say)
  const bounds = { min: 0, max: LONGEST_GAP_MS }
  const firstMs = checkWait(raw.first, 'gap.first', bounds, say) ?? usual.firstMs
  const longestMs = checkWait(raw.longest, 'gap.longest', bounds, say) ?? Math.max(firstMs, usual.longestMs)
  if (longestMs < firstMs) say.wrong('gap.longest', `is shorter than the first gap, of ${firstMs / 1000} seconds`)
  const growth = raw.growth ?? usual.growth
  if (typeof growth === 'number' && growth >= 1 && growth <= 100) return { firstMs, growth, longestMs }
  say.wrong('gap.growth', `${got(growth)}; use a number from 1 to 100`)
  return usual
}

const AUTHORS = ['person', 'bot', 'system'] as const

function checkAuthors(value: unknown, say: Say): ReminderRule['authors'] {
  if (isAbsent(value)) return RULE_DEFAULTS.authors
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0) say.wrong('authors', 'must not be empty; use some of "person", "bot" and "system"')
  const authors = values.map((each, index) => {
    const path = Array.isArray(value) ? `authors[${index}]` : 'authors'
    return checkChoice(each, path, AUTHORS, say, { required: true })
  })
  return [...new Set(authors.filter((each) => each !== undefined))]
}

function checkLargestGroup(value: unknown, say: Say): number {
  if (isAbsent(value)) return RULE_DEFAULTS.largestGroup
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_GROUP) return value
  say.wrong('largestGroup', `${got(value)}; use a whole number from 0 to ${LARGEST_GROUP}`)
  return RULE_DEFAULTS.largestGroup
}

function checkWait(value: unknown, path: string, bounds: { min: number; max: number }, say: Say): number | undefined {
  if (isAbsent(value)) return undefined
  const whole = typeof value === 'number' && Number.isInteger(value) ? value * 1000 : undefined
  const ms = typeof value === 'string' ? parseDuration(value) : whole
  if (ms !== undefined && ms % 1000 === 0 && ms >= bounds.min && ms <= bounds.max) return ms
  const [from, to] = [bounds.min / 1000, bounds.max / 86_400_000]
  say.wrong(path, `${got(value)}; use a duration from ${from}s to ${to}d such as "1h", or whole seconds`)
  return undefined
}
