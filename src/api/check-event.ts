import { type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Author, ConversationFacts, KnownPerson } from '../domain/source-event.ts'
import { nearest } from '../words/nearest.ts'
import { ApiError } from './errors.ts'
import {
  CommonFields,
  EVENT_TYPES,
  type EventType,
  MetadataText,
  PersonShape,
  SpecialFields,
  TYPES,
} from './event-shape.ts'
import { findProblem, unknownField } from './judge.ts'
import { readMoment } from './read-moment.ts'
import { isObject } from './read-template.ts'

/** An event of an own chat of which everything is in order. Which of the fields are there, its type says. */
export type GivenEvent = {
  type: EventType
  key?: string
  at?: GivenMoment
  conversation: string
  id: string
  position?: number
  text?: string
  author: { id?: string; kind?: Author['kind']; name?: string; aliases?: string[] }
  recipients?: string[]
  mentions?: string[]
  people?: Record<string, KnownPerson>
  ids: string[]
  person: string
  from?: number
  to?: number
  upTo?: number
  until?: GivenMoment
} & ConversationFacts
export type GivenMoment = string | number

const AHEAD_MS = 5 * 60_000 // clocks of others go wrong by so much, and nobody notices
const MOST_PROBLEMS = 10
const MOST_METADATA = 50
const MOST_PEOPLE = 1000

/** Answers the event as what it is, or throws all that is wrong with it as one ApiError. */
export function checkEvent(raw: unknown, now: number, path: string): GivenEvent {
  if (!isObject(raw)) throw new ApiError(1000, path || 'body', 'must be an event such as {"type":"message.read",…}')
  const problems = new Problems(path)
  const type = EVENT_TYPES.find((each) => each === raw.type)
  if (type === undefined) throw problems.of('type', wrongType(raw.type))
  checkFields(type, raw, problems)
  problems.throwAny() // what follows takes the shapes for granted
  const given = raw as GivenEvent
  checkTimes(given, now, problems)
  checkNames(given, problems)
  if (type === 'message.sent') checkAuthor(given, problems)
  if (TYPES[type].span) checkSpan(given, problems)
  problems.throwAny()
  return given
}

class Problems {
  readonly path: string
  readonly #found: ApiError[] = []

  constructor(path: string) {
    this.path = path
  }

  at(field: string): string {
    return this.path === '' ? field : `${this.path}.${field}`
  }

  of(field: string, what: string): ApiError {
    return new ApiError(1000, this.at(field), what)
  }

  add(problem: ApiError | undefined): void {
    if (problem !== undefined) this.#found.push(problem)
  }

  say(field: string, what: string): void {
    this.add(this.of(field, what))
  }

  throwAny(): void {
    const [first, ...others] = this.#found
    if (first === undefined) return
    if (others.length === 0) throw first
    const said = this.#found.slice(0, MOST_PROBLEMS).map(({ message }) => message)
    const left = this.#found.length - said.length
    throw new ApiError(1000, '', [...said, ...(left > 0 ? [`and ${left} more`] : [])].join('; '))
  }
}

function wrongType(given: unknown): string {
  const meant = typeof given === 'string' ? nearest(given, EVENT_TYPES) : undefined
  if (meant !== undefined) return `is not known; did you mean ${meant}?`
  return `${given === undefined ? 'is missing; give' : 'must be'} one of ${EVENT_TYPES.join(', ')}`
}

const SCHEMAS: Record<string, TSchema> = { ...CommonFields, ...SpecialFields }
// Compiled code says yes or no, which is all that a right event costs; only a wrong field is walked.
const CHECKS = new Map(Object.entries(SCHEMAS).map(([field, schema]) => [field, Compile(schema)]))
/** Of objects whose fields have any names, each value is judged by itself. */
const VALUES: Record<string, TSchema | undefined> = { metadata: MetadataText, people: PersonShape }

