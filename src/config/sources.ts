import type { SourceDefinition } from '../sources/define-source.ts'
import { type Findings, join, readBySchema } from './check.ts'
import type { SourceConfig } from './config.ts'
import { checkTogether, findDefinition, isFaulty } from './definitions.ts'
import { isMap, type Located } from './located.ts'
import { sourceSchema } from './schema.ts'

/** The name under which an own chat's events come in through the API. */
export const OWN_CHAT = 'events'

/** A source as it was written; one that is switched off can still be named by rules. */
export type ReadSource = SourceConfig & { enabled: boolean }

/** Reads each source by the definition that its `platform` names. Those with problems are left out. */
export function readSources(
  node: Located | undefined,
  definitions: readonly SourceDefinition[],
  findings: Findings,
): ReadSource[] {
  if (node === undefined || !isMap(node)) return []
  const sources: ReadSource[] = []
  const taken = new Map<string, string>()
  for (const [id, each] of node.value) {
    const name = join('sources', id)
    const problem = idProblem(id, taken.get(id.toLowerCase()))
    if (problem) findings.problems.push({ name, origin: each.keyOrigin ?? each.origin, message: problem })
    taken.set(id.toLowerCase(), id)
    const source = readSource(id, each, name, definitions, findings)
    if (source !== undefined && !isFaulty(name, findings)) sources.push(source)
  }
  return sources
}

function idProblem(id: string, taken: string | undefined): string | undefined {
  if (id.toLowerCase() === OWN_CHAT) {
    return `is the name of your own chat, which speaks through the API; give this source another, such as ${id}-2`
  }
  return taken === undefined
    ? undefined
    : `differs from ${taken} in capital letters only; rules could not tell them apart`
}

function readSource(
  id: string,
  node: Located,
  name: string,
  definitions: readonly SourceDefinition[],
  findings: Findings,
): ReadSource | undefined {
  if (!isMap(node)) {
    const message = 'must be a group of settings with a platform'
    if (!node.faulty) findings.problems.push({ name, origin: node.keyOrigin ?? node.origin, message })
    return undefined
  }
  const definition = findDefinition(node, 'platform', name, definitions, findings)
  if (definition === undefined) return undefined
  const values = readBySchema(sourceSchema(definition), node, name, findings) as Record<string, unknown>
  const { platform: _, subaccount, enabled, ...settings } = values
  checkTogether(node, name, () => definition.check?.(settings), findings)
  return { id, definition, subAccountId: String(subaccount), enabled: enabled !== false, settings }
}
