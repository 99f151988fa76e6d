import type { Event } from '../domain/advance.ts'
import { type SendOutcome, turnsAway } from '../domain/message.ts'
import { listedAs } from '../domain/suppression.ts'
import type { Activity } from './activity.ts'
import type { Committer } from './committer.ts'
import type { DecidedSend } from './dispatcher.ts'
import { GroupCommit } from './group-commit.ts'
import type { Clock } from './ports/clock.ts'
import type { Suppression, SuppressionStore } from './ports/suppression-store.ts'
import type { Receipts } from './receipts.ts'
import type { Routing } from './routing.ts'

type Settled = { job: DecidedSend; outcome: SendOutcome }

export type OutcomesOptions = {
  committer: Committer
  receipts: Receipts
  routing: Routing
  suppressions: SuppressionStore
  clock: Clock
  activity: Activity
}

/** What sends came to, on its way into their messages: those of many calls share a commit. */
export class Outcomes {
  readonly #options: OutcomesOptions
  readonly #group: GroupCommit<Settled, undefined>

  constructor(options: OutcomesOptions) {
    this.#options = options
    this.#group = new GroupCommit(options.activity, (settled) => this.#commit(settled))
  }

  /** Resolves after the commit. */
  add(job: DecidedSend, outcome: SendOutcome): Promise<unknown> {
    return this.#group.add({ job, outcome })
  }

  async #commit(settled: readonly Settled[]): Promise<undefined[]> {
    const { committer, receipts, routing, suppressions, clock } = this.#options
    const at = clock.now()
    await suppressions.suppress(settled.flatMap((each) => suppressionIn(each, at)))
    const known = settled.map(({ job, outcome }) => {
      const { held, step, try: tryNumber, fence } = job
      const elsewhere = turnsAway(outcome) && routing.hasAnother(job)
      return { held, event: { type: 'settled', at, step, try: tryNumber, fence, outcome, elsewhere } satisfies Event }
    })
    const refs = settled.flatMap(({ job: { umid, step, connection }, outcome }) => {
      return outcome.kind === 'accepted' && outcome.providerRef !== undefined
        ? [{ connection, ref: outcome.providerRef, umid, step }]
        : []
    })
    await committer.applyTo(known, { refs })
    // Receipts that were faster than the answers which name them.
    await receipts.releaseParked(refs)
    return settled.map(() => undefined)
  }
}

/** A refusal that stands for all that would follow. */
function suppressionIn({ job, outcome }: Settled, at: number): Suppression[] {
  if (outcome.kind !== 'rejected' || outcome.suppress === undefined || job.outgoing === undefined) return []
  const { channel, address } = job.outgoing
  return [{ connection: job.connection, channel, address: listedAs(address), reason: outcome.suppress, at }]
}
