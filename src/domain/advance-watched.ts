import type { Draft } from './draft.ts'
import { firstNoticeAt, MOST_QUESTIONS, withItems } from './streak.ts'
import type { Report } from './transition.ts'
import type { InquiryAnswer, Item, Leaving, Watch } from './watch.ts'

/** What makes the watched step a success: `advance` applies it like any provider's receipt. */
type ReadReport = (report: Report) => void

/** More is unread: it is told with the rest. */
export function onItemsJoined(draft: Draft, items: readonly Item[]): void {
  const { watch } = draft.message
  if (watch === undefined || !draft.isLive()) return
  const joined = withItems(watch, items)
  const count = joined.items.length - watch.items.length + (joined.more ?? 0) - (watch.more ?? 0)
  if (count === 0) return
  setWatch(draft, joined)
  draft.note('items-joined', 0, { items: count, unread: joined.items.length, more: joined.more })
}

/** Less is unread. When nothing is left there is nothing to tell, before the notice or after it. */
export function onItemsLeft(
  draft: Draft,
  { ids, how, eventAt }: { ids: readonly string[]; how: Leaving; eventAt?: number },
  read: ReadReport,
): void {
  const { watch } = draft.message
  if (watch === undefined) return
  const gone = new Set(ids)
  const items = watch.items.filter(({ id }) => !gone.has(id))
  const count = watch.items.length - items.length
  if (count === 0) return
  const live = draft.isLive()
  setWatch(draft, { ...watch, items, inquiry: undefined })
  draft.note('items-left', 0, { how, items: count, unread: items.length, late: live ? undefined : true })
  if (items.length > 0) return
  if (how === 'delivered') read(readReport('delivered', how, eventAt))
  else if (how === 'read' || how === 'replied') read(readReport('read', how, eventAt))
  else if (live) draft.end('cancelled', { reason: how })
}

function readReport(status: 'read' | 'delivered', native: string, providerAt: number | undefined): Report {
  return { status, native, ...(providerAt !== undefined && { providerAt }) }
}

/** Somebody is to find out what is still unread and where the person can be reached, until the lease is over. */
export function ask(draft: Draft, step: number): void {
  const { watch } = draft.message
  if (watch === undefined) throw new Error('invariant broken: only an unread streak asks')
  const admitted = draft.context.mayAsk?.() ?? 'now'
  if (admitted !== 'now') return draft.goDue(step, admitted.later)
  const fence = draft.at + draft.context.leaseMs
  draft.setWatch({ ...watch, inquiry: undefined, asked: (watch.asked ?? 0) + 1 })
  draft.setProgress({ state: 'live', phase: 'asking', step, wakeAt: fence })
  draft.effects.push({ type: 'inquire', step, fence })
}

/** Whoever asked is gone, or nobody could be asked at all. Asking changes nothing, so it is done again, for a while. */
export function askAgain(draft: Draft, step: number): void {
  const { watch } = draft.message
  const { leaseMs, retryForMs } = draft.context
  if (watch === undefined) throw new Error('invariant broken: only an unread streak asks')
  const troubledSince = watch.troubledSince ?? draft.at - leaseMs
  if (draft.at - troubledSince > Math.max(retryForMs, leaseMs)) return draft.end('unknown', { waited: 'inquiry' })
  draft.setWatch({ ...watch, troubledSince })
  ask(draft, step)
}

