import type { Draft } from './draft.ts'
import { reaches } from './status-ladder.ts'
import type { Event, Report } from './transition.ts'

/** Taking back what has not arrived, between the end of a step's time and the next step. */

/** How long the answer to a recall is waited for: providers answer in a moment, and the person waits for the next step. */
const REVOKE_FOR_MS = 10_000

export function canRecall(draft: Draft, step: number): boolean {
  const { sequence, attempts } = draft.message
  const attempt = attempts[step]
  const arrived = attempt !== undefined && reaches(attempt.reached, 'delivered')
  return sequence[step + 1] !== undefined && attempt?.revocable !== undefined && !arrived
}

/** The step's time is over: before the next one, what has not arrived is taken back. */
export function recall(draft: Draft, step: number): void {
  const { connection = '', revocable, try: tryNumber } = draft.attemptAt(step)
  const fence = draft.at + REVOKE_FOR_MS
  draft.note('recall-asked', step, { channel: draft.stepAt(step).channel, connection })
  draft.change(step, { recall: fence })
  draft.startRevoking(step, fence)
  draft.effects.push({ type: 'revoke', step, try: tryNumber, connection, fence, ...revocable })
}

const CONTRADICTED = 'its provider says that it was taken back, and had reported it as delivered'

/** `report` takes in that it has arrived; `goOn` takes the next step. */
export function onRevoked(
  draft: Draft,
  { step, fence, outcome }: Event & { type: 'revoked' },
  { report, goOn }: { report: (report: Report) => void; goOn: () => void },
): void {
  const attempt = draft.message.attempts[step]
  // An answer that was heard already, or of a recall that was asked for again since, is no news, unless it has arrived.
  const isNews = outcome.kind === 'too-late' && attempt !== undefined && attempt.times[outcome.status] === undefined
  if (attempt === undefined || (attempt.recall !== fence && !isNews)) return
  draft.change(step, { recall: undefined })
  const { progress } = draft.message
  const current = progress.state === 'live' && progress.phase === 'revoking' && progress.step === step
  const late = current ? undefined : true
  switch (outcome.kind) {
    case 'revoked':
      if (reaches(attempt.reached, 'delivered'))
        return draft.note('recall-unclear', step, { detail: CONTRADICTED, late })
      draft.change(step, { revoked: true })
      draft.note('recalled', step, { late })
      if (current) goOn()
      return
    case 'too-late':
      draft.note('recall-too-late', step, { status: outcome.status, late })
      report({ status: outcome.status, native: 'recall' })
      if (draft.isLive() && current) goOn()
      return
    case 'unclear':
      // A receipt may be on its way; the wait goes on.
      draft.note('recall-unclear', step, { detail: outcome.detail, late })
  }
}
