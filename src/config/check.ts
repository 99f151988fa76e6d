import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { nearest } from '../words/nearest.ts'
import { type Outside, readSecretFile } from './environment.ts'
import { isList, isMap, type Located, type Origin, type Problem, plain } from './located.ts'
import { choicesOf, expectation, isSecret, listOr, type Rule } from './rule.ts'

/** What is configured, one by one: for `config check` and the like. A secret is masked already. */
export type Setting = { name: string; shown: string; origin: Origin }
export type Findings = { problems: Problem[]; settings: Setting[]; outside: Outside }

/**
 * Reads a value by its schema: fills in defaults, and reports every problem instead of stopping at the first. The answer
 * has the schema's type when no problem was found.
 */
export function readBySchema(schema: TSchema, node: Located, name: string, findings: Findings): unknown {
  if (node.faulty) return undefined
  const rule: Rule = schema
  if (rule.checkedElsewhere) return plain(node)
  const branch = rule.anyOf === undefined ? undefined : branchFor(rule.anyOf, node)
  if (branch !== undefined) return readBySchema(branch, node, name, findings)
  if (rule.properties !== undefined || rule.patternProperties !== undefined) {
    // A group whose fields are all commented out reads as nothing.
    const fields = node.value === null ? new Map<string, Located>() : isMap(node) ? node.value : undefined
    if (fields === undefined) return refuse(schema, node, name, findings)
    return rule.properties === undefined
      ? readRecord(schema, fields, name, findings)
      : readObject(rule, { fields, at: node.keyOrigin ?? node.origin }, name, findings)
  }
  if (rule.type === 'array') {
    if (!isList(node) || node.value.length < (rule.minItems ?? 0)) return refuse(schema, node, name, findings)
    const { items = {} } = rule
    return node.value.map((item, index) => readBySchema(items, item, `${name}[${index}]`, findings))
  }
  return readLeaf(schema, node, name, findings)
}

function readObject(
  rule: Rule,
  group: { fields: ReadonlyMap<string, Located>; at: Origin },
  name: string,
  findings: Findings,
): Record<string, unknown> {
  const { properties = {} } = rule
  const values: Record<string, unknown> = {}
  const known = new Set(Object.keys(properties))
  for (const [key, schema] of Object.entries(properties)) {
    const full = join(name, key)
    const byFile = isSecret(schema) && !(`${key}File` in properties)
    if (byFile) known.add(`${key}File`)
    const file = byFile ? group.fields.get(`${key}File`) : undefined
    const given = group.fields.get(key)
    if (given !== undefined && file !== undefined) {
      findings.problems.push({ name: full, origin: given.origin, message: `is given twice: here and by ${key}File` })
    }
    const node = given ?? (file && readValueFile(file, `${full}File`, findings))
    if (node !== undefined) values[key] = readBySchema(schema, node, full, findings)
    else if (file === undefined) fillIn(rule, key, schema, { name: full, at: group.at, values }, findings)
  }
  for (const [key, node] of group.fields) {
    if (known.has(key)) continue
    const meant = nearest(key, [...known])
    const message = `is not a setting; ${meant ? `did you mean ${meant}?` : `there are ${[...known].join(', ')}`}`
    findings.problems.push({ name: join(name, key), origin: node.keyOrigin ?? node.origin, message })
  }
  return values
}

function fillIn(
  rule: Rule,
  key: string,
  schema: TSchema,
  missing: { name: string; at: Origin; values: Record<string, unknown> },
  findings: Findings,
): void {
  const field: Rule = schema
  const nothing: Located = { value: null, origin: { kind: 'default' }, keyOrigin: missing.at }
  if (field.default !== undefined) {
    missing.values[key] = structuredClone(field.default)
    // An empty list of connections is not a setting that anybody looks for.
    if (field.patternProperties === undefined) note(schema, field.default, { kind: 'default' }, missing.name, findings)
  } else if (field.properties !== undefined && rule.required?.includes(key)) {
    missing.values[key] = readBySchema(schema, nothing, missing.name, findings)
  } else if (rule.required?.includes(key)) {
    const how = isSecret(schema)
      ? `set it, to \${A_VARIABLE} of the environment if you like, or ${key}File to a file that holds it`
      : `set it to ${expectation(schema)}`
    findings.problems.push({ name: missing.name, origin: missing.at, message: `missing: ${how}` })
  }
}

