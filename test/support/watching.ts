import type { ReminderRule } from '../../src/domain/reminder-rule.ts'
import type { Watching } from '../../src/engine/engine.ts'
import type { Wording } from '../../src/engine/ports/wording.ts'
import { type SourceInUse, Sources } from '../../src/engine/sources.ts'
import type { Store } from '../../src/store/store.ts'

/** What an engine watches, where a test does not say otherwise: nothing. */
export function watching(
  store: Store,
  {
    sources = [],
    rules = [],
    ...rest
  }: { sources?: readonly SourceInUse[]; rules?: readonly ReminderRule[] } & Partial<
    Pick<Watching, 'directory' | 'wording' | 'readers'>
  > = {},
): Watching {
  return {
    store: store.watch,
    sources: new Sources(sources),
    rulesOf: async () => rules,
    directory: { find: async () => undefined },
    wording: plainWords,
    ...rest,
  }
}

/** One line for each item, so that a test can see what was told. */
const plainWords: Wording = {
  word({ items, more }) {
    const lines = items.map(({ text, author }) => `${author?.name ?? author?.id ?? '?'}: ${text ?? '[attachment]'}`)
    const body = [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')
    return { text: `${items.length} unread`, subject: `${items.length} unread`, body, html: '' }
  },
}
