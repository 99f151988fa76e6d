import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { nearest } from '../words/nearest.ts'
import { ApiError, type ErrorCode } from './errors.ts'

/**
 * Checks data against a schema: compiled code says yes or no, which is all that a right request costs. Only for a wrong one
 * the schema is walked to find the first problem, its path and its code. A schema says its codes under `x-codes`.
 */
export type Codes = {
  /** The field is required and not there. */
  missing?: ErrorCode
  /** Longer than `maxLength` or `maxItems`. */
  tooLong?: ErrorCode
  /** Below `minItems` or `minLength`. */
  tooShort?: ErrorCode
  /** Whatever else is wrong with it. */
  wrong?: ErrorCode
}

export function codes(each: Codes): { 'x-codes': Codes } {
  return { 'x-codes': each }
}

/** A function that returns the data as what it is, or throws the first problem as an ApiError. */
export function judge<T extends TSchema>(schema: T): (data: unknown, path?: string) => Static<T> {
  const validator = Compile(schema)
  return (data, path = '') => {
    if (validator.Check(data)) return data as Static<T>
    const problem = findProblem(schema, data, path)
    throw problem ?? new ApiError(1000, path, 'is not in the documented shape')
  }
}

/** The JSON Schema keywords that our schemas use. */
type Node = {
  type?: string
  properties?: Record<string, Node>
  required?: string[]
  additionalProperties?: boolean | Node
  items?: Node
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  pattern?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Node[]
  title?: string
  'x-codes'?: Codes
}

/** The first problem of the data, or undefined when there is none. */
export function findProblem(schema: TSchema, value: unknown, path = ''): ApiError | undefined {
  return walk(schema as Node, value, path)
}

function walk(schema: Node, value: unknown, path: string): ApiError | undefined {
  const wrong = schema['x-codes']?.wrong ?? 1000
  const refuse = (message: string, code: ErrorCode = wrong) => new ApiError(code, path === '' ? 'body' : path, message)
  if (schema.anyOf !== undefined) {
    const problems = schema.anyOf.map((option) => walk(option, value, path))
    return problems.some((problem) => problem === undefined) ? undefined : refuse(`must be ${describe(schema)}`)
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) return refuse(`must be ${describe(schema)}`)
  if (schema.const !== undefined && schema.const !== value) return refuse(`must be ${describe(schema)}`)
  if (schema.type !== undefined && !hasType(value, schema.type)) {
    return refuse(`must be ${describe(schema)}, got ${kindOf(value)}`)
  }
  if (typeof value === 'string') return findInText(schema, value, refuse)
  if (typeof value === 'number') {
    const { minimum = -Infinity, maximum = Infinity } = schema
    return value < minimum || value > maximum ? refuse(`got ${value}; must be ${describe(schema)}`) : undefined
  }
  if (Array.isArray(value)) return findInList(schema, value, path, refuse)
  if (schema.type === 'object' && typeof value === 'object' && value !== null) {
    return findInObject(schema, value as Record<string, unknown>, path)
  }
  return undefined
}

type Refuse = (message: string, code?: ErrorCode) => ApiError

function findInText(schema: Node, value: string, refuse: Refuse): ApiError | undefined {
  const { minLength = 0, maxLength = Infinity, pattern } = schema
  // JSON Schema counts characters, not the halves of which an emoji is made.
  const length = value.length <= maxLength && value.length >= 2 * minLength ? value.length : [...value].length
  if (length < minLength) {
    return refuse(length === 0 ? 'must not be empty' : `must be ${describe(schema)}`, schema['x-codes']?.tooShort)
  }
  if (length > maxLength) {
    return refuse(`has ${length} characters; at most ${maxLength} are allowed`, schema['x-codes']?.tooLong)
  }
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return refuse(`must be ${describe(schema)}`)
  return undefined
}

function findInList(schema: Node, value: unknown[], path: string, refuse: Refuse): ApiError | undefined {
  const { minItems = 0, maxItems = Infinity, items } = schema
  if (value.length < minItems) return refuse(`must have at least ${minItems}`, schema['x-codes']?.tooShort)
  if (value.length > maxItems) {
    return refuse(`has ${value.length}; at most ${maxItems} are allowed`, schema['x-codes']?.tooLong)
  }
  if (items === undefined) return undefined
  for (const [index, item] of value.entries()) {
    const problem = walk(items, item, `${path}[${index}]`)
    if (problem !== undefined) return problem
  }
  return undefined
}

function findInObject(schema: Node, value: Record<string, unknown>, path: string): ApiError | undefined {
  const { properties = {}, required = [], additionalProperties } = schema
  const at = (field: string) => (path === '' ? field : `${path}.${field}`)
  if (additionalProperties === false) {
    for (const field of Object.keys(value)) {
      if (!Object.hasOwn(properties, field)) return unknownField(at(field.slice(0, 60)), field, Object.keys(properties))
    }
  }
  for (const [field, child] of Object.entries(properties)) {
    const given = Object.hasOwn(value, field) ? value[field] : undefined
    const missing = child['x-codes']?.missing
    if (given === undefined || (given === null && missing !== undefined)) {
      if (!required.includes(field)) continue
      return new ApiError(missing ?? child['x-codes']?.wrong ?? 1000, at(field), `is missing; give ${describe(child)}`)
    }
    const problem = walk(child, given, at(field))
    if (problem !== undefined) return problem
  }
  return undefined
}

export function unknownField(path: string, field: string, known: readonly string[]): ApiError {
  const meant = nearest(field, known)
  const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`
  return new ApiError(1000, path, `is not a known field; ${hint}`)
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'null':
      return value === null
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    default:
      return typeof value === type
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return 'a text'
    case 'number':
      return 'a number'
    case 'boolean':
      return value ? 'true' : 'false'
    default:
      return 'an object'
  }
}

/** What would be right, in words; a schema's `title` says it best. */
function describe(schema: Node): string {
  if (schema.title !== undefined) return schema.title
  if (schema.anyOf !== undefined) return schema.anyOf.map(describe).join(' or ')
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const { minimum, maximum } = schema
  const range = minimum !== undefined && maximum !== undefined ? ` from ${minimum} to ${maximum}` : ''
  switch (schema.type) {
    case 'string':
      return 'a text'
    case 'integer':
      return `a whole number${range}`
    case 'number':
      return `a number${range}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'null':
      return 'null'
    case 'object':
      return 'an object'
    default:
      return 'a value'
  }
}
