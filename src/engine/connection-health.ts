import type { SendOutcome } from '../domain/message.ts'
import type { Log } from './ports/log.ts'

/**
 * Which connections are worth sending through. One that fails again and again, or of whose sends nothing is heard any more,
 * is passed over while another can carry the step; now and then a single send tries whether it is back. It only ever turns
 * sends aside: where a connection is the only one, it is used however it fares, and its failures lead to the next step.
 *
 * This is what one node has seen since its start. Nothing depends on it but which of two good ways is taken.
 */
export type HealthState = {
  state: 'up' | 'down' | 'trying'
  /** What it was taken out for. */
  because?: string
  /** Epoch milliseconds. */
  since?: number
  /** When the next send may try it. */
  nextTryAt?: number
}

/** Of the last results so many are looked at, and so many failures are too many. */
const RESULTS = 10
const TOO_MANY = 5
const FIRST_REST_MS = 10_000
const LONGEST_REST_MS = 300_000
/** A try whose answer does not come in this time was none. */
const TRY_FOR_MS = 60_000
/** So many sends in a row without any word are more than bad luck. */
const SILENT_SENDS = 20
/** Of which it is kept when they were taken; more would say no more. */
const MOST_AWAITED = 200

type Awaited = { umid: string; step: number; at: number }
type Book = {
  results: boolean[]
  awaited: Awaited[]
  asking: boolean
  down?: { because: string; since: number; restMs: number; nextTryAt: number }
}

export type ConnectionHealthOptions = {
  log: Log
  /** After this time a receipt is overdue. */
  receiptsWithinMs(connection: string): number | undefined
  /** Of these, whether any has been heard of since its provider took it: another node may have heard. */
  anyHeardOf(sends: readonly { umid: string; step: number }[]): Promise<boolean>
}

export class ConnectionHealth {
  readonly #books = new Map<string, Book>()
  readonly #options: ConnectionHealthOptions

  constructor(options: ConnectionHealthOptions) {
    this.#options = options
  }

  stateOf(connection: string, now: number): HealthState {
    const down = this.#books.get(connection)?.down
    if (down === undefined) return { state: 'up' }
    const { because, since, nextTryAt } = down
    return { state: now < nextTryAt ? 'down' : 'trying', because, since, nextTryAt }
  }

  /** Whether it may be sent through now. A connection that is down is given to one asker when its rest is over. */
  admits(connection: string, now: number): boolean {
    const down = this.#books.get(connection)?.down
    if (down === undefined) return true
    if (now < down.nextTryAt) return false
    down.nextTryAt = now + Math.max(TRY_FOR_MS, down.restMs)
    return true
  }

  isUp(connection: string): boolean {
    return this.#books.get(connection)?.down === undefined
  }

  /** What a send came to. A refusal of the person or the message is the work of a healthy provider. */
  settled(connection: string, outcome: SendOutcome, send: { umid: string; step: number }, now: number): void {
    if (outcome.kind === 'withdrawn') return
    const book = this.#bookOf(connection)
    const why = failureIn(outcome)
    if (why === undefined) {
      if (outcome.kind === 'accepted') this.#await(connection, book, send, now)
      if (book.down !== undefined && book.down.because !== SILENCE) this.#comeBack(connection, book)
      book.results = [...book.results, true].slice(-RESULTS)
      return
    }
    book.results = [...book.results, false].slice(-RESULTS)
    if (book.down !== undefined) return this.#takeOut(connection, book, why, now)
    const failures = book.results.filter((good) => !good).length
    if (failures >= TOO_MANY) this.#takeOut(connection, book, why, now)
  }

  /** A receipt has come: the provider tells what becomes of its messages. */
  heard(connection: string): void {
    const book = this.#books.get(connection)
    if (book === undefined) return
    book.awaited = []
    if (book.down?.because === SILENCE) this.#comeBack(connection, book)
  }

  #await(connection: string, book: Book, send: { umid: string; step: number }, now: number): void {
    const patience = this.#options.receiptsWithinMs(connection)
    if (patience === undefined) return
    if (book.awaited.length < MOST_AWAITED) book.awaited.push({ ...send, at: now })
    const overdue = book.awaited.filter(({ at }) => at + patience <= now)
    if (overdue.length < SILENT_SENDS || book.asking) return
    book.asking = true
    void this.#ask(connection, book, overdue, now)
  }

  async #ask(connection: string, book: Book, overdue: readonly Awaited[], now: number): Promise<void> {
    try {
      if (!(await this.#options.anyHeardOf(overdue.slice(-SILENT_SENDS)))) this.#takeOut(connection, book, SILENCE, now)
      book.awaited = []
    } catch (error) {
      this.#options.log.error({ error, connection }, 'it could not be looked up whether receipts come in')
    } finally {
      book.asking = false
    }
  }

  #takeOut(connection: string, book: Book, because: string, now: number): void {
    const before = book.down
    const restMs = before === undefined ? FIRST_REST_MS : Math.min(before.restMs * 2, LONGEST_REST_MS)
    book.down = { because, since: before?.since ?? now, restMs, nextTryAt: now + restMs }
    if (before === undefined) {
      this.#options.log.error({ connection, because }, 'a connection is down, and others are used where there are any')
    }
  }

  #comeBack(connection: string, book: Book): void {
    book.down = undefined
    book.results = []
    this.#options.log.info({ connection }, 'a connection is up again')
  }

  #bookOf(connection: string): Book {
    const known = this.#books.get(connection)
    if (known !== undefined) return known
    const book: Book = { results: [], awaited: [], asking: false }
    this.#books.set(connection, book)
    return book
  }
}

const SILENCE = 'no receipts come in'

/** Why an outcome speaks against the connection; undefined for one that does not. */
function failureIn(outcome: SendOutcome): string | undefined {
  switch (outcome.kind) {
    case 'retry':
    case 'uncertain':
      return outcome.detail
    case 'rejected':
      return outcome.reason === 'credentials' ? outcome.detail : undefined
    default:
      return undefined
  }
}
