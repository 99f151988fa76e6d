import type { Socket } from 'node:net'
import type { Clock } from '../../engine/ports/clock.ts'
import { unlessAborted } from './aborts.ts'
import { STATUS } from './command-status.ts'
import {
  BIND,
  COMMANDS,
  type FieldsOf,
  isResponse,
  type Pdu,
  PduReader,
  responseTo,
  sequenceAfter,
  writeBody,
  writePdu,
} from './pdu.ts'
import { Window } from './window.ts'

export type SessionOptions = {
  clock: Clock
  /** Most requests that may wait for their answers at one time. */
  window: number
  responseTimeoutMs: number
  /** How long the SMSC may say nothing before it is asked whether it is there. */
  enquireAfterMs: number
  /** Takes in a `deliver_sm` or `data_sm`; the status that it is answered with. Never throws. */
  onMessage(pdu: Pdu): Promise<number>
}

/** What became of a request. What was not written was never seen by anybody. */
export type Answer =
  | { kind: 'answered'; pdu: Pdu }
  | { kind: 'unwritten'; detail: string }
  | { kind: 'unanswered'; detail: string }

type Pending = { command: number; settle(answer: Answer): void }

/**
 * One SMPP session over one connection. Either side asks and answers; answers are known by the number of their request,
 * in any order. Whatever cannot be SMPP, and a line that does not answer any more, ends the session and the connection:
 * what was written by then and has no answer is `unanswered`, and nobody knows whether the SMSC has it.
 */
export class Session {
  readonly #socket: Socket
  readonly #options: SessionOptions
  readonly #window: Window
  readonly #reader = new PduReader()
  readonly #pending = new Map<number, Pending>()
  readonly #incoming = new Set<Promise<void>>()
  readonly #over = new AbortController()
  readonly #ended = Promise.withResolvers<string>()
  #sequence: number
  #heardAt: number