function readValueFile(node: Located, name: string, findings: Findings): Located | undefined {
  const { value, origin } = node
  const text = typeof value === 'string' ? readSecretFile(value, findings.outside) : undefined
  if (text !== undefined) return { ...node, value: text, hidden: true }
  const message = typeof value === 'string' ? `names ${value}, which cannot be read` : 'must be the path of a file'
  findings.problems.push({ name, origin, message })
  return undefined
}

function readRecord(schema: TSchema, fields: ReadonlyMap<string, Located>, name: string, findings: Findings) {
  const rule: Rule = schema
  const [[pattern, inner] = ['', {}]] = Object.entries(rule.patternProperties ?? {})
  const values: Record<string, unknown> = {}
  for (const [key, node] of fields) {
    if (!new RegExp(pattern).test(key)) {
      const message = `is not a good name; use ${rule.keys ?? `one that matches ${pattern}`}`
      findings.problems.push({ name: join(name, key), origin: node.keyOrigin ?? node.origin, message })
    }
    values[key] = readBySchema(inner, node, join(name, key), findings)
  }
  return values
}

function readLeaf(schema: TSchema, node: Located, name: string, findings: Findings): unknown {
  const value = node.fromText ? fromText(schema, node.value) : plain(node)
  if (!Value.Check(schema, value)) return refuse(schema, node, name, findings)
  note(schema, value, node.origin, name, findings)
  return value
}

export function note(schema: TSchema, value: unknown, origin: Origin, name: string, findings: Findings): void {
  findings.settings.push({ name, shown: isSecret(schema) ? mask(value) : show(value), origin })
}

function refuse(schema: TSchema, node: Located, name: string, findings: Findings): undefined {
  const { value, origin } = node
  const choices = choicesOf(schema)?.map(String)
  const meant = typeof value === 'string' && !node.hidden && choices ? nearest(value, choices) : undefined
  const { type, expected } = schema as Rule
  const quoted = type === 'string' && typeof value === 'number' && !expected ? ' (put it in quotes)' : ''
  const want = meant ? `${listOr(choices ?? [])}; did you mean ${meant}?` : expectation(schema) + quoted
  findings.problems.push({ name, origin, message: `got ${got(schema, node)}, want ${want}` })
  return undefined
}

/** A value in a message; of a secret, and of what came out of the environment into the file, only what kind it is. */
function got(schema: TSchema, node: Located): string {
  const { value } = node
  if (value === null) return 'nothing'
  if (isMap(node)) return 'a group of settings'
  if (isList(node)) return node.value.length === 0 ? 'an empty list' : 'a list'
  if (!isSecret(schema) && !node.hidden) return show(value)
  if (value === '') return 'an empty text'
  return typeof value === 'string' ? 'something else (not shown)' : `a ${typeof value} (not shown)`
}

/** Of several shapes the one that a value is meant to have, so that what is wrong inside it is found at its place. */
function branchFor(branches: readonly TSchema[], node: Located): TSchema | undefined {
  const type = isMap(node) ? 'object' : isList(node) ? 'array' : undefined
  return type === undefined ? undefined : branches.find((branch) => (branch as Rule).type === type)
}

const YES = ['true', 'yes', 'on', '1']
const NO = ['false', 'no', 'off', '0']

/** The environment knows text only. */
function fromText(schema: TSchema, value: Located['value']): unknown {
  if (typeof value !== 'string') return value
  const { type } = schema as Rule
  const text = value.trim()
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (type === 'boolean' && YES.includes(text.toLowerCase())) return true
  if (type === 'boolean' && NO.includes(text.toLowerCase())) return false
  return value
}

const LONGEST_SHOWN = 80

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}

/** Enough of a secret to see that it is set; of a URL, everything but the password and the query. */
function mask(value: unknown): string {
  if (typeof value !== 'string' || !URL.canParse(value) || !value.includes('://')) return '(set, not shown)'
  const url = new URL(value)
  url.search = ''
  if (url.password !== '') url.password = '***'
  return url.href
}

export function join(name: string, key: string): string {
  return name === '' ? key : `${name}.${key}`
}
