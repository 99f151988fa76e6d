import type { Conversation } from './conversation.ts'

/** A message that did not reach the customer. */
export type Missed = { id: string; at?: number; author?: string }

/** What is held to be unread before the conversation is looked at. */
export type Suspect = { id: string; at: number }

/** Stands for what is unread when an event names no message: at its end a conversation is looked through. */
export const END_ITEM = 'end:'
/** The same for an event that says that there is something undelivered, but not what. */
export const UNNAMED_ITEM = 'undelivered:'

const FAILED = ['delivery-failed', 'failed']
const UNDECIDED = ['queued', 'sent', '']
const REACHED = ['delivery-success', 'read']
/** A customer's own message, as it stands with his participant. */
const WRITTEN = 'received'
const DELETED = 'removed'

/**
 * The messages of agents, bots and flows that did not reach the customer, oldest first.
 *
 * A message counts when any of its copies says so (a transfer lists it with two participants), unless another copy says that
 * it got through. One that an event named as undelivered counts until the conversation shows that it got through: the event
 * is the proof, whatever its status says meanwhile. And what was missed before a *sign of life* has been seen: who wrote, or
 * received a later message, has his messenger open again, and it shows him the whole conversation.
 */
export function findUndelivered(conversation: Conversation, suspects: readonly Suspect[]): Missed[] {
  const lastSeenAt = lastSignOfLife(conversation)
  const named = new Map(suspects.filter(({ id }) => !isPlaceholder(id)).map((suspect) => [suspect.id, suspect.at]))
  const unnamed = suspects.filter(({ id }) => id.startsWith(UNNAMED_ITEM)).map(({ at }) => at)
  const provenUntil = Math.max(Number.NEGATIVE_INFINITY, ...unnamed)
  const missed = new Map<string, Missed>([...named].map(([id, at]) => [id, { id, at }]))
  const settled = new Set<string>()

  for (const { isCustomer, name, messages } of conversation.participants) {
    for (const { id, status, at } of messages) {
      const isProven = named.has(id) || (at !== undefined && at <= provenUntil)
      if (REACHED.includes(status) || status === DELETED) settled.add(id)
      else if (isCustomer) continue
      else if (FAILED.includes(status) || (UNDECIDED.includes(status) && isProven)) {
        const known = missed.get(id)
        const author = known?.author ?? name
        const when = at ?? known?.at
        missed.set(id, { id, ...(when !== undefined && { at: when }), ...(author !== undefined && { author }) })
      }
    }
  }
  return [...missed.values()]
    .filter(({ id, at }) => !settled.has(id) && (at === undefined || at >= lastSeenAt))
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
}

export function isPlaceholder(id: string): boolean {
  return id.startsWith(END_ITEM) || id.startsWith(UNNAMED_ITEM)
}

function lastSignOfLife({ participants }: Conversation): number {
  let last = Number.NEGATIVE_INFINITY
  for (const { isCustomer, messages } of participants) {
    for (const { status, at } of messages) {
      const isSign = isCustomer ? status === WRITTEN : REACHED.includes(status)
      if (isSign && at !== undefined && at > last) last = at
    }
  }
  return last
}
