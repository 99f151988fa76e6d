import type { Event, Report } from '../domain/advance.ts'
import type { Activity } from './activity.ts'
import type { Committer } from './committer.ts'
import { GroupCommit } from './group-commit.ts'
import type { Receipt } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import type { MessageStore, ParkedReceipt } from './ports/message-store.ts'

type Item = { connection: string; receipts: readonly Receipt[] }
type Known = { umid: string; step: number; connection: string; report: Report }

/**
 * Receipts on their way in. Those of many callbacks share a commit, and a callback is answered after it. A receipt whose
 * send we do not know yet is parked, and matched as soon as the send's answer names it: none is lost to that race.
 */
export class Receipts {
  readonly #group: GroupCommit<Item, undefined>
  readonly #store: MessageStore
  readonly #committer: Committer
  readonly #clock: Clock
  readonly #newId: () => string

  constructor(options: {
    store: MessageStore
    committer: Committer
    clock: Clock
    activity: Activity
    newId: () => string
  }) {
    this.#store = options.store
    this.#committer = options.committer
    this.#clock = options.clock
    this.#newId = options.newId
    this.#group = new GroupCommit(options.activity, (items) => this.#commit(items))
  }

  /** Resolves when every receipt has been committed: applied, or parked. */
  async record(connection: string, receipts: readonly Receipt[]): Promise<void> {
    if (receipts.length > 0) await this.#group.add({ connection, receipts })
  }

  /** Applies parked receipts whose send is known by now: of these refs, or of all. */
  async releaseParked(refs?: readonly { connection: string; ref: string }[]): Promise<void> {
    if (refs?.length === 0) return
    const matched = await this.#store.matchParked(refs)
    if (matched.length === 0) return
    const unpark = matched.map(({ id }) => id)
    await this.#committer.apply(eventsOf(matched, this.#clock.now()), { unpark })
  }

  async #commit(items: readonly Item[]): Promise<undefined[]> {
    const at = this.#clock.now()
    const unmatched: ParkedReceipt[] = []
    const known: Known[] = []
    for (const { connection, receipts } of items) {
      for (const receipt of receipts) {
        if ('attemptRef' in receipt)
          known.push({ ...readAttemptRef(receipt.attemptRef), connection, report: receipt.report })
        else
          unmatched.push({
            id: this.#newId(),
            connection,
            ref: receipt.providerRef,
            report: receipt.report,
            arrivedAt: at,
          })
      }
    }
    const parked: ParkedReceipt[] = []
    if (unmatched.length > 0) {
      const found = await this.#store.resolveRefs(unmatched)
      for (const each of unmatched) {
        const attempt = found.get(`${each.connection} ${each.ref}`)
        if (attempt) known.push({ ...attempt, connection: each.connection, report: each.report })
        else parked.push(each)
      }
    }
    await this.#committer.apply(eventsOf(known, at))
    if (parked.length > 0) {
      await this.#store.park(parked)
      // The answer that names these may have been committed in the meantime, before it could see them parked.
      await this.releaseParked(parked)
    }
    return items.map(() => undefined)
  }
}

function eventsOf(receipts: readonly Known[], at: number): Map<string, Event[]> {
  const events = new Map<string, Event[]>()
  for (const { umid, step, connection, report } of receipts) {
    const event: Event = { type: 'receipt', at, step, connection, report }
    const known = events.get(umid)
    if (known) known.push(event)
    else events.set(umid, [event])
  }
  return events
}

/** `umid.step`, the step counted from 1. */
function readAttemptRef(ref: string): { umid: string; step: number } {
  const dot = ref.lastIndexOf('.')
  return { umid: ref.slice(0, dot), step: Number(ref.slice(dot + 1)) - 1 }
}

export function attemptRef(umid: string, step: number): string {
  return `${umid}.${step + 1}`
}
