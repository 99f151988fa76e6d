import { Type } from 'typebox'
import { parseDuration } from '../domain/durations.ts'

/** A length of time with its unit, between two bounds. */
export function Duration(options: { default: string; from: string; to: string; description: string }) {
  const { from, to, ...rest } = options
  const [least = 0, most = 0] = [from, to].map(parseDuration)
  const expected = `a duration from ${from} to ${to}, such as "${options.default}"`
  return Type.Refine(Type.String({ ...rest, expected }), (text) => {
    const ms = parseDuration(text)
    return ms !== undefined && ms >= least && ms <= most
  })
}
