import { type Advanced, advance, type Context } from '../src/domain/advance.ts'
import type { Message } from '../src/domain/message.ts'
import { DEFAULT_SETTINGS } from '../src/engine/engine.ts'
import { progressText } from '../src/store/rows.ts'
import { CONNECTION, newMessages } from './workload.ts'

const context: Context = {
  ...DEFAULT_SETTINGS,
  route: () => ({ kind: 'send', connection: CONNECTION, takesIdempotencyKey: false }),
}
export const LEASE_MS = DEFAULT_SETTINGS.leaseMs

/** The workload's story of one message by the real rules: it comes due, is sent, and is read. */
export function lifeOf(message: Message, at: number): { sending: Advanced; waiting: Advanced; succeeded: Advanced } {
  const sending = advance(message, { type: 'due', at }, context)
  const outcome = { kind: 'accepted' } as const
  const answer = { type: 'settled', at, step: 0, try: 1, fence: at + LEASE_MS, outcome } as const
  const waiting = advance(sending.message, answer, context)
  const read = { type: 'receipt', at, step: 0, report: { status: 'read' } } as const
  return { sending, waiting, succeeded: advance(waiting.message, read, context) }
}

/** What a message's row and its page of the timeline hold after a transition. */
export type Written = { state: string; progress: string; entries: string }

/**
 * The texts that each transition writes. The raw contenders write these for every message, so that they write the same
 * bytes as the engine and decide nothing.
 */
export function writtenTexts(at: number): Record<'sending' | 'waiting' | 'succeeded', Written> {
  const [sample] = newMessages(1, at, () => at)
  if (sample === undefined) throw new Error('invariant broken: one message was asked for')
  const { sending, waiting, succeeded } = lifeOf(sample.message, at)
  return { sending: written(sending), waiting: written(waiting), succeeded: written(succeeded) }
}

function written({ message, entries }: Advanced): Written {
  return { state: message.progress.state, progress: progressText(message), entries: JSON.stringify(entries) }
}
