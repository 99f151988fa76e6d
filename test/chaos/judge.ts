import type { Timeline, TimelineEntry } from '../../src/client/shapes.ts'
import { DEAD_ENDS } from '../../src/domain/status-ladder.ts'
import type { Copy } from './handsets.ts'
import type { LoadCounts, Sent } from './load.ts'
import { CALL_TIMEOUT_MS } from './processes.ts'

/** All that is known when everything has played out: what senders were told, what arrived, and what the service says. */
export type Evidence = {
  sent: readonly Sent[]
  load: LoadCounts
  /** By handset. */
  copies: ReadonlyMap<string, readonly Copy[]>
  /** By umid; missing where the service knows no such message. */
  timelines: ReadonlyMap<string, Timeline>
}

export type Violation = { rule: Rule; what: string; umid?: string; address?: string }
export type Rule =
  | 'a good request was refused'
  | 'an acknowledged message is missing'
  | 'a message has no outcome'
  | 'a message has more than one outcome'
  | 'a message ended otherwise than it should'
  | 'a step was sent twice'
  | 'a step was opened twice'
  | 'a step was sent without a recorded intent'
  | 'a step was sent after success'
  | 'a step was sent after a cancel'
  | 'one request made two messages'
  | 'a handset has a message that nobody sent'
  | 'an acknowledged receipt is lost'
  | 'the handsets hide copies'

export type Verdict = {
  violations: Violation[]
  counts: {
    acknowledged: number
    /** Of requests that were never answered: they may be stored or not. */
    unanswered: number
    storedUnanswered: number
    outcomes: Record<string, number>
    pairs: number
    duplicates: number
    copiesByChoice: number
    /** Sends that a kill cut short between intent and outcome, and those of them that had reached the handset. */
    cutShort: number
    cutShortArrived: number
    cancels: Record<string, number>
    receipts: number
  }
}

const ENDS = ['succeeded', 'exhausted', 'unknown', 'cancelled', 'expired']
/** The service looks right before a call whether it is still wanted; what is on its way then arrives within this. */
const ON_ITS_WAY_MS = CALL_TIMEOUT_MS

export function judge({ sent, load, copies, timelines }: Evidence): Verdict {
  const violations: Violation[] = load.refused.map((what) => ({ rule: 'a good request was refused', what }))
  const counts: Verdict['counts'] = {
    acknowledged: 0,
    unanswered: 0,
    storedUnanswered: 0,
    outcomes: {},
    pairs: 0,
    duplicates: 0,
    copiesByChoice: 0,
    cutShort: 0,
    cutShortArrived: 0,
    cancels: {},
    receipts: 0,
  }
  for (const message of sent) {
    const arrived = copies.get(message.address) ?? []
    const accuse = (rule: Rule, what: string, umid = message.umid) => {
      violations.push({ rule, what, address: message.address, ...(umid !== undefined && { umid }) })
    }
    judgeRequest(message, arrived, counts, accuse)
    const umid = message.umid ?? arrived[0]?.umid
    if (umid === undefined) continue
    const timeline = timelines.get(umid)
    if (timeline === undefined) {
      accuse('an acknowledged message is missing', 'the service knows no such umid', umid)
      continue
    }
    judgeOutcome(message, timeline, counts, accuse)
    judgeSends(message, timeline, arrived, counts, accuse)
    judgeCancel(message, timeline, arrived, counts, accuse)
    judgeReceipts(timeline, arrived, counts, accuse)
  }
  const blind = sent.some(({ story }) => story.copiesByChoice) && counts.copiesByChoice === 0
  if (blind)
    violations.push({ rule: 'the handsets hide copies', what: 'sends that are repeated by choice arrived once' })
  return { violations, counts }
}

type Accuse = (rule: Rule, what: string, umid?: string) => void
type Counts = Verdict['counts']

function judgeRequest(message: Sent, arrived: readonly Copy[], counts: Counts, accuse: Accuse): void {
  const { umid, otherUmids, mayBeStored } = message
  const umids = new Set(arrived.map((copy) => copy.umid))
  if (umid !== undefined) counts.acknowledged++
  else {
    counts.unanswered++
    counts.storedUnanswered += umids.size
  }
  for (const other of otherUmids) accuse('one request made two messages', `a repeated request was answered ${other}`)
  if (umids.size > 1) accuse('one request made two messages', `its handset has ${[...umids].join(', ')}`)
  const foreign = [...umids].filter((each) => each !== umid)
  if (umid === undefined ? !mayBeStored && umids.size > 0 : foreign.length > 0) {
    accuse('a handset has a message that nobody sent', foreign.join(', '))
  }
}

