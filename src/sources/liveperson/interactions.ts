import { type Fields, fieldsOf, objectsIn } from '../../json/loose-json.ts'
import type { Api, ApiRequest } from './api.ts'
import { countOf } from './json.ts'
import { jsonOf, unreadable } from './trouble.ts'

/** The Messaging Interactions API: what was said and read, up to a minute late. */
export type Interactions = {
  /** All open conversations that began since `from` (epoch ms), page by page; one may come twice. Throws `SourceTrouble`. */
  open(
    since: { from: number; now: number; skillIds?: readonly number[] },
    signal: AbortSignal,
  ): AsyncGenerator<Fields[]>
  /** `complete` is false when a part of LivePerson's storage did not answer: then a missing one may exist all the same. */
  byId(ids: readonly string[], signal: AbortSignal): Promise<{ records: Fields[]; complete: boolean }>
}

const PAGE = 100 // the most that LivePerson gives at once, and the most ids that it takes
const DAY_MS = 24 * 3_600_000
const LONGEST_WINDOW_MS = 88 * DAY_MS // three months are allowed, and the shortest have 89 days
const SHORTEST_WINDOW_MS = 20 * 60_000 // LivePerson rounds both ends to ten minutes
const DEEPEST_OFFSET = 10_000 // beyond it searches of this kind usually refuse

const PARTS = ['messageRecords', 'messageStatuses', 'agentParticipants', 'consumerParticipants', 'dialogs', 'sdes']

export function createInteractions(
  options: { account: string; sourceName: string; trustUnauthenticated: boolean; deepestOffset?: number },
  api: Api,
): Interactions {
  const { deepestOffset = DEEPEST_OFFSET } = options
  const contentToRetrieve = options.trustUnauthenticated ? [...PARTS, 'unAuthSdes'] : PARTS

  const search = async (kind: 'open' | 'byId', query: Record<string, string>, body: Fields, signal: AbortSignal) => {
    // v=2 is the only one with what visitors said of themselves; `source` names the caller, and is required.
    const all = new URLSearchParams({ ...query, v: '2', source: options.sourceName })
    const path = kind === 'open' ? 'conversations/search' : 'conversations/conversation/search'
    const request: ApiRequest = {
      service: 'msgHist',
      method: 'POST',
      path: `/messaging_history/api/account/${encodeURIComponent(options.account)}/${path}?${all}`,
      body: { ...body, contentToRetrieve },
      what: 'conversations',
      refused: {
        credentials:
          'the key or install is wrong, or lacks the permission “Conversation History / Messaging Interactions”',
        request: 'check account, skills and sourceName',
      },
    }
    const answer = await api.call(request, signal)
    const nothing = answer.status === 204 || (answer.complete && answer.text.trim() === '')
    return readPage(nothing ? { conversationHistoryRecords: [] } : jsonOf(answer, request), request)
  }

  async function* pages(
    window: { from: number; to: number },
    filters: Fields,
    signal: AbortSignal,
  ): AsyncGenerator<Fields[]> {
    const { from, to } = window
    for (let offset = 0, more = true; more; ) {
      // The oldest first: what begins meanwhile goes to the end, and moves no page.
      const query = { offset: String(offset), limit: String(PAGE), sort: 'start:asc' }
      const { records, count } = await search('open', query, { start: { from, to }, ...filters }, signal)
      if (offset === 0 && count !== undefined && count > deepestOffset && to - from > SHORTEST_WINDOW_MS) {
        const middle = Math.floor((from + to) / 2)
        yield* pages({ from, to: middle }, filters, signal)
        yield* pages({ from: middle, to }, filters, signal)
        return
      }
      yield records
      offset += records.length
      more = records.length > 0 && (count === undefined ? records.length >= PAGE : offset < count)
    }
  }

  return {
    async *open({ from, now, skillIds }, signal) {
      const filters = { status: ['OPEN'], ...(skillIds !== undefined && { latestSkillIds: skillIds }) }
      for (let start = from; start < now; start += LONGEST_WINDOW_MS) {
        yield* pages({ from: start, to: Math.min(start + LONGEST_WINDOW_MS, now) }, filters, signal)
      }
    },
    byId: async (ids, signal) => {
      const records: Fields[] = []
      let complete = true
      for (let i = 0; i < ids.length; i += PAGE) {
        const query = { offset: '0', limit: String(PAGE) }
        const page = await search('byId', query, { conversationIds: ids.slice(i, i + PAGE) }, signal)
        records.push(...page.records)
        complete &&= page.complete
      }
      return { records, complete }
    },
  }
}

function readPage(
  json: unknown,
  request: ApiRequest,
): { records: Fields[]; count: number | undefined; complete: boolean } {
  const fields = fieldsOf(json)
  const metadata = fieldsOf(fields?._metadata)
  const list = fields?.conversationHistoryRecords ?? (countOf(metadata?.count) === 0 ? [] : undefined)
  if (!Array.isArray(list)) throw unreadable(request)
  const records = objectsIn(list)
  if (records.length === 0 && list.length > 0) throw unreadable(request)
  const complete = fieldsOf(metadata?.shardsStatusResult)?.partialResult !== true
  return { records, count: countOf(metadata?.count), complete }
}
