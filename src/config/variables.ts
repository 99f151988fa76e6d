import { fromEnvironment, type Outside } from './environment.ts'
import type { Located, Origin, Problem, Scalar } from './located.ts'

/** Reads variables into values that know where they are from. */
export class Variables {
  readonly #outside: Outside
  readonly #problems: Problem[]

  constructor(outside: Outside, problems: Problem[]) {
    this.#outside = outside
    this.#problems = problems
  }

  anySet(...names: readonly string[]): boolean {
    return this.originOf(...names) !== undefined
  }

  /** Of the first that is set. */
  originOf(...names: readonly string[]): Origin | undefined {
    const { environment: given } = this.#outside
    const set = names.flatMap((name) => [name, `${name}_FILE`]).find((name) => given[name])
    return set === undefined ? undefined : environment(set)
  }

  /** What is wrong with it is a problem of `field`, a path in the tree. */
  value(name: string, field: string): Located | undefined {
    const found = this.#read(name, field)
    if (found === undefined || found.faulty) return found
    return located(found.value, found.origin, { fromText: true })
  }

  /** What `field` cannot be without, and nobody should see: that it is missing is a problem. */
  needed(name: string, field: string): Located {
    const found = this.#read(name, field)
    if (found !== undefined) return found
    const origin = environment(name)
    const message = `missing: set ${name}, or ${name}_FILE to a file that holds it`
    this.#problems.push({ name: field, origin, message })
    return faulty(origin)
  }

  /** Separated by commas; undefined when nothing is named. */
  list(name: string, field: string): Located | undefined {
    const found = this.value(name, field)
    if (found === undefined || typeof found.value !== 'string') return found
    const { origin } = found
    const items = found.value.split(',').map((item) => item.trim())
    const named = items.filter((item) => item !== '').map((item) => located(item, origin, { fromText: true }))
    return named.length === 0 ? undefined : { value: named, origin, keyOrigin: origin }
  }

  /** Whole minutes up to `most`, as a duration such as `60m`. */
  minutes(name: string, field: string, { most, usual }: { most: number; usual: number }): Located {
    const found = this.value(name, field)
    if (found === undefined) return literal(`${usual}m`, BY_DEFAULT)
    if (found.faulty) return found
    const text = String(found.value).trim()
    if (/^[1-9]\d*$/.test(text) && Number(text) <= most) return located(`${text}m`, found.origin)
    const message = `want whole minutes from 1 to ${most}, such as ${usual}`
    this.#problems.push({ name: field, origin: found.origin, message })
    return faulty(found.origin)
  }

  #read(name: string, field: string): Located | undefined {
    const unreadable: Problem[] = []
    const found = fromEnvironment(name, this.#outside, unreadable)
    this.#problems.push(...unreadable.map((problem) => ({ ...problem, name: field })))
    if (found !== undefined) return located(found.text, found.origin, { fromText: true, hidden: true })
    return unreadable.length > 0 ? faulty(environment(`${name}_FILE`)) : undefined
  }
}

export const BY_DEFAULT: Origin = { kind: 'default' }

export function environment(name: string): Origin {
  return { kind: 'environment', name }
}

function located(
  value: Located['value'],
  origin: Origin,
  how: Pick<Located, 'fromText' | 'hidden' | 'faulty'> = {},
): Located {
  return { value, origin, keyOrigin: origin, ...how }
}

export function literal(value: Scalar, origin: Origin): Located {
  return located(value, origin)
}

function faulty(origin: Origin): Located {
  return located(null, origin, { faulty: true })
}

/** Fields that are undefined are not there. */
export function group(origin: Origin, fields: Readonly<Record<string, Located | undefined>>): Located {
  const given = Object.entries(fields).flatMap(([name, field]) => (field === undefined ? [] : [[name, field] as const]))
  return { value: new Map(given), origin, keyOrigin: origin }
}
