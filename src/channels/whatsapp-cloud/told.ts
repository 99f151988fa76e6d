import type { Told } from '../../engine/ports/channel.ts'

/** What items of one callback told, put together. */
export function together(parts: readonly Partial<Told>[]): Told {
  const heard = parts.flatMap((part) => part.heard ?? [])
  return {
    receipts: parts.flatMap((part) => part.receipts ?? []),
    ...(heard.length > 0 && { heard }),
    ignored: parts.reduce((sum, part) => sum + (part.ignored ?? 0), 0),
  }
}

/** An item that we have no use for, or that makes no sense. */
export const IGNORED: Partial<Told> = { ignored: 1 }
