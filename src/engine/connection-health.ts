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

type Send = { umid: string; step: number; channel: string }
type Awaited = { umid: string; step: number; at: number }
type Book = {
  results: boolean[]
  awaited: Awaited[]
  asking: boolean
  /** Its login or its account was refused, and nothing was taken since. */
  refused?: boolean
  /** `trial`: the send that tries it. */
  down?: { because: string; since: number; restMs: number; nextTryAt: number; trial?: string | undefined }
}

export type ConnectionHealthOptions = {
  log: Log
  /** After this time a receipt is overdue; undefined where none is to be expected on the channel. */
  receiptsWithinMs(connection: string, channel: string): number | undefined
  /** It is down since this moment. */
  onDown(connection: string): void
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

  isUp(connection: string): boolean {
    return this.#books.get(connection)?.down === undefined
  }

  /** Whether it takes messages, be it that nothing is heard of them: better than one that turns them away. */
  takes(connection: string): boolean {
    const down = this.#books.get(connection)?.down
    return down === undefined || down.because === SILENCE
  }

  /**
   * Whether this send may try a connection that is down. When its rest is over one send may, and only where it can be made
   * at once; asked again about the same send, because the claim was made again, the answer is the same.
   */
  mayTry(
    connection: string,
    { umid, step }: Pick<Send, 'umid' | 'step'>,
    now: number,
    hasRoom: () => boolean,
  ): boolean {
    const down = this.#books.get(connection)?.down
    if (down === undefined) return false
    const trial = nameOf(umid, step)
    if (now < down.nextTryAt) return down.trial === trial && hasRoom()
    if (!hasRoom()) return false
    down.trial = trial
    down.nextTryAt = now + Math.max(TRY_FOR_MS, down.restMs)
    return true
  }

  /** What a send came to. A refusal of the person or the message is the work of a healthy provider. */
  settled(connection: string, outcome: SendOutcome, send: Send, now: number): void {
    const book = this.#bookOf(connection)
    const { down } = book
    const isTrial = down?.trial === nameOf(send.umid, send.step)
    if (outcome.kind === 'withdrawn') {
      if (isTrial && down !== undefined) book.down = { ...down, trial: undefined, nextTryAt: now }
      return
    }
    const why = failureIn(outcome)
    book.results = [...book.results, why === undefined].slice(-RESULTS)
    this.#alert(connection, book, why === REFUSED)
    if (why !== undefined) {
      const failures = book.results.filter((good) => !good).length
      // What was under way when it was taken out, and what is sent for want of another, says nothing new.
      if (isTrial || (failures >= TOO_MANY && this.takes(connection))) this.#takeOut(connection, book, why, now)
      return
    }
    if (down?.because === SILENCE) {
      if (isTrial) this.#takeOut(connection, book, SILENCE, now)
    } else if (down !== undefined) this.#comeBack(connection, book)
    if (outcome.kind === 'accepted') this.#await(connection, book, send, now)
  }

  /** Only the operator can mend it, so that is said at once, and once. */
  #alert(connection: string, book: Book, refused: boolean): void {
    if (refused && !book.refused) {
      this.#options.log.error({ connection }, 'a provider refuses the login or the account of a connection')
    }
    book.refused = refused
  }

  /** A receipt has come: the provider tells what becomes of its messages. */
  heard(connection: string): void {
    const book = this.#books.get(connection)
    if (book === undefined) return
    book.awaited = []
    if (book.down?.because === SILENCE) this.#comeBack(connection, book)
  }

  #await(connection: string, book: Book, { umid, step, channel }: Send, now: number): void {
    const patience = this.#options.receiptsWithinMs(connection, channel)
    if (patience === undefined) return
    // While it is out for its silence, the first word on any of them brings it back, be it that another node has heard it.
    const isSilent = book.down?.because === SILENCE
    const last = book.awaited[SILENT_SENDS - 1]
    const asked = isSilent || (last !== undefined && last.at + patience <= now) ? book.awaited.slice(0) : []
    if (book.awaited.length < MOST_AWAITED) book.awaited.push({ umid, step, at: now })
    if (asked.length === 0 || book.asking) return
    book.asking = true
    const overdue = isSilent ? asked : asked.filter(({ at }) => at + patience <= now)
    void this.#ask(connection, book, overdue.slice(-SILENT_SENDS), now)
  }

  async #ask(connection: string, book: Book, sends: readonly Awaited[], now: number): Promise<void> {
    try {
      if (await this.#options.anyHeardOf(sends)) return this.heard(connection)
      if (book.down === undefined) this.#takeOut(connection, book, SILENCE, now)
      book.awaited = book.awaited.slice(-SILENT_SENDS)
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
      this.#options.onDown(connection)
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
const REFUSED = 'its login or its account is refused'

function nameOf(umid: string, step: number): string {
  return `${umid}.${step}`
}

/**
 * Why an outcome speaks against the connection; undefined for one that does not. In words of our own, because this is
 * logged, and a provider's words may name the person; they stand on the timeline of the message.
 */
function failureIn(outcome: SendOutcome): string | undefined {
  switch (outcome.kind) {
    case 'retry':
      return 'it turns messages away'
    case 'uncertain':
      return 'its answers do not come, or say nothing certain'
    case 'rejected':
      return outcome.reason === 'credentials' ? REFUSED : undefined
    default:
      return undefined
  }
}
