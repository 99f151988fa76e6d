import type { Clock } from '../engine/ports/clock.ts'
import { systemClock } from '../system/clock.ts'
import { EventStreamReader, type StreamEvent } from './event-stream.ts'
import type {
  Accepted,
  BatchAnswer,
  BatchRequest,
  CancelAnswer,
  ChannelsAnswer,
  ChatEvent,
  Contact,
  ContactFields,
  ContactPage,
  EventsAnswer,
  ImportAnswer,
  MessageRequest,
  Nullable,
  Timeline,
  WatchEvent,
} from './shapes.ts'
import { errorOf, UntilreadError, unreachable } from './untilread-error.ts'

export type * from './shapes.ts'
export { UntilreadError } from './untilread-error.ts'

export type ClientOptions = {
  /** Where the service is, such as `http://localhost:3000`. */
  url: string
  apiKey: string
  /** Default: `default`. */
  subAccountId?: string
  /** How long a call may take, in milliseconds. Default: 30,000. */
  timeoutMs?: number
  clock?: Clock
}
export type CallOptions = { signal?: AbortSignal }
export type SendOptions = CallOptions & {
  /** The same key with the same request gives the same answer and sends nothing twice. */
  idempotencyKey?: string
}
export type WatchOptions = CallOptions & {
  /** `outcome` (the default) ends once the message has one; `never` goes on, for receipts that come late. */
  until?: 'outcome' | 'never'
  /** Only what came after this version. */
  afterVersion?: number
  /** The connection is gone; it is taken up again after `waitMs`. */
  onReconnect?: (error: UntilreadError, waitMs: number) => void
}

