import { advance, type Context } from '../domain/advance.ts'
import type { Message } from '../domain/message.ts'
import type { Committer } from './committer.ts'
import type { DecidedSend, Dispatcher, Job } from './dispatcher.ts'
import type { NoticeSend, Notices } from './notices.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { Change, Due, MessageStore, Saved } from './ports/message-store.ts'
import type { Recalls } from './recalls.ts'
import type { Routing } from './routing.ts'

export type ClaimRoundOptions = {
  store: MessageStore
  clock: Clock
  log: Log
  routing: Routing
  committer: Committer
  dispatcher: Dispatcher
  notices: Notices
  recalls: Recalls
  context: (route: Context['route']) => Context
}

/** One turn of the wake loop: claims what is due, decides on it in one commit, and hands on what was decided. */
export class ClaimRound {
  readonly #options: ClaimRoundOptions
  #lacksRoom = false

  constructor(options: ClaimRoundOptions) {
    this.#options = options
  }

  /** Messages are left that no connection had room for: whoever makes room is to wake the loop. */
  get lacksRoom(): boolean {
    return this.#lacksRoom
  }

  /** As many due messages as there is room to send. Answers when the next is due. */
  async run(): Promise<number | undefined> {
    const { clock, store, dispatcher, committer, notices, recalls } = this.#options
    const limit = Math.min(dispatcher.room(), MAX_CLAIM)
    this.#lacksRoom = limit === 0
    if (this.#lacksRoom) return undefined
    const now = clock.now()
    let room = this.#roomAt(now)
    const saved = await store.claimDue(now, limit, (due, position) => {
      if (position === 0) room = this.#roomAt(now) // the places of a claim that came to nothing are free
      return this.#decide(due, now, room)
    })
    committer.announce(saved)
    notices.ask(saved)
    recalls.ask(saved)
    const { ours, reminders } = sendsOf(saved)
    dispatcher.dispatch(ours.map((each) => this.#jobFor(each)))
    if (reminders.length > 0) this.#dispatch(await notices.withWords(reminders))
    if (saved.more) return now
    const next = await store.nextWakeAt()
    // What is overdue and was not claimed is in another node's hands.
    return next !== undefined && next <= now && saved.changes.length === 0 ? now + CONTENDED_MS : next
  }

  #roomAt(now: number): Room {
    const { dispatcher, notices } = this.#options
    return { send: dispatcher.admission(now), ask: notices.admission(now) }
  }

  /** One poisonous message must not stop the others: it is put off, and after some failures held back for people to see. */
  #decide(due: Due, now: number, room: Room): Change {
    const { routing, context, log } = this.#options
    try {
      const all = { ...context(routing.due(due, room.send, now)), mayAsk: () => room.ask(due) }
      return { held: due, advanced: advance(due.message, { type: 'due', at: now }, all) }
    } catch (error) {
      const { id } = due.message
      const failures = due.failures + 1
      log.error({ error, umid: id, failures }, 'a message could not be decided on')
      return failedDecision(due, now, failures, error)
    }
  }

  /** Notices, asked about a moment ago: whether they are still wanted is asked once more. */
  #dispatch(reminders: readonly NoticeSend[]): void {
    const { dispatcher } = this.#options
    const ready = reminders.filter(({ notice }) => notice !== undefined)
    dispatcher.dispatch(
      ready.map((each) => this.#jobFor(each)),
      { fresh: false },
    )
    for (const each of reminders) if (each.notice === undefined) dispatcher.callBack(decidedSend(each))
  }

  #jobFor({ due, since, send, notice }: NoticeSend): Job {
    const { routing, clock } = this.#options
    const outgoing = routing.outgoing({ envelope: due.envelope, message: since.message }, send, clock.now(), notice)
    return { ...decidedSend({ due, since, send }), outgoing }
  }
}

/** What one claim may give away. */
type Room = { send: ReturnType<Dispatcher['admission']>; ask: ReturnType<Notices['admission']> }

function decidedSend({ due, since, send }: NoticeSend): DecidedSend {
  const { step, try: tryNumber, connection, fence } = send
  return { umid: due.message.id, envelope: due.envelope, held: since, step, try: tryNumber, fence, connection }
}

/** The sends that were decided: of messages that came with their content, and of streaks, whose words are fetched. */
function sendsOf({ changes }: Saved): { ours: NoticeSend[]; reminders: NoticeSend[] } {
  const sends = changes.flatMap(({ held, advanced, now: since }) =>
    advanced.effects
      .filter((effect) => effect.type === 'send')
      .map((send): NoticeSend => ({ due: held as Due, since, send })),
  )
  const isReminder = ({ due }: NoticeSend) => due.message.watch !== undefined
  return { ours: sends.filter((each) => !isReminder(each)), reminders: sends.filter(isReminder) }
}

const MAX_CLAIM = 1000 // beyond it a claim only holds its locks longer
const CONTENDED_MS = 20
const FAILURES_UNTIL_HELD_BACK = 5

function failedDecision(due: Due, now: number, failures: number, error: unknown): Change {
  const heldBack = failures >= FAILURES_UNTIL_HELD_BACK
  const { message } = due
  const detail = error instanceof Error ? error.message : 'unknown error'
  const facts = { failures, detail }
  const putOff: Message =
    message.progress.state === 'live'
      ? { ...message, progress: { ...message.progress, wakeAt: now + 1000 * 2 ** failures } }
      : message
  return {
    held: due,
    failures,
    heldBack,
    advanced: { message: putOff, entries: heldBack ? [{ at: now, code: 'held', facts }] : [], effects: [] },
  }
}
