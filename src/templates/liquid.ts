import { Liquid, LiquidError, type LiquidOptions, type Template } from 'liquidjs'
import { escapeHtml } from './built-in.ts'
import { formatMoment, isTimeZone, type Manner } from './moment.ts'

/**
 * Liquid as it is offered to operators: nothing that reads files, nothing by chance, no clock, and nothing that takes a value
 * for Liquid. What people wrote is data here, and never a template.
 */
export type Language = 'plain' | 'html'

export const LONGEST_TEMPLATE = 100_000
const LONGEST_OUTPUT = 500_000
const RENDER_MS = 250 // a template of use takes a millisecond or two; the rest is for a machine that is busy
const MEMORY = 2_000_000 // characters and list entries, of all the values of one rendering

const WITHOUT_TAGS = ['include', 'render', 'layout', 'block']
// `*_exp` read a text as Liquid; `sample` is chance; the dates know neither the person's zone nor our clock.
const WITHOUT_FILTERS = [
  ...['where_exp', 'reject_exp', 'group_by_exp', 'find_exp', 'find_index_exp', 'has_exp', 'sample'],
  ...['date_to_xmlschema', 'date_to_rfc822', 'date_to_string', 'date_to_long_string'],
]

/** Where the `date` filter finds whom it writes for. A symbol: no template can name it. */
const FOR_WHOM = Symbol('for whom')
type ForWhom = { manner: Manner; now: number }

const ENGINES: Record<Language, Liquid> = {
  plain: makeEngine({}),
  html: makeEngine({ outputEscape: (value) => escapeHtml(textOf(value)) }),
}
// These give markup, which must not be escaped once more.
ENGINES.html.registerFilter('escape', { raw: true, handler: (value) => escapeHtml(textOf(value)) })
ENGINES.html.registerFilter('newline_to_br', {
  raw: true,
  handler: (value) => escapeHtml(textOf(value)).replace(/\r?\n/g, '<br>\n'),
})

function makeEngine(options: LiquidOptions): Liquid {
  const engine = new Liquid({
    ...options,
    templates: {}, // no file is ever looked for
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    parseLimit: LONGEST_TEMPLATE,
    renderLimit: RENDER_MS,
    memoryLimit: MEMORY,
  })
  for (const tag of WITHOUT_TAGS) delete engine.tags[tag]
  for (const filter of WITHOUT_FILTERS) engine.unregisterFilter(filter)
  engine.registerFilter('date', function (value: unknown, format: unknown, zone: unknown) {
    const { manner, now } = Reflect.get(this.context.globals, FOR_WHOM) as ForWhom
    const at = momentOf(value, now)
    if (at === undefined) return ''
    if (zone !== undefined && !isTimeZone(String(zone))) throw new Error('date takes a zone such as "Europe/Berlin"')
    const there = zone === undefined ? manner : { ...manner, timeZone: String(zone) }
    return formatMoment(at, format === undefined ? 'full' : String(format), there)
  })
  return engine
}

/** Reads our own times, `now`, and numbers as seconds (which is what Liquid's other times are). */
function momentOf(value: unknown, now: number): number | undefined {
  if (value === 'now' || value === 'today') return now
  const at = typeof value === 'number' ? value * 1000 : Date.parse(String(value ?? ''))
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? at : undefined
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('')
  return value === undefined || value === null ? '' : String(value)
}

/** A template that failed: on which line, and why in words that quote nothing but the template. */
export class TemplateTrouble extends Error {
  override readonly name = 'TemplateTrouble'
  readonly line: number | undefined
  /** The variable that there is not, when one was asked for in a strict rendering. */
  readonly unknown: string | undefined

  constructor(message: string, line?: number, unknown?: string) {
    super(line === undefined ? message : `line ${line}: ${message}`)
    this.line = line
    this.unknown = unknown
  }
}

/** Parses, or throws TemplateTrouble. A template that was used lately is not parsed again. */
export function parse(source: string, language: Language): Template[] {
  const key = `${language} ${source}`
  const known = parsed.get(key)
  if (known !== undefined) return known
  if (source.length > LONGEST_TEMPLATE) {
    throw new TemplateTrouble(`has ${source.length} characters; at most ${LONGEST_TEMPLATE} are allowed`)
  }
  let made: Template[]
  try {
    made = ENGINES[language].parse(source)
  } catch (error) {
    // What parsing complains of is the template's own text.
    throw new TemplateTrouble(reasonOf(error), lineOf(error))
  }
  if (parsed.size >= MOST_PARSED) parsed.clear()
  parsed.set(key, made)
  return made
}

const MOST_PARSED = 500
const parsed = new Map<string, Template[]>()

/**
 * Renders, or throws TemplateTrouble, whose message may quote a value: it is for who gave the value. `strict`: a variable or
 * field that there is not fails, except in conditions.
 */
export function render(
  source: string,
  language: Language,
  scope: object,
  forWhom: ForWhom,
  { strict = false }: { strict?: boolean } = {},
): string {
  const template = parse(source, language)
  const options = { globals: { [FOR_WHOM]: forWhom }, strictVariables: strict }
  try {
    // A copy, as `increment` writes to it.
    const text: unknown = ENGINES[language].renderSync(template, { ...scope }, options)
    if (typeof text !== 'string' || text.length > LONGEST_OUTPUT) throw new Error('gives too long a text')
    return text
  } catch (error) {
    const unknown = /^undefined variable: (.*)$/s.exec(reasonOf(error))?.[1]
    throw new TemplateTrouble(reasonOf(error), lineOf(error), unknown)
  }
}

/** All variables that a template takes from outside, as paths; with the lines that they are on. */
export function variablesOf(source: string): { path: readonly unknown[]; line: number }[] {
  const { globals } = ENGINES.plain.analyzeSync(parse(source, 'plain'))
  return Object.values(globals)
    .flat()
    .map(({ segments, location }) => ({ path: segments, line: location.row }))
}

/** The names that a template gives to values of its own. */
export function assignedIn(source: string): ReadonlySet<string> {
  return new Set(Object.keys(ENGINES.plain.analyzeSync(parse(source, 'plain')).locals))
}

const LIMITS: Record<string, string | undefined> = {
  'template render limit exceeded': 'takes too long',
  'memory alloc limit exceeded': 'takes too much memory',
  'Maximum call stack size exceeded': 'nests too deeply',
}

function reasonOf(error: unknown): string {
  const cause = LiquidError.is(error) ? (error.originalError ?? error) : error
  const message = cause instanceof Error ? cause.message : String(cause)
  const reason = message.replace(/, (file:.*, )?line:\d+, col:\d+$/s, '')
  return LIMITS[reason] ?? reason
}

function lineOf(error: unknown): number | undefined {
  return LiquidError.is(error) ? error.token.getPosition()[0] : undefined
}