  constructor(socket: Socket, options: SessionOptions, firstSequence = 1) {
    this.#socket = socket
    this.#options = options
    this.#window = new Window(options.window)
    this.#sequence = firstSequence
    this.#heardAt = options.clock.now()
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => this.end(`the connection failed (${error.code ?? 'no code'})`))
    socket.on('close', () => this.end('the SMSC closed the connection'))
    if (socket.destroyed) this.end('the SMSC closed the connection')
  }

  /** Resolves with the reason when the session is over. */
  get ended(): Promise<string> {
    return this.#ended.promise
  }

  get isOver(): boolean {
    return this.#over.signal.aborted
  }

  bind(fields: Partial<FieldsOf<typeof BIND>>, signal: AbortSignal): Promise<Answer> {
    return this.#untilAborted(this.#ask(COMMANDS.bind_transceiver, writeBody(BIND, fields)), signal)
  }

  /**
   * Asks as soon as there is a place in the window, which is waited for no longer than `patience`. The place is taken until
   * the SMSC answers, whoever still waits for that.
   */
  async request(command: number, body: Buffer, signal: AbortSignal, patience = signal): Promise<Answer> {
    const isIn = await this.#window.enter(AbortSignal.any([signal, patience, this.#over.signal]))
    if (!isIn) return { kind: 'unwritten', detail: this.isOver ? 'the connection was lost' : CALLED_OFF }
    const asked = this.#ask(command, body)
    void asked.then(() => this.#window.leave())
    return this.#untilAborted(asked, signal)
  }

  /** Asks whether the SMSC is still there, each time it has been silent for a while. */
  async keepAlive(): Promise<void> {
    const { clock, enquireAfterMs } = this.#options
    while (!this.isOver) {
      const at = this.#heardAt + enquireAfterMs
      if (clock.now() < at) await clock.sleepUntil(at, this.#over.signal)
      else if ((await this.#ask(COMMANDS.enquire_link)).kind !== 'answered') {
        this.end('the SMSC does not answer')
        this.#socket.destroy() // nobody is there to take what was written
      }
    }
  }

  /** Confirms what has come in, says goodbye and closes the connection. */
  async close(): Promise<void> {
    await Promise.all(this.#incoming)
    await this.#ask(COMMANDS.unbind)
    await Promise.all(this.#incoming) // what the SMSC sent before it read our goodbye
    this.end('closed by us')
  }

  /** At once, for good. */
  end(detail: string): void {
    if (this.isOver) return
    this.#over.abort()
    // What was written before is given to the network, an answer to `unbind` among it.
    this.#socket.destroySoon()
    for (const { settle } of [...this.#pending.values()]) settle({ kind: 'unanswered', detail })
    this.#ended.resolve(detail)
  }

  #ask(command: number, body: Buffer = Buffer.alloc(0)): Promise<Answer> {
    const { clock, responseTimeoutMs } = this.#options
    if (!this.#isWritable()) return Promise.resolve({ kind: 'unwritten', detail: 'the connection was lost' })
    const sequence = this.#freeSequence()
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const settled = new AbortController()
    const settle = (answer: Answer) => {
      this.#pending.delete(sequence)
      settled.abort()
      resolve(answer)
    }
    this.#pending.set(sequence, { command, settle })
    this.#write({ command, status: STATUS.ok, sequence, body })
    const patience = clock.sleepUntil(clock.now() + responseTimeoutMs, settled.signal)
    void patience.then(() => settle({ kind: 'unanswered', detail: 'the SMSC did not answer in time' }))
    return promise
  }

  async #untilAborted(asked: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
    return (await unlessAborted(asked, signal)) ?? { kind: 'unanswered', detail: CALLED_OFF }
  }

  #freeSequence(): number {
    while (this.#pending.has(this.#sequence)) this.#sequence = sequenceAfter(this.#sequence)
    const sequence = this.#sequence
    this.#sequence = sequenceAfter(sequence)
    return sequence
  }

  #isWritable(): boolean {
    return !this.isOver && this.#socket.writable
  }

  #write(pdu: Pdu): void {
    if (this.#isWritable()) this.#socket.write(writePdu(pdu))
  }

  #respond({ sequence }: Pdu, command: number, status: number): void {
    // The `message_id` of `deliver_sm_resp` and `data_sm_resp` is empty; the others have no body.
    const body = Buffer.alloc(ANSWERED_WITH_ID.includes(command) ? 1 : 0)
    this.#write({ command, status, sequence, body })
  }

  #read(chunk: Buffer): void {
    this.#heardAt = this.#options.clock.now()
    const { pdus, broken } = this.#reader.take(chunk)
    for (const pdu of pdus) if (!this.isOver) this.#take(pdu)
    if (!broken || this.isOver) return
    const nothing = { command: 0, status: 0, sequence: 0, body: Buffer.alloc(0) }
    this.#respond(nothing, COMMANDS.generic_nack, STATUS.invalidCommandLength)
    this.end('the SMSC sent what is not SMPP')
  }

  #take(pdu: Pdu): void {
    if (isResponse(pdu)) return this.#takeResponse(pdu)
    switch (pdu.command) {
      case COMMANDS.deliver_sm:
      case COMMANDS.data_sm:
        return this.#takeMessage(pdu)
      case COMMANDS.enquire_link:
        return this.#respond(pdu, responseTo(pdu.command), STATUS.ok)
      case COMMANDS.unbind:
        this.#respond(pdu, responseTo(pdu.command), STATUS.ok)
        return this.end('the SMSC ended the session')
      case COMMANDS.alert_notification:
        return // has no answer
      default:
        return this.#respond(pdu, COMMANDS.generic_nack, STATUS.invalidCommand)
    }
  }

  #takeResponse(pdu: Pdu): void {
    const pending = this.#pending.get(pdu.sequence)
    const isNack = pdu.command === COMMANDS.generic_nack
    if (pending === undefined) {
      // Too late, and nobody waits any more. A nack of none of ours says that it lost its place in our stream.
      if (isNack) this.end('the SMSC could not read what we sent')
      return
    }
    if (!isNack && pdu.command !== responseTo(pending.command)) return this.end('the SMSC sent what is not SMPP')
    if (isNack && pdu.status === STATUS.ok) pending.settle({ kind: 'unanswered', detail: 'the SMSC gave no status' })
    else pending.settle({ kind: 'answered', pdu })
    if (pdu.status === STATUS.notBound) this.end('the SMSC holds the session for unbound')
  }

  #takeMessage(pdu: Pdu): void {
    const work = this.#options.onMessage(pdu).then((status) => this.#respond(pdu, responseTo(pdu.command), status))
    const tracked = work.finally(() => this.#incoming.delete(tracked))
    this.#incoming.add(tracked)
  }
}

const CALLED_OFF = 'called off or timed out'
const ANSWERED_WITH_ID = [responseTo(COMMANDS.deliver_sm), responseTo(COMMANDS.data_sm)]
