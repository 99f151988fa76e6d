import type { Wording } from '../engine/ports/wording.ts'
import { renderNotice, textsFor } from './templates.ts'

/** Words notices by the rule's templates in the person's language, and in our own words where it has none. */
export const wording: Wording = {
  word({ watched, person, about, items, more, now }) {
    const { id, name, language, timeZone } = person
    const { skill, channel, metadata = {} } = about
    const { link, brand } = metadata
    return renderNotice(textsFor(watched, language), {
      person: { id, ...(name && { name }), ...(language && { language }), ...(timeZone && { timeZone }) },
      conversation: { id: watched.conversation, metadata, ...(skill && { skill }), ...(channel && { channel }) },
      source: watched.source,
      items: items.map(({ at, text, author }) => {
        const by = author?.name ?? (author?.kind === 'person' ? author.id : undefined)
        return { at, ...(text !== undefined && { text }), ...(by !== undefined && { author: by }) }
      }),
      count: items.length + more,
      more,
      now,
      ...(link !== undefined && /^https?:\/\//i.test(link) && { link }),
      ...(brand !== undefined && { brand }),
    })
  },
}
