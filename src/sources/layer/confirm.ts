import { type AskedAbout, type Confirmation, SourceTrouble } from '../../engine/ports/source.ts'
import { statusesOf } from './layer-message.ts'
import { userId } from './loose-json.ts'
import type { ServerApi } from './server-api.ts'

/** The newest ones are asked about; a hundred unread lines are told as many, whether or not one of the first was read. */
const MOST_ITEMS = 100
const AT_ONCE = 5

/** What of it the person still has unread, as Layer sees it now. */
export async function confirmUnread(api: ServerApi, asked: AskedAbout, signal: AbortSignal): Promise<Confirmation> {
  const { person, items } = asked
  const conversation = await api.get(['conversations', asked.conversation], signal)
  if (conversation === undefined) return { kind: 'gone', why: 'conversation-gone' }
  if (!Array.isArray(conversation.participants)) {
    throw new SourceTrouble('unreadable', 'Layer showed a conversation without its participants')
  }
  if (!conversation.participants.some((each) => userId(each) === person)) return { kind: 'gone', why: 'left' }

  const latest = items.slice(-MOST_ITEMS)
  const views = await mapSome(latest, AT_ONCE, ({ id }) => viewOf(api, person, id, signal))
  const trusted = items.slice(0, -latest.length)
  if (trusted.length === 0 && views.every((view) => view === 'unknown')) return { kind: 'unknown' }
  const unread = [...trusted, ...latest.filter((_, index) => views[index] !== 'read' && views[index] !== 'deleted')]
  return unread.length === 0 ? { kind: 'read' } : { kind: 'unread', items: unread.map(({ id }) => ({ id })) }
}

type View = 'read' | 'unread' | 'deleted' | 'unknown'

async function viewOf(api: ServerApi, person: string, id: string, signal: AbortSignal): Promise<View> {
  const message = await api.get(['users', person, 'messages', id], signal)
  if (message === undefined) return 'deleted'
  if (statusesOf(message.recipient_status)?.get(person) === 'read') return 'read'
  // Null is said of what Layer has not computed: no word, and not a no.
  if (typeof message.is_unread !== 'boolean') return 'unknown'
  return message.is_unread ? 'unread' : 'read'
}

/** Calls for all items, at most `atOnce` at a time, and for no more after one has failed. Nothing runs when it returns. */
async function mapSome<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  call: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const queue = items.entries()
  let failed = false
  const work = async () => {
    for (const [index, item] of queue) {
      if (failed) return
      try {
        results[index] = await call(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: atOnce }, work))
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
  return results
}
