import { Drop } from 'liquidjs'
import { assignedIn, render, TemplateTrouble, variablesOf } from './liquid.ts'
import type { Matter } from './matter.ts'
import { scopeOf } from './scope.ts'

/**
 * What is wrong with a template, in a sentence that names the line, or undefined. It is read, and tried on an example that has
 * everything and on one that has only what is always there.
 */
export function checkTemplate(template: string): string | undefined {
  try {
    for (const { path, line } of variablesOf(template)) {
      const problem = strange(path)
      if (problem !== undefined) return `line ${line}: ${problem}`
    }
    for (const language of ['plain', 'html'] as const) {
      tryOn(template, language, SPARSE)
      tryOn(template, language, FULL)
    }
    return findUnknown(template)
  } catch (error) {
    if (error instanceof TemplateTrouble) return error.message
    throw error
  }
}

const FOR_WHOM = { manner: { language: 'en', timeZone: 'UTC' }, now: 0 }

function tryOn(template: string, language: 'plain' | 'html', matter: Matter): void {
  render(template, language, scopeOf(matter), FOR_WHOM)
}

const FIELDS: Record<string, readonly string[] | undefined> = {
  person: ['id', 'name', 'language', 'timeZone'],
  conversation: ['id', 'skill', 'channel', 'metadata'],
  source: undefined,
  items: undefined,
  count: undefined,
  more: undefined,
  now: undefined,
  brand: undefined,
  link: undefined,
}

function strange([root, field]: readonly unknown[]): string | undefined {
  if (typeof root !== 'string' || !Object.hasOwn(FIELDS, root)) {
    return `there is no ${String(root)}; there are ${Object.keys(FIELDS).join(', ')}`
  }
  const fields = FIELDS[root]
  if (fields === undefined || typeof field !== 'string' || fields.includes(field)) return undefined
  return `${root} has no ${field}; it has ${fields.join(', ')}`
}

/** A field that even the example which has everything lacks: only so a slip such as `item.txt` in a loop is found. */
function findUnknown(template: string): string | undefined {
  const scope = { ...scopeOf(FULL), conversation: { ...FULL.conversation, metadata: new AnyMetadata() } }
  try {
    render(template, 'plain', scope, FOR_WHOM, { strict: true })
  } catch (error) {
    if (!(error instanceof TemplateTrouble) || error.unknown === undefined) throw error
    // What is assigned in a branch that the example does not take may be printed all the same.
    return assignedIn(template).has(error.unknown) ? undefined : `line ${error.line}: there is no ${error.unknown}`
  }
  return undefined
}

/** Operators have fields of their own there. */
class AnyMetadata extends Drop {
  override liquidMethodMissing(): string {
    return 'example'
  }
}

const SPARSE: Matter = {
  person: { id: '1' },
  conversation: { id: '1', metadata: {} },
  source: 'example',
  items: [{ at: 0 }],
  count: 1,
  more: 0,
  now: 0,
}
const FULL: Matter = {
  person: { id: '1', name: 'Ann', language: 'en', timeZone: 'UTC' },
  conversation: { id: '1', skill: 'sales', channel: 'web', metadata: {} },
  source: 'example',
  items: Array.from({ length: 50 }, (_, index) => ({ text: 'Hello', author: 'Ben', at: index })),
  count: 60,
  more: 10,
  now: 0,
  brand: 'Example',
  link: 'https://example.com/',
}
