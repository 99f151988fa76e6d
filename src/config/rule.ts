import type { TSchema } from 'typebox'
import { Url } from '../channels/define-channel.ts'

/** A schema as the loops over it read it: JSON Schema, and the words from the top of this file. */
export type Rule = {
  type?: string
  properties?: Record<string, TSchema>
  required?: string[]
  patternProperties?: Record<string, TSchema>
  items?: TSchema
  anyOf?: TSchema[]
  enum?: unknown[]
  const?: unknown
  pattern?: string
  minLength?: number
  minItems?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  default?: unknown
  description?: string
  secret?: boolean
  expected?: string
  env?: string
  flag?: string
  unset?: string
  example?: unknown
  examples?: unknown[]
  alternative?: boolean
  keys?: string
  checkedElsewhere?: boolean
}

export function isSecret(schema: TSchema): boolean {
  const rule: Rule = schema
  return rule.secret === true || (rule.items !== undefined && isSecret(rule.items)) || !!rule.anyOf?.some(isSecret)
}

/** What would be right, to complete "got …, want". */
export function expectation(schema: TSchema): string {
  const rule: Rule = schema
  if (rule.expected !== undefined) return rule.expected
  const choices = choicesOf(schema)
  if (choices !== undefined) return listOr(choices.map(String))
  if (rule.anyOf !== undefined) return listOr(rule.anyOf.map(expectation))
  switch (rule.type) {
    case 'integer':
      return `a whole number${range(rule)}`
    case 'number':
      return `a number${range(rule)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return 'a list'
    case 'object':
      return 'a group of settings'
    case 'string':
      if (rule.pattern === (Url() as Rule).pattern) return 'a URL that starts with https:// or http://'
      if (rule.pattern !== undefined) return `text that matches ${rule.pattern}`
      return rule.minLength === undefined ? 'text' : 'text that is not empty'
    default:
      return 'another value'
  }
}

/** The words or numbers that a field is chosen from, if it is. */
export function choicesOf(schema: TSchema): unknown[] | undefined {
  const rule: Rule = schema
  if (rule.enum !== undefined) return rule.enum
  if (rule.const !== undefined) return [rule.const]
  const branches = rule.anyOf?.map((branch) => (branch as Rule).const)
  return branches?.every((branch) => branch !== undefined) ? branches : undefined
}

function range(rule: Rule): string {
  if (rule.minimum !== undefined && rule.maximum !== undefined) return ` from ${rule.minimum} to ${rule.maximum}`
  if (rule.minimum !== undefined) return `, ${rule.minimum} or more`
  if (rule.exclusiveMinimum !== undefined) return ` above ${rule.exclusiveMinimum}`
  return rule.maximum === undefined ? '' : `, at most ${rule.maximum}`
}

export function listOr(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