function judgeOutcome({ story, cancel }: Sent, timeline: Timeline, counts: Counts, accuse: Accuse): void {
  const { state, heldBack, outcome } = timeline
  if (outcome === null || state === 'live') {
    return accuse(
      'a message has no outcome',
      heldBack ? 'it was held back' : `it waits for ${JSON.stringify(timeline.next)}`,
    )
  }
  counts.outcomes[outcome.state] = (counts.outcomes[outcome.state] ?? 0) + 1
  const ends = timeline.timeline.filter(({ code }) => ENDS.includes(code)).map(({ code }) => code)
  if (ends.length !== 1 || ends[0] !== outcome.state || state !== outcome.state) {
    accuse('a message has more than one outcome', `${state}, ${outcome.state} and on the timeline ${ends.join(', ')}`)
  }
  // Where a kill came between, or lost the cancel its moment, it may end in another way, and does so in good order.
  const undisturbed = !timeline.timeline.some(({ code }) => DISTURBED.includes(code))
  const cancelled = cancel?.result === 'ended' ? cancel.outcome : story.ends
  const expected = story.cancelledAfter === undefined ? story.ends : cancelled
  const outOfTime = outcome.state === 'expired'
  if (undisturbed && outcome.state !== expected && !outOfTime) {
    accuse('a message ended otherwise than it should', `"${story.name}" ended as ${outcome.state}`)
  }
}
const DISTURBED: readonly string[] = [
  'send-uncertain',
  'send-retry',
  'send-withdrawn',
] satisfies TimelineEntry['code'][]

function judgeSends(
  { story }: Sent,
  { timeline, umid }: Timeline,
  arrived: readonly Copy[],
  counts: Counts,
  accuse: Accuse,
): void {
  const mine = arrived.filter((copy) => copy.umid === umid)
  const steps = new Set(mine.map(({ step }) => step))
  const duplicates = mine.length - steps.size
  counts.pairs += steps.size
  if (story.copiesByChoice) counts.copiesByChoice += duplicates
  else counts.duplicates += duplicates
  for (const step of steps) {
    const count = mine.filter((copy) => copy.step === step).length
    if (count > 1 && !story.copiesByChoice) accuse('a step was sent twice', `step ${step} arrived ${count} times`)
    const opened = timeline.filter((entry) => entry.code === 'step-opened' && entry.step === step)
    if (opened.length === 0) accuse('a step was sent without a recorded intent', `step ${step}`)
  }
  const openings = timeline.filter(({ code }) => code === 'step-opened').map(({ step }) => step)
  if (new Set(openings).size < openings.length) accuse('a step was opened twice', `steps ${openings.join(', ')}`)
  const success = timeline.find(({ code }) => code === 'succeeded')
  const tooLate = success && mine.find(({ receivedAt }) => after(receivedAt, success.at) > ON_ITS_WAY_MS)
  if (tooLate) accuse('a step was sent after success', `step ${tooLate.step} at ${tooLate.receivedAt}`)
  if (!story.answersPlainly) return
  for (const step of openings) {
    const settled = timeline.some((entry) => entry.step === step && SETTLED.includes(entry.code))
    if (settled || step === undefined) continue
    counts.cutShort++
    if (steps.has(step)) counts.cutShortArrived++
  }
}
const SETTLED: readonly string[] = [
  'send-accepted',
  'send-rejected',
  'send-retry',
  'send-withdrawn',
] satisfies TimelineEntry['code'][]

/** What a cancel promised: nothing reached the person, or nothing beyond the step that it names. */
function judgeCancel(
  { cancel }: Sent,
  { umid, steps, state }: Timeline,
  arrived: readonly Copy[],
  counts: Counts,
  accuse: Accuse,
): void {
  if (cancel === undefined) return
  const { result, step: lastStep = 0 } = cancel
  counts.cancels[result] = (counts.cancels[result] ?? 0) + 1
  if (result === 'ended') return
  if (state !== 'cancelled') accuse('a step was sent after a cancel', `it was cancelled and ended as ${state}`)
  const reachesNobody = (step: number) => {
    const status = steps.find((each) => each.step === step)?.status
    return DEAD_ENDS.some((deadEnd) => deadEnd === status)
  }
  for (const { step, receivedAt } of arrived.filter((copy) => copy.umid === umid)) {
    if (step <= lastStep || reachesNobody(step)) continue
    accuse('a step was sent after a cancel', `"${result}", but step ${step} arrived at ${receivedAt}`)
  }
}

function judgeReceipts({ steps, umid }: Timeline, arrived: readonly Copy[], counts: Counts, accuse: Accuse): void {
  for (const copy of arrived.filter((each) => each.umid === umid)) {
    const known = steps.find(({ step }) => step === copy.step)?.times ?? {}
    for (const { status, state } of copy.receipts) {
      if (state !== 'acknowledged') continue
      counts.receipts++
      if (known[status] === undefined) accuse('an acknowledged receipt is lost', `${status} of step ${copy.step}`)
    }
  }
}

function after(later: string, earlier: string): number {
  return Date.parse(later) - Date.parse(earlier)
}