export type ContactOptions = CallOptions & {
  /** ISO 3166 code of the country that national phone numbers belong to. */
  defaultCountry?: string
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000
const SILENCE_MS = 45_000 // the service says something every 15 s; three times nothing is a dead connection

/** The HTTP API in TypeScript. Every method rejects with an `UntilreadError`. */
export class UntilreadClient {
  readonly #url: string
  readonly #apiKey: string
  readonly #subAccountId: string
  /** Where all that belongs to the subaccount is. */
  readonly #own: string
  readonly #timeoutMs: number
  readonly #clock: Clock

  constructor({ url, apiKey, subAccountId = 'default', timeoutMs = 30_000, clock = systemClock }: ClientOptions) {
    this.#url = url.replace(/\/+$/, '')
    this.#apiKey = apiKey
    this.#subAccountId = subAccountId
    this.#own = `/subaccounts/${encodeURIComponent(subAccountId)}`
    this.#timeoutMs = timeoutMs
    this.#clock = clock
  }

  /** Resolves once the message is stored: from then on it has an outcome, whatever crashes. */
  send(message: MessageRequest, options: SendOptions = {}): Promise<Accepted> {
    return this.#call('POST', `${this.#own}/messages`, options, message)
  }

  /** Up to 10,000 messages. Those that are refused are counted, and do not stop the others. */
  batch(batch: BatchRequest, options: SendOptions = {}): Promise<BatchAnswer> {
    return this.#call('POST', `${this.#own}/messages/batch`, options, batch)
  }

  /**
   * Tells what happened in your own chat: up to 1000 events, all of them or none. Resolves once they are stored; a repeat of
   * the call does no harm.
   */
  sendEvents(events: readonly ChatEvent[], options: CallOptions = {}): Promise<EventsAnswer> {
    return this.#call('POST', `${this.#own}/events`, options, { events })
  }

  /** Calls a message off and tells what that achieved. */
  cancel(umid: string, options: CallOptions = {}): Promise<CancelAnswer> {
    return this.#call('DELETE', `${this.#own}/messages/${encodeURIComponent(umid)}`, options)
  }

  /** Where a message stands, how it came there, and what happens next. */
  timeline(umid: string, options: CallOptions = {}): Promise<Timeline> {
    return this.#call('GET', `${this.#own}/messages/${encodeURIComponent(umid)}/timeline`, options)
  }

  /**
   * Everything that happened to a message and goes on happening, each version once and in order. A lost connection is
   * taken up again where it broke off; only a refusal (a wrong key, an unknown umid) or `signal` ends it early.
   */
  async *watch(umid: string, options: WatchOptions = {}): AsyncGenerator<WatchEvent, void, undefined> {
    const { signal, until = 'outcome', onReconnect } = options
    const path = `${this.#own}/messages/${encodeURIComponent(umid)}/events`
    let version = options.afterVersion ?? 0
    let ended = false
    let failures = 0
    let firstWaitMs = FIRST_WAIT_MS
    while (!signal?.aborted) {
      try {
        for await (const event of this.#listen(path, version, signal)) {
          if (event.retryMs !== undefined) firstWaitMs = event.retryMs
          const told = readWatchEvent(event)
          failures = 0
          const repeated = told?.type === 'timeline' ? told.version <= version : ended
          if (told === undefined || repeated) continue
          if (told.type === 'timeline') version = told.version
          else ended = true
          yield told
          if (told.type === 'ended' && until === 'outcome') return
        }
        throw new UntilreadError('The service closed the connection')
      } catch (error) {
        if (signal?.aborted) return
        if (!(error instanceof UntilreadError) || !isPassing(error)) throw error
        const waitMs = Math.min(firstWaitMs * 2 ** failures, LONGEST_WAIT_MS)
        failures += 1
        onReconnect?.(error, waitMs)
        await this.#clock.sleepUntil(this.#clock.now() + waitMs, signal)
      }
    }
  }

  /** Creates the contact, or replaces it whole. */
  putContact(id: string, contact: ContactFields, options: ContactOptions = {}): Promise<Contact> {
    return this.#call(
      'PUT',
      this.#contactPath(id) + queryOf({ defaultCountry: options.defaultCountry }),
      options,
      contact,
    )
  }

  /** Sets the fields that are given, and removes those that are null. */
  changeContact(id: string, changes: Nullable<ContactFields>, options: ContactOptions = {}): Promise<Contact> {
    return this.#call(
      'PATCH',
      this.#contactPath(id) + queryOf({ defaultCountry: options.defaultCountry }),
      options,
      changes,
    )
  }

  contact(id: string, options: CallOptions = {}): Promise<Contact> {
    return this.#call('GET', this.#contactPath(id), options)
  }

  async deleteContact(id: string, options: CallOptions = {}): Promise<void> {
    await this.#call('DELETE', this.#contactPath(id), options)
  }

  /** A page of up to 1,000 contacts in the order of their ids; `next` of it is `after` of the one that follows. */
  contacts(options: CallOptions & { limit?: number; after?: string } = {}): Promise<ContactPage> {
    const { limit, after } = options
    return this.#call('GET', `${this.#own}/contacts${queryOf({ limit, after })}`, options)
  }

  /**
   * Stores the contacts of a CSV file of up to 20 MB with a header line. Lines with mistakes are refused by themselves;
   * `problems` says how many of the reasons are told (default: 100). The same file may be imported again.
   */
  importContacts(csv: string, options: ContactOptions & { problems?: number } = {}): Promise<ImportAnswer> {
    const { defaultCountry, problems } = options
    return this.#call(
      'POST',
      `${this.#own}/contacts/import${queryOf({ defaultCountry, problems })}`,
      options,
      new Csv(csv),
    )
  }

  /** What each channel name can do for the subaccount, and through which connections. */
  channels(options: CallOptions = {}): Promise<ChannelsAnswer> {
    return this.#call('GET', `/channels${queryOf({ subAccountId: this.#subAccountId })}`, options)
  }

  #contactPath(id: string): string {
    return `${this.#own}/contacts/${encodeURIComponent(id)}`
  }

  async #call<Answer>(method: string, path: string, options: SendOptions, body?: unknown): Promise<Answer> {
    const { signal, idempotencyKey } = options
    const limit = AbortSignal.timeout(this.#timeoutMs)
    const isCsv = body instanceof Csv
    const response = await this.#fetch(path, {
      method,
      ...(body !== undefined && { body: isCsv ? body.text : JSON.stringify(body) }),
      headers: {
        ...(body !== undefined && { 'content-type': isCsv ? 'text/csv' : 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    })
    if (response.status === 204) return undefined as Answer
    try {
      return (await response.json()) as Answer
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw unreachable(this.#url, error)
      throw new UntilreadError(`${new URL(this.#url).origin} answered with something that is not JSON`, {
        status: response.status,
        cause: error,
      })
    }
  }

  async #fetch(path: string, request: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const url = `${this.#url}/api/v1${path}`
    const headers = { ...request.headers, authorization: `Bearer ${this.#apiKey}` }
    let response: Response
    try {
      response = await fetch(url, { ...request, headers, redirect: 'error' }) // the key goes nowhere else
    } catch (error) {
      throw unreachable(url, error)
    }
    if (!response.ok) throw await errorOf(response)
    return response
  }

  async *#listen(path: string, version: number, signal: AbortSignal | undefined): AsyncGenerator<StreamEvent> {
    const silence = new AbortController()
    const over = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal])
    const stopWatchdog = new AbortController()
    let lastHeardAt = this.#clock.now()
    void this.#silenceAfter(() => lastHeardAt, stopWatchdog.signal).then((silent) => silent && silence.abort())
    try {
      const headers = { accept: 'text/event-stream', ...(version > 0 && { 'last-event-id': String(version) }) }
      const response = await this.#fetch(path, { headers, signal: over })
      if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
        throw new UntilreadError(`${new URL(this.#url).origin} does not stream events there`, {
          status: response.status,
        })
      }
      const reader = new EventStreamReader()
      for await (const piece of response.body ?? []) {
        lastHeardAt = this.#clock.now()
        yield* reader.push(piece)
      }
    } catch (error) {
      throw error instanceof UntilreadError ? error : unreachable(this.#url, error)
    } finally {
      stopWatchdog.abort()
      silence.abort() // closes the connection when the caller has heard enough
    }
  }

  /** Resolves with true once nothing has been heard for too long, with false when it is no longer of interest. */
  async #silenceAfter(lastHeardAt: () => number, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const deadline = lastHeardAt() + SILENCE_MS
      if (this.#clock.now() >= deadline) return true
      await this.#clock.sleepUntil(deadline, signal)
    }
    return false
  }
}

/** A body that is not JSON. */
class Csv {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) given.set(name, String(value))
  return given.size === 0 ? '' : `?${given}`
}

/** Whether trying again can help: the service was away, overloaded or broken. */
function isPassing({ status }: UntilreadError): boolean {
  return status === undefined || status >= 500 || status === 408 || status === 429
}

function readWatchEvent({ event, data }: StreamEvent): WatchEvent | undefined {
  if (event !== 'timeline' && event !== 'ended') return undefined
  try {
    return { type: event, ...JSON.parse(data) }
  } catch (error) {
    throw new UntilreadError('The service sent an event that is not JSON', { cause: error })
  }
}
