export type Fault = { code?: string; message: string }

const LONGEST_SECONDS = 31 * 86_400

/** What a person or a setting gives as the reason of a failure; undefined and a sentence when it is none. */
export function readFault(value: unknown, byDefault: string): Fault | string {
  if (value === true) return { message: byDefault }
  if (typeof value === 'string' && value !== '') return { message: value }
  if (isObject(value)) {
    const { code, message = byDefault, ...others } = value
    const [other] = Object.keys(others)
    if (other !== undefined) return `has no field ${other}; use code and message`
    if ((code === undefined || typeof code === 'string') && typeof message === 'string') {
      return { ...(code !== undefined && { code }), message }
    }
  }
  return 'must be true, a text such as "not on WhatsApp", or {"code":"…","message":"…"}'
}

/** Reads the settings in one object, notes every problem with its path, and remembers which it has been asked for. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #path: string
  readonly #problems: string[]
  readonly #known: string[] = []

  constructor(value: unknown, path: string, problems: string[]) {
    this.#path = path
    this.#problems = problems
    this.#values = isObject(value) ? value : {}
    if (!isObject(value)) problems.push(`${path || 'body'}: must be an object, such as ${EXAMPLES[path] ?? '{}'}`)
  }

  wrong(name: string, what: string): void {
    this.#problems.push(`${this.#path === '' ? '' : `${this.#path}.`}${name}: ${what}`)
  }

  refuseOthers(): void {
    for (const name of Object.keys(this.#values)) {
      if (!this.#known.includes(name)) this.wrong(name, `no such setting; use ${this.#known.join(', ')}`)
    }
  }

  objects(name: string): Readonly<Record<string, unknown>> {
    const value = this.#take(name) ?? {}
    this.refuseOthers()
    if (isObject(value)) return value
    this.wrong(name, 'must be an object with channel names in it, such as {"WhatsApp":{"readAfter":2}}')
    return {}
  }

  inner(name: string): Fields | undefined {
    const value = this.#take(name)
    const path = this.#path === '' ? name : `${this.#path}.${name}`
    return value === undefined ? undefined : new Fields(value, path, this.#problems)
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.#take(name)
    const chosen = choices.find((choice) => choice === value)
    if (value !== undefined && chosen === undefined) this.wrong(name, `must be one of ${choices.join(', ')}`)
    return chosen
  }

  flag(name: string): boolean | undefined {
    const value = this.#take(name)
    if (value === undefined || typeof value === 'boolean') return value
    this.wrong(name, 'must be true or false')
    return undefined
  }

  count(name: string, most: number): number | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value
    this.wrong(name, `must be a whole number from 1 to ${most}`)
    return undefined
  }

  milliseconds(name: string): number | undefined {
    const value = this.#take(name)
    if (value === undefined) return undefined
    if (isSeconds(value)) return Math.round(value * 1000)
    this.wrong(name, `must be seconds from 0 to ${LONGEST_SECONDS}`)
    return undefined
  }

  millisecondsOrNever(name: string, byDefault: number | null): number | null {
    const value = this.#take(name)
    if (value === undefined) return byDefault
    if (value === null) return null
    if (isSeconds(value)) return Math.round(value * 1000)
    this.wrong(name, `must be seconds from 0 to ${LONGEST_SECONDS}, or null for never`)
    return byDefault
  }

  fault(name: string, byDefault: string): Fault | undefined {
    const value = this.#take(name)
    if (value === undefined || value === false || value === null) return undefined
    const fault = readFault(value, byDefault)
    if (typeof fault !== 'string') return fault
    this.wrong(name, fault)
    return undefined
  }

  #take(name: string): unknown {
    this.#known.push(name)
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined
  }
}

const EXAMPLES: Readonly<Record<string, string>> = { '': '{"channels":{"WhatsApp":{"readAfter":2}}}' }

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LONGEST_SECONDS
}
