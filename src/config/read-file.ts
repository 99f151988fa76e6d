import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml'
import { type Outside, substitute } from './environment.ts'
import type { Located, Origin, Problem } from './located.ts'

const DEEPEST = 32 // far beyond any sensible file; it ends an alias that leads back to itself
const MOST_ALIASES = 200 // each use copies what it stands for

/** Reads the file into values that know their place; `${NAME}` in a text is replaced from the environment. */
export function readConfigFile(path: string, text: string, outside: Outside, problems: Problem[]): Located | undefined {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const place = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset)
    return { kind: 'file', path, line, column: col }
  }
  if (document.errors.length > 0) {
    for (const error of document.errors) {
      // The parser's own words can quote the line, and the line can hold a password.
      problems.push({ name: '(file)', origin: place(error.pos[0]), message: FAULTS[error.code] ?? 'is not YAML here' })
    }
    return undefined
  }

  let aliases = 0
  const locate = (node: Node | null, name: string, keyOrigin: Origin, depth: number): Located => {
    const origin = node?.range ? place(node.range[0]) : keyOrigin
    const refuse = (message: string): Located => {
      problems.push({ name, origin, message })
      return { value: null, origin, keyOrigin, faulty: true }
    }
    if (depth > DEEPEST || aliases > MOST_ALIASES) return refuse('is nested too deeply, or repeats itself')
    if (isAlias(node)) {
      aliases += 1
      return locate(node.resolve(document) ?? null, name, keyOrigin, depth + 1)
    }
    if (isMap(node)) return { value: locateFields(node, name, depth), origin, keyOrigin }
    if (isSeq(node)) {
      const items = node.items.map((item, index) => locate(item as Node | null, `${name}[${index}]`, origin, depth + 1))
      return { value: items, origin, keyOrigin }
    }
    const value: unknown = isScalar(node) ? node.value : null
    if (typeof value === 'string') return { ...substitute(value, name, origin, outside, problems), keyOrigin }
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return { value, origin, keyOrigin }
    return refuse('is neither text nor a number, true or false')
  }
  const locateFields = (node: YAMLMap, name: string, depth: number) => {
    const fields = new Map<string, Located>()
    for (const { key, value } of node.items) {
      const field = isScalar(key) ? String(key.value) : String(key)
      const at = isScalar(key) && key.range ? place(key.range[0]) : place(0)
      fields.set(field, locate(value as Node | null, name === '' ? field : `${name}.${field}`, at, depth + 1))
    }
    return fields
  }
  return locate(document.contents, '', place(0), 0)
}

/** By the parser's code; the words are ours. */
const FAULTS: Record<string, string> = {
  BAD_INDENT: 'is indented wrongly: fields of one group stand exactly below one another',
  BLOCK_AS_IMPLICIT_KEY: 'has two names on one line: start a new line after the first colon',
  DUPLICATE_KEY: 'stands here a second time: keep one of the two',
  MISSING_CHAR: 'lacks a closing quote or bracket, or a colon with a space after the name',
  MULTIPLE_DOCS: 'starts a second document ("---"): keep one',
  TAB_AS_INDENT: 'is indented with a tab: use spaces',
  BAD_ALIAS: 'refers to an anchor that does not stand before it',
}
