/** A value as somebody gave it, with where it stands, so that a problem and `config check` can point there. */
export type Origin =
  | { kind: 'file'; path: string; line: number; column: number }
  | { kind: 'environment'; name: string }
  | { kind: 'flag'; name: string }
  | { kind: 'default' }

export type Scalar = string | number | boolean | null
export type Located = {
  value: Scalar | readonly Located[] | ReadonlyMap<string, Located>
  origin: Origin
  /** Where the key stands that leads here: what is missing inside is reported there. */
  keyOrigin?: Origin
  /** It came as text from the environment: `4000` may be a number. */
  fromText?: true
  /** What was to be here could not be had; that has been reported. */
  faulty?: true
  /** It holds something from the environment, which may be a secret, so it is not repeated in messages. */
  hidden?: true
}

export type Problem = { name: string; origin?: Origin; message: string }

export function isMap(node: Located): node is Located & { value: ReadonlyMap<string, Located> } {
  return node.value instanceof Map
}

export function isList(node: Located): node is Located & { value: readonly Located[] } {
  return Array.isArray(node.value)
}

/** The bare value. */
export function plain(node: Located): unknown {
  if (isMap(node)) return Object.fromEntries([...node.value].map(([key, each]) => [key, plain(each)]))
  return isList(node) ? node.value.map(plain) : node.value
}

/** The node at a path such as `[1].channel`, or the last one on the way to it that exists. */
export function follow(node: Located, path: string): Located {
  let here = node
  for (const [, key, index] of path.matchAll(/\.?([^.[\]]+)|\[(\d+)\]/g)) {
    const field = isMap(here) ? here.value.get(key ?? '') : undefined
    const next: Located | undefined = isList(here) ? here.value[Number(index)] : field
    if (next === undefined) return here
    here = next
  }
  return here
}

export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'file':
      return `${origin.path}:${origin.line}:${origin.column}`
    case 'environment':
    case 'flag':
      return origin.name
    case 'default':
      return 'default'
  }
}

/** The environment and flags first, then the file from top to bottom. */
function byPlace(a: Problem, b: Problem): number {
  const place = ({ origin }: Problem) => (origin?.kind === 'file' ? origin : { line: 0, column: 0 })
  return place(a).line - place(b).line || place(a).column - place(b).column
}

/** Nothing was started, and here is everything that has to be put right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const rows = problems
      .toSorted(byPlace)
      .map(({ name, origin, message }) => [origin ? describeOrigin(origin) : '', name, message] as const)
    const width = (column: 0 | 1) => Math.max(...rows.map((row) => row[column].length))
    const places = width(0)
    const names = width(1)
    const lines = rows.map(([place, name, message]) => {
      return `  ${places > 0 ? `${place.padEnd(places)}  ` : ''}${name.padEnd(names)}  ${message}`
    })
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    super(`Configuration has ${count}; nothing was started.\n${lines.join('\n')}`)
    this.problems = problems
  }
}
