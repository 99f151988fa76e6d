import { acceptMessage } from '../src/domain/message.ts'
import type { Sequence } from '../src/domain/sequence.ts'
import type { NewMessage } from '../src/engine/ports/message-store.ts'
import { newId } from '../src/system/ids.ts'

/** The connection that serves the workload's channels, and does nothing; its receipts echo our own reference. */
export const CONNECTION = 'no-op'
/** One that knows messages by an id of its own only. */
export const NAMING_CONNECTION = 'no-op-naming'
export const CONCURRENCY = 64
export const PER_REQUEST = 1000
export const HOUR_MS = 3_600_000
/** How long a sent message waits for its receipt. */
export const WAITS_MS = HOUR_MS

export const SEQUENCE: Sequence = [
  { channel: 'WhatsApp', successStatus: 'read', fallbackAfterMs: WAITS_MS, onUncertain: 'wait' },
  { channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' },
]
/** The same, to begin with the channel of the connection that names messages itself. */
export const NAMED_SEQUENCE: Sequence = SEQUENCE.map((step, index) =>
  index === 0 ? { ...step, channel: 'Viber' } : step,
)
export const TEXT =
  'Your parcel is at the door of your neighbours on the second floor, who are at home until six today. Thanks!'

/** Messages with bodies of some 300 bytes; `dueAt` tells each one's first wake-up. */
export function newMessages(
  count: number,
  at: number,
  dueAt: (index: number) => number,
  sequence = SEQUENCE,
): NewMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const umid = newId()
    const scheduledAt = dueAt(index)
    const user = { msisdn: `+659${String(index % 10_000_000).padStart(7, '0')}` }
    const about = {
      umid,
      subAccountId: 'default',
      acceptedAt: at,
      user,
      type: 'text',
      content: { text: TEXT },
    } as const
    return {
      envelope: { ...about, scheduledAt },
      message: acceptMessage({ id: umid, sequence, at, scheduledAt }),
    }
  })
}

export function umidsOf(messages: readonly NewMessage[]): string[] {
  return messages.map(({ envelope }) => envelope.umid)
}

/** A provider's own id for a send: in no order of time, as theirs are, so that the index over them is hit at random. */
export function providerRefOf(umid: string): string {
  return `${umid.slice(24)}${umid.slice(0, 23)}`
}

/** The same order in each run, and none that a row would know. */
export function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items]
  let state = 0x9e3779b9
  for (let left = result.length; left > 1; left--) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const picked = (state >>> 0) % left
    const last = result[left - 1] as T
    result[left - 1] = result[picked] as T
    result[picked] = last
  }
  return result
}

export function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

/** One request after another. */
export async function inBulk<T>(
  items: readonly T[],
  size: number,
  signal: AbortSignal,
  act: (items: readonly T[]) => Promise<void>,
): Promise<void> {
  for (const chunk of chunks(items, size)) {
    signal.throwIfAborted()
    await act(chunk)
  }
}

/** So many callers, each with one item at a time. */
export async function oneByOne<T>(
  items: readonly T[],
  concurrency: number,
  signal: AbortSignal,
  act: (items: readonly T[]) => Promise<void>,
): Promise<void> {
  let next = 0
  const caller = async () => {
    while (next < items.length) {
      signal.throwIfAborted()
      await act(items.slice(next, ++next))
    }
  }
  await Promise.all(Array.from({ length: concurrency }, caller))
}