export function onInquired(
  draft: Draft,
  { fence, answer }: { fence: number; answer: InquiryAnswer },
  read: ReadReport,
): void {
  const { progress, watch } = draft.message
  // Late: somebody else has taken the streak over, or it has ended.
  if (progress.state !== 'live' || progress.phase !== 'asking' || progress.wakeAt !== fence || watch === undefined)
    return
  const { step } = progress
  if (answer.gone !== undefined) return draft.end('cancelled', { reason: answer.gone })
  const confirmed = confirm(watch, answer)
  // What stood for others until now has not been read: it was never there.
  const still = new Set(confirmed.items.map(({ id }) => id))
  const left = watch.items.filter(({ id, tentative }) => !tentative && !still.has(id)).length
  draft.setWatch(confirmed)
  if (left > 0) draft.note('items-left', 0, { how: 'confirmed', items: left, unread: confirmed.items.length })
  if (confirmed.items.length === 0) {
    const { successStatus } = draft.stepAt(0)
    return read(readReport(successStatus === 'delivered' ? 'delivered' : 'read', 'confirmed', undefined))
  }
  if (putOff(draft, step, confirmed, answer)) return
  // What only may be unread is nothing to tell of without the platform's word.
  if (confirmed.items.every(({ tentative }) => tentative)) return draft.end('cancelled', { reason: 'unconfirmed' })
  if (isTooEarly(draft, confirmed)) return
  const listed = new Set(answer.told)
  const toTell = confirmed.items.filter(({ tentative }) => !tentative)
  const isComplete = confirmed.more !== undefined || listed.size === toTell.length
  const isCurrent = isComplete && toTell.every(({ id }) => listed.has(id))
  // Something was read or written while we asked: once more, so that the notice says what is so.
  if (!isCurrent && (confirmed.asked ?? 0) < MOST_QUESTIONS) return draft.goDue(step, draft.at)
  draft.setWatch({ ...confirmed, troubledSince: undefined, inquiry: { at: draft.at, user: answer.user } })
  draft.note('inquired', step, {
    unread: confirmed.items.length,
    more: confirmed.more,
    platform: answer.unread ? 'confirmed' : undefined,
    addresses:
      Object.keys(answer.user)
        .filter((name) => name !== 'contactId' && name !== 'country')
        .join(', ') || null,
    fault: answer.fault,
    detail: answer.troubles.map(({ detail }) => detail).join('; ') || undefined,
  })
  draft.effects.push({ type: 'word', step, notice: answer.notice })
  draft.goDue(step, draft.at)
}

/** What was old enough has been read meanwhile: what is left gets its own time, unless something has been told already. */
function isTooEarly(draft: Draft, watch: Watch): boolean {
  const { attempts, sequence } = draft.message
  const wakeAt = firstNoticeAt(watch, sequence)
  if (attempts.length > 1 || wakeAt <= draft.at) return false
  draft.setWatch({ ...watch, asked: 0 })
  draft.setProgress({ state: 'live', phase: 'waiting', step: 0, wakeAt })
  return true
}

/** What the platform says goes for what it was asked about; what has joined meanwhile stays. */
function confirm(watch: Watch, { asked, unread }: InquiryAnswer): Watch {
  if (unread === undefined) return watch
  const was = new Set(asked)
  const still = new Map(unread.map((item) => [item.id, item]))
  const items = watch.items.flatMap((item) => (was.has(item.id) ? (still.get(item.id) ?? []) : [item]))
  return withItems(
    { ...watch, items, more: undefined },
    unread.filter(({ id }) => !was.has(id)),
  )
}

const PLATFORM_PATIENCE_MS = 120_000 // without its word ours is good enough
const FIRST_RETRY_MS = 5_000

/** Asks again later, as long as it makes sense: a notice can do without the platform's word, but not without an address. */
function putOff(draft: Draft, step: number, watch: Watch, { troubles }: InquiryAnswer): boolean {
  if (troubles.length === 0) return false
  const since = watch.troubledSince ?? draft.at
  const isNeeded =
    troubles.some(({ who, needed }) => who === 'directory' || needed) || watch.items.every(({ tentative }) => tentative)
  const patienceMs = isNeeded ? draft.context.retryForMs : PLATFORM_PATIENCE_MS
  const nextAt = draft.at + Math.max(FIRST_RETRY_MS, draft.at - since)
  if (nextAt - since > patienceMs) return false
  draft.setWatch({ ...watch, troubledSince: since, asked: 0 })
  const [{ who, detail } = { who: undefined, detail: undefined }] = troubles
  draft.note('inquiry-failed', step, { who, detail, nextAt })
  draft.goDue(step, nextAt)
  return true
}

/** The items have changed; before the first notice its moment changes with them. */
function setWatch(draft: Draft, watch: Watch): void {
  draft.setWatch(watch)
  const { progress, sequence } = draft.message
  if (progress.state !== 'live' || progress.step > 0 || watch.items.length === 0) return
  draft.setProgress({ ...progress, wakeAt: firstNoticeAt(watch, sequence) })
}
