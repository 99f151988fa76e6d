export type RuleProblem = {
  /** Where in the rule: `steps[0].successStatus`; empty for the rule as a whole. */
  path: string
  message: string
  /** It is the field's name that is wrong. */
  unknownField?: true
}

/** Where whoever checks a part of a rule tells what is wrong with it. */
export type Say = {
  wrong(path: string, message: string): void
  /** It is the field's name that is wrong. */
  unknown(path: string, message: string): void
  /** What would be right instead of a name that is none. */
  instead(wrong: string, names: readonly string[]): string
}

/** The name that somebody most likely meant; undefined when none is near. */
export type Nearest = (wrong: string, names: readonly string[]) => string | undefined

export function sayTo(problems: RuleProblem[], nearest: Nearest): Say {
  return {
    instead: (wrong, names) => {
      const meant = nearest(wrong, names)
      return meant === undefined
        ? `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
        : `did you mean ${meant}?`
    },
    wrong: (path, message) => void problems.push({ path, message }),
    unknown: (path, message) => void problems.push({ path, message, unknownField: true }),
  }
}

export type Group = Readonly<Record<string, unknown>>

/** One of the words, read in any case. */
export function checkChoice<Word extends string>(
  value: unknown,
  path: string,
  words: readonly Word[],
  say: Say,
  { required = false } = {},
): Word | undefined {
  if (isAbsent(value) && !required) return undefined
  const found = words.find((word) => typeof value === 'string' && same(word, value))
  if (found === undefined) say.wrong(path, `${got(value)}; use ${words.map((word) => `"${word}"`).join(' or ')}`)
  return found
}

export function checkFields(raw: Group, path: string, what: string, known: readonly string[], say: Say): void {
  for (const field of Object.keys(raw)) {
    if (known.includes(field)) continue
    say.unknown(path + field.slice(0, 60), `is not a field of ${what}; ${say.instead(field, known)}`)
  }
}

export function asGroup(value: unknown): Group | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Group) : undefined
}

/** What YAML makes of a name with nothing behind it is null. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

export function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

export function got(value: unknown): string {
  return isAbsent(value) ? 'is missing' : `got ${show(value)}`
}

const LONGEST_SHOWN = 60

export function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, LONGEST_SHOWN) ?? typeof value
}
