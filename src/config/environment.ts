import type { Located, Origin, Problem } from './located.ts'

/** What the outside gives: the environment, and files by their path. */
export type Outside = {
  environment: Readonly<Record<string, string | undefined>>
  /** Throws when there is no such file. */
  readFile(path: string): string
}

/**
 * The value of an environment variable, or the contents of the file that `<NAME>_FILE` names; undefined when neither is
 * set. An empty variable counts as not set: that is how compose files pass on what nobody gave.
 */
export function fromEnvironment(
  name: string,
  outside: Outside,
  problems: Problem[],
): { text: string; origin: Origin } | undefined {
  const text = outside.environment[name]
  const file = outside.environment[`${name}_FILE`]
  if (text) return { text, origin: { kind: 'environment', name } }
  if (!file) return undefined
  const origin: Origin = { kind: 'environment', name: `${name}_FILE` }
  const contents = readSecretFile(file, outside)
  if (contents === undefined) problems.push({ name, origin, message: `names ${file}, which cannot be read` })
  return contents === undefined ? undefined : { text: contents, origin }
}

/** A file that holds one value; the line break at its end does not belong to it. */
export function readSecretFile(path: string, outside: Outside): string | undefined {
  try {
    return outside.readFile(path).replace(/\r?\n$/, '')
  } catch {
    return undefined
  }
}

const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{/g

const HALF_REFERENCE = `has "\${" without a name and "}": write \${NAME}, or $\${ for a plain \${`

/** Replaces each `${NAME}`; `$${` stands for a plain `${`. */
export function substitute(text: string, name: string, origin: Origin, outside: Outside, problems: Problem[]): Located {
  let hidden = false
  const before = problems.length
  const value = text.replace(REFERENCE, (match, variable: string | undefined) => {
    if (match === '$${') return '${'
    if (variable === undefined) {
      problems.push({ name, origin, message: HALF_REFERENCE })
      return match
    }
    hidden = true
    const found = outside.environment[variable] === '' ? { text: '' } : fromEnvironment(variable, outside, problems)
    if (found === undefined && !outside.environment[`${variable}_FILE`]) {
      problems.push({ name, origin, message: `needs the environment variable ${variable}, which is not set` })
    }
    return found?.text ?? ''
  })
  return {
    value,
    origin,
    ...(hidden ? { hidden: true, fromText: true } : {}),
    ...(problems.length > before ? { faulty: true } : {}),
  }
}
