import type { SendOutcome } from '../../domain/message.ts'
import type { CheckOutcome, Outgoing, Revocation, RevokeOutcome } from '../../engine/ports/channel.ts'
import { unlessAborted } from './aborts.ts'
import { type Binding, bind } from './bind.ts'
import { codeOf, outcomeOfStatus, STATUS, wordsFor } from './command-status.ts'
import { Line } from './line.ts'
import { idForSmsc, idInAnswer, type MessageIdFormat } from './message-id.ts'
import { COMMANDS, textUpToZero } from './pdu.ts'
import { SentLately } from './sent-lately.ts'
import { type Answer, Session } from './session.ts'
import { cancelFor, type Sender, submitsFor } from './submit.ts'

const SOON_MS = 1_000
const CALLED_OFF: SendOutcome = { kind: 'retry', afterMs: SOON_MS, detail: 'called off before it was handed over' }

/** What we ask of an SMSC: to send, to take back, and whether it knows us. */
export class Smsc {
  readonly #binding: Binding
  readonly #sender: Sender
  readonly #format: MessageIdFormat
  readonly #line: Line
  readonly #lately = new SentLately()
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<unknown>>()

  constructor(binding: Binding, sender: Sender, format: MessageIdFormat) {
    this.#binding = binding
    this.#sender = sender
    this.#format = format
    this.#line = new Line(binding)
  }

  start(): void {
    if (!this.#closing.signal.aborted) this.#line.start()
  }

  send(outgoing: Outgoing, signal: AbortSignal): Promise<SendOutcome> {
    return this.#track(this.#send(outgoing, signal))
  }

  revoke(sent: Revocation, signal: AbortSignal): Promise<RevokeOutcome> {
    return this.#track(this.#revoke(sent, signal))
  }

  /** On a connection of its own, so that it asks anew and disturbs nothing. */
  async check(signal: AbortSignal): Promise<CheckOutcome> {
    const bound = await bind(this.#binding, signal)
    if (bound.kind === 'bound') {
      await unlessAborted(bound.session.close(), signal)
      bound.session.end('called off')
      return { kind: 'good', ...(isName(bound.smsc) && { detail: `bound to ${bound.smsc}` }) }
    }
    const { detail } = bound
    if (bound.kind === 'refused') return { kind: 'refused', detail }
    // An SMSC that allows one session has just said that it is ours.
    const isTaken = bound.code === codeOf(STATUS.alreadyBound) && this.#line.isBound
    return isTaken ? { kind: 'good', detail: 'bound, and no second session is allowed' } : { kind: 'unknown', detail }
  }

  /** Lets what has been written be answered, and calls off what only waits; then says goodbye. */
  async close(): Promise<void> {
    this.#closing.abort()
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
    await this.#line.stop()
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
    return tracked
  }

  async #send(outgoing: Outgoing, signal: AbortSignal): Promise<SendOutcome> {
    const submits = submitsFor(outgoing, this.#sender)
    if (submits.kind === 'unfit') return { kind: 'rejected', reason: submits.reason, detail: submits.detail }
    const session = await this.#session(signal)
    if (session === undefined) return CALLED_OFF
    if (!(session instanceof Session)) {
      const { kind, detail, code, afterMs } = session
      if (kind === 'away') return { kind: 'retry', afterMs, detail }
      return { kind: 'rejected', reason: 'credentials', detail, code }
    }
    // One after the other: when a part is refused, those behind it are not sent in vain.
    const ids: (string | undefined)[] = []
    for (const body of submits.bodies) {
      const patience = ids.length === 0 ? this.#unlessClosing(signal) : signal
      const outcome = this.#outcomeOf(await session.request(COMMANDS.submit_sm, body, signal, patience))
      if (outcome.kind !== 'accepted') return outcome
      ids.push(outcome.providerRef)
    }
    return this.#accepted(ids, submits.source)
  }

  /** The last part's id stands for the message: it is the one that a receipt will name. */
  #accepted(ids: readonly (string | undefined)[], source: string): SendOutcome {
    const id = ids.at(-1)
    const providerRef = id === undefined ? undefined : idInAnswer(id, this.#format)
    if (providerRef === undefined) return { kind: 'accepted' }
    this.#lately.add(providerRef, { ids: ids.filter((each) => each !== undefined), source })
    return { kind: 'accepted', providerRef }
  }

  /** An acceptance brings the id as it came. */
  #outcomeOf(answer: Answer): SendOutcome {
    if (answer.kind === 'unwritten') return { kind: 'retry', afterMs: SOON_MS, detail: answer.detail }
    if (answer.kind === 'unanswered') {
      return { kind: 'uncertain', detail: `the message was handed over, then ${answer.detail}` }
    }
    const { status, body } = answer.pdu
    if (status !== STATUS.ok) return outcomeOfStatus(status)
    const id = textUpToZero(body)
    return { kind: 'accepted', ...(id.trim() !== '' && { providerRef: id }) }
  }

  async #revoke({ providerRef, address }: Revocation, signal: AbortSignal): Promise<RevokeOutcome> {
    if (providerRef === undefined) return unclear('the SMSC gave no id of the message')
    const session = await this.#session(signal)
    if (session === undefined) return unclear('called off before it was asked')
    if (!(session instanceof Session)) return unclear(session.detail)
    const { ids, source } = this.#lately.get(providerRef) ?? {
      ids: [idForSmsc(providerRef, this.#format)],
      source: this.#sender.from ?? '',
    }
    // From the last part on: as long as one is missing, a handset shows nothing.
    for (const id of ids.toReversed()) {
      const body = cancelFor(id, source, address, this.#sender)
      const answer = await session.request(COMMANDS.cancel_sm, body, signal)
      if (answer.kind !== 'answered') return unclear(answer.detail)
      const { status } = answer.pdu
      if (status !== STATUS.ok) return unclear(wordsFor(status))
    }
    return { kind: 'revoked' }
  }

  /** Undefined when it was called off. The line is opened where nobody has started it. */
  async #session(signal: AbortSignal) {
    const patience = this.#unlessClosing(signal)
    if (patience.aborted) return undefined
    this.#line.start()
    return this.#line.session(patience)
  }

  #unlessClosing(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal])
  }
}

function unclear(detail: string): RevokeOutcome {
  return { kind: 'unclear', detail }
}

/** The name that an SMSC gives itself; anything odd is left out of what we show. */
function isName(text: string): boolean {
  return /^[!-~]{1,16}$/.test(text)
}
