import type { Effect } from '../domain/advance.ts'
import type { SourceEvent } from '../domain/source-event.ts'
import type { InquiryAnswer } from '../domain/watch.ts'
import type { Committer } from './committer.ts'
import { GroupCommit } from './group-commit.ts'
import { Inquirer, type InquirerOptions } from './inquirer.ts'
import { Inquiry, type InquiryJob, type InquiryOptions } from './inquiry.ts'
import type { Due, Held, Saved } from './ports/message-store.ts'
import type { EventBatch, NoticeText, WatchStore } from './ports/watch-store.ts'

/** A send of a streak that was committed, with its words where they are known. */
export type NoticeSend = { due: Due; since: Held; send: Effect & { type: 'send' }; notice?: NoticeText }

type Answered = { job: InquiryJob; answer: InquiryAnswer }

export type NoticesOptions = Pick<InquirerOptions, 'activity' | 'timeoutMs'> &
  Omit<InquiryOptions, 'store'> & {
    store: WatchStore
    committer: Committer
    /** Takes in what the platform said when it was asked. */
    take: (told: EventBatch) => Promise<unknown>
  }

/** What unread streaks need beside other messages: they are asked about before a notice, and its words are fetched for the send. */
export class Notices {
  readonly #options: NoticesOptions
  readonly #inquirer: Inquirer
  readonly #answers: GroupCommit<Answered, undefined>

  constructor(options: NoticesOptions) {
    this.#options = options
    this.#answers = new GroupCommit(options.activity, (answered) => this.#commit(answered))
    const inquiry = new Inquiry(options)
    this.#inquirer = new Inquirer({
      ...options,
      answer: (job, signal) => inquiry.answer(job, signal),
      settle: (job, answer) => this.#answers.add({ job, answer }),
    })
  }

  /** Counts the questions that one claim gives away. A source that is busy with others names the moment to come back. */
  admission(now: number): (due: Due) => 'now' | { later: number } {
    return this.#inquirer.admission(now)
  }

  /** Asks about the streaks that this claim wants to ask about. */
  ask({ changes }: Saved): void {
    const jobs = changes.flatMap(({ held, advanced, now }) => {
      const { envelope } = held as Due
      const { watched } = envelope
      if (watched === undefined) return []
      const questions = advanced.effects.filter((effect) => effect.type === 'inquire')
      return questions.map((effect): InquiryJob => ({ ...effect, held: now, envelope: { ...envelope, watched } }))
    })
    this.#inquirer.take(jobs)
  }

  /** The words for these sends; one whose words cannot be had is to be called back, and asked about anew. */
  async withWords(sends: readonly NoticeSend[]): Promise<readonly NoticeSend[]> {
    const { store, log } = this.#options
    try {
      const wanted = sends.map(({ due, send }) => ({ umid: due.message.id, step: send.step }))
      const notices = await store.notices(wanted)
      return sends.map((each) => {
        const notice = notices.get(each.due.message.id)
        return notice === undefined ? each : { ...each, notice }
      })
    } catch (error) {
      log.error({ error, notices: sends.length }, 'the words of notices could not be read; they are called back')
      return sends
    }
  }

  stop(graceMs: number): Promise<void> {
    return this.#inquirer.stop(graceMs)
  }

  async #commit(answered: readonly Answered[]): Promise<undefined[]> {
    const { clock, committer, take, log } = this.#options
    const at = clock.now()
    await committer.applyTo(
      answered.map(({ job: { held, fence }, answer }) => ({ held, event: { type: 'inquired', at, fence, answer } })),
    )
    // A badge, and other rules, know what was read only from what they are told.
    const told = answered.flatMap((each) => confirmedBy(each, at) ?? [])
    await Promise.all(told.map((each) => take(each))).catch((error: unknown) => {
      log.error({ error }, 'what a platform said when it was asked could not be taken in')
    })
    return answered.map(() => undefined)
  }
}

/** What the answer says of the person, as the platform would have told it. */
function confirmedBy({ job, answer }: Answered, at: number): EventBatch | undefined {
  const { source, conversation, person } = job.envelope.watched
  const event = { key: `asked:${job.held.message.id}:${job.fence}`, at, conversation }
  const events: SourceEvent[] = []
  if (answer.gone === 'left') events.push({ ...event, type: 'left', people: [person] })
  else if (answer.gone === 'conversation-gone') events.push({ ...event, type: 'ended' })
  else if (answer.unread !== undefined) {
    const still = new Set(answer.unread.map(({ id }) => id))
    const ids = answer.asked.filter((id) => !still.has(id))
    if (ids.length > 0) events.push({ ...event, type: 'read', person, span: { ids } })
  }
  return events.length === 0 ? undefined : { subAccountId: job.held.subAccountId, source, events }
}
