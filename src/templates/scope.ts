import type { Matter } from './matter.ts'
import { wordsFor } from './words.ts'

/** What templates see. Times are ISO 8601, so that they can be printed as they are, and read by `date`. */
export function scopeOf(matter: Matter): object {
  const { attachment } = wordsFor(matter.person.language).words
  return {
    ...matter,
    now: iso(matter.now),
    items: matter.items.map((item) => ({
      ...item,
      text: item.text ?? attachment,
      attachment: item.text === undefined,
      at: iso(item.at),
    })),
  }
}

function iso(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}