function checkFields(type: EventType, raw: Record<string, unknown>, problems: Problems): void {
  const { needs, may } = TYPES[type]
  const needed = ['type', 'conversation', ...needs]
  const known = [...new Set([...needed, ...Object.keys(CommonFields), ...may])]
  for (const field of Object.keys(raw)) {
    if (known.includes(field)) continue
    if (Object.hasOwn(SCHEMAS, field)) problems.say(field, `does not go with ${type}`)
    else problems.add(unknownField(problems.at(field.slice(0, 60)), field, known))
  }
  for (const field of known) {
    const given = Object.hasOwn(raw, field) ? raw[field] : undefined
    if (given === undefined ? !needed.includes(field) : CHECKS.get(field)?.Check(given)) continue
    const schema = SCHEMAS[field]
    if (schema === undefined) continue
    problems.add(findProblem(Type.Object({ [field]: schema }), { [field]: given }, problems.path))
    const ofEach = VALUES[field]
    if (ofEach === undefined || !isObject(given)) continue
    for (const [name, value] of Object.entries(given)) {
      problems.add(findProblem(ofEach, value, problems.at(`${field}.${name.slice(0, 60)}`)))
    }
  }
}

function checkTimes(given: GivenEvent, now: number, problems: Problems): void {
  for (const field of ['at', 'until'] as const) {
    const value = given[field]
    if (value === undefined) continue
    try {
      const moment = readTime(value, problems.at(field))
      if (moment <= now + AHEAD_MS) continue
      problems.say(field, 'lies in the future; give when it happened, and check the clock that says so')
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      problems.add(error)
    }
  }
}

const FIRST_MILLISECONDS = 100_000_000_000 // as seconds the year 5138, as milliseconds 1973

/** A text with its zone, or milliseconds. */
export function readTime(value: GivenMoment, path: string): number {
  if (typeof value === 'string') return readMoment(value, path, 1000)
  if (value >= FIRST_MILLISECONDS) return value
  throw new ApiError(1000, path, value < 0 ? 'lies before 1970' : 'looks like seconds; give milliseconds since 1970')
}

function checkNames({ metadata = {}, people = {} }: GivenEvent, problems: Problems): void {
  const names = Object.keys(metadata)
  if (names.length > MOST_METADATA)
    problems.say('metadata', `has ${names.length} texts; at most ${MOST_METADATA} are allowed`)
  if (names.some((name) => name === '' || name.length > 100)) {
    problems.say('metadata', 'has a name that is empty or longer than 100 characters')
  }
  const known = Object.entries(people)
  if (known.length > MOST_PEOPLE)
    problems.say('people', `has ${known.length} people; at most ${MOST_PEOPLE} are allowed`)
  for (const [id, { timeZone }] of known) {
    if (id === '' || id.length > 200) problems.say('people', 'has an id that is empty or longer than 200 characters')
    if (timeZone === undefined || isTimeZone(timeZone)) continue
    problems.say(`people.${id.slice(0, 60)}.timeZone`, 'must be a time zone such as Europe/Berlin')
  }
}

// To ask is dear, and most people of a chat live in a few zones. Names are read in any case, so there is no end of them.
const MOST_ZONES = 1000
const zones = new Set<string>()

function isTimeZone(name: string): boolean {
  if (zones.has(name)) return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
  } catch {
    return false
  }
  if (zones.size >= MOST_ZONES) zones.clear()
  zones.add(name)
  return true
}

function checkAuthor({ author }: GivenEvent, problems: Problems): void {
  if (author.id !== undefined || (author.kind ?? 'person') !== 'person') return
  problems.say('author.id', 'is missing; give who wrote it, or bot or system as author.kind')
}

function checkSpan({ ids, from, to, upTo, until }: Partial<GivenEvent>, problems: Problems): void {
  const ways = [ids, from ?? to, upTo, until].filter((each) => each !== undefined).length
  if (ways !== 1) {
    const what = ways === 0 ? 'is missing; give it' : 'is one thing too many; give one only: ids'
    problems.say('ids', `${what}, or from and to, or upTo, or until`)
  } else if ((from === undefined) !== (to === undefined)) {
    problems.say(from === undefined ? 'from' : 'to', 'is missing; from and to go together')
  } else if (from !== undefined && to !== undefined && from > to) {
    problems.say('from', `got ${from}, which is above to (${to})`)
  }
}
