import { nearest } from '../words/nearest.ts'
import { type Findings, join } from './check.ts'
import type { Located } from './located.ts'
import { listOr } from './rule.ts'

/** What connections and sources have in common: a group of settings whose one field names the definition of the others. */
type Group = Located & { value: ReadonlyMap<string, Located> }

/** The definition that the field of a group names; undefined, and the problem is noted, when it names none. */
export function findDefinition<Definition extends { id: string }>(
  node: Group,
  field: 'provider' | 'platform',
  name: string,
  definitions: readonly Definition[],
  findings: Findings,
): Definition | undefined {
  const ids = definitions.map(({ id }) => id)
  const given = node.value.get(field)
  const origin = given?.origin ?? node.keyOrigin ?? node.origin
  const found = definitions.find(({ id }) => id === given?.value)
  if (found !== undefined) return found
  const meant = typeof given?.value === 'string' ? nearest(given.value, ids) : undefined
  const want = `${listOr(ids)}${meant ? `; did you mean ${meant}?` : ''}`
  const shown = given?.hidden ? 'something else (not shown)' : JSON.stringify(given?.value)
  const message = given === undefined ? `missing: set it to ${want}` : `got ${shown}, want ${want}`
  if (!given?.faulty) findings.problems.push({ name: join(name, field), origin, message })
  return undefined
}

/** What is wrong with the fields of a group together, once each by itself is right. */
export function checkTogether(
  node: Group,
  name: string,
  check: () => readonly { field: string; message: string }[] | undefined,
  findings: Findings,
): void {
  if (isFaulty(name, findings)) return
  for (const { field, message } of check() ?? []) {
    const origin = node.value.get(field)?.origin ?? node.keyOrigin ?? node.origin
    findings.problems.push({ name: join(name, field), origin, message })
  }
}

/** Whether a problem was found with this setting, or inside it. */
export function isFaulty(name: string, { problems }: Findings): boolean {
  return problems.some((problem) => problem.name === name || /^[.[]/.test(behind(problem.name, name)))
}

function behind(whole: string, start: string): string {
  return whole.startsWith(start) ? whole.slice(start.length) : ''
}
