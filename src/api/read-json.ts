import { isUtf8 } from 'node:buffer'
import { ApiError } from './errors.ts'

const MAX_DEPTH = 32 // real messages nest to about ten; what recurses over them later is safe

/** Reads a JSON body; undefined for an empty one. What a database could not keep is refused here, once for all. */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  if (!isUtf8(body)) throw new ApiError(1000, 'body', 'must be UTF-8')
  // Some editors and shells put a mark before the text.
  const text = body.toString('utf8').replace(/^\ufeff/, '')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's own words quote the body, which is not ours to repeat.
    throw new ApiError(1000, 'body', 'is not JSON; check for a missing quote, comma or bracket')
  }
  // Looked for in the text, as it is rare and the walk is not free. A backslash may spell any of its letters.
  const suspicious = text.includes('\\u') || text.includes('__proto__')
  check(json, 'body', 0, suspicious)
  return json
}

function check(value: unknown, path: string, depth: number, suspicious: boolean): void {
  if (typeof value === 'string') {
    if (suspicious) checkText(value, path)
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (depth === MAX_DEPTH) throw new ApiError(1000, 'body', `nests deeper than ${MAX_DEPTH} levels`)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) check(value[index], `${path}[${index}]`, depth + 1, suspicious)
    return
  }
  for (const [name, child] of Object.entries(value)) {
    if (suspicious) {
      checkText(name, path)
      if (name === '__proto__') throw new ApiError(1000, path, 'must not have a field __proto__')
    }
    check(child, path === 'body' ? name : `${path}.${name}`, depth + 1, suspicious)
  }
}

/** Neither can be stored as text everywhere; both can only come from an escape. */
function checkText(text: string, path: string): void {
  if (text.includes('\0')) throw new ApiError(1004, path, 'must not contain the NUL character')
  if (!text.isWellFormed()) throw new ApiError(1004, path, 'contains half of a character (a lone surrogate)')
}
