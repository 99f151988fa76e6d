import { type Accepted, type CancelAnswer, type MessageRequest, UntilreadClient } from '../../src/client/client.ts'
import { UntilreadError } from '../../src/client/untilread-error.ts'
import { systemClock } from '../../src/system/clock.ts'
import type { Handsets } from './handsets.ts'
import type { SeededRandom } from './seeded-random.ts'
import { STORIES, type Story } from './stories.ts'
import { forEach, pause } from './waiting.ts'

/** What its sender knows of one message. Each message has a handset of its own, so that a second one there is seen. */
export type Sent = {
  story: Story
  address: string
  clientMessageId: string
  /** Known once an answer was read to its end. */
  umid?: string
  /** No answer came, but the request may have: the message may be stored. */
  mayBeStored: boolean
  /** What the same request under the same key was answered besides. There must be none. */
  otherUmids: string[]
  /** What it was answered when it called the message off. */
  cancel?: CancelAnswer
}

export type LoadCounts = {
  requests: number
  /** Requests without an answer, or with one that asks to try again. */
  unanswered: number
  /** Requests that were answered, and made once more with the same key. */
  repeated: number
  /** Refused for a mistake of the caller's. There must be none. */
  refused: string[]
}

export type LoadOptions = {
  url: string
  apiKey: string
  handsets: Handsets
  random: SeededRandom
  /** Seconds after which no message is tried any further, so that the run comes to an end. */
  expireAfter: number
  signal: AbortSignal
}

const WORKERS = 4
const PAUSE_MS = [30, 220] as const
const TRY_AGAIN_MS = [50, 200] as const
const BATCHES = 0.06
const BATCH_SIZE = [5, 20] as const
const REPEATED = 0.1
const MOST_MESSAGES = 9_500 // the handsets' process keeps 10,000 of them
const CALL_MS = 15_000

/** Senders who go on whatever happens to the service, and write down what they were told. */
export class Load {
  readonly sent: Sent[] = []
  readonly counts: LoadCounts = { requests: 0, unanswered: 0, repeated: 0, refused: [] }
  readonly #options: LoadOptions
  readonly #client: UntilreadClient
  readonly #untold: Story[] = [...STORIES]
  readonly #later = new Set<Promise<void>>()
  #workers: Promise<unknown> = Promise.resolve()
  #stopping = false
  #number = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#client = new UntilreadClient({ url: options.url, apiKey: options.apiKey, timeoutMs: CALL_MS })
  }

  start(): void {
    this.#workers = Promise.all(Array.from({ length: WORKERS }, () => this.#work()))
    this.#workers.catch(() => {}) // `stop` tells
  }

  /** Begins nothing new, and resolves when every request and cancel under way has its answer. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#workers
    await Promise.all(this.#later)
  }

  async #work(): Promise<void> {
    const { random, signal } = this.#options
    while (!this.#stopping && this.sent.length < MOST_MESSAGES) {
      // First one of each kind, then as the weights say.
      const story = this.#untold.pop() ?? random.pick(STORIES)
      const size = random.chance(BATCHES) ? Math.round(random.between(...BATCH_SIZE)) : 1
      await this.#send(story, size)
      await pause(random.between(...PAUSE_MS), signal)
    }
  }

  async #send(story: Story, size: number): Promise<void> {
    const { handsets, random } = this.#options
    const messages = Array.from({ length: size }, (): Sent => {
      const number = ++this.#number
      const address = `+6590${String(number).padStart(6, '0')}`
      return { story, address, clientMessageId: `chaos-${number}`, mayBeStored: false, otherUmids: [] }
    })
    await forEach(messages, 4, ({ address }) => handsets.configure(address, story.handset))
    this.sent.push(...messages)
    const request = this.#requestFor(story, messages)
    const answer = await this.#untilAnswered(messages, request, story.withoutKey ?? false)
    if (answer === undefined) return
    write(messages, answer)
    if (!story.withoutKey && random.chance(REPEATED)) {
      this.counts.repeated++
      const again = await this.#untilAnswered(messages, request, false)
      if (again !== undefined) write(messages, again)
    }
    if (story.cancelledAfter !== undefined) {
      for (const message of messages) this.#cancelLater(message, random.between(...story.cancelledAfter) * 1000)
    }
  }

  #requestFor(story: Story, messages: readonly Sent[]): () => Promise<readonly Accepted[]> {
    const { random, expireAfter } = this.#options
    const idempotencyKey = story.withoutKey ? {} : { idempotencyKey: `key-${messages[0]?.clientMessageId}` }
    const iso = (seconds: number) => new Date(systemClock.now() + seconds * 1000).toISOString()
    const scheduledIn = story.scheduledIn && random.between(...story.scheduledIn)
    const common: Omit<MessageRequest, 'user'> = {
      type: 'text',
      content: { text: 'Your table is ready.' },
      channels: [...story.channels],
      expiry: iso((scheduledIn ?? 0) + expireAfter),
      ...(scheduledIn !== undefined && { scheduled: iso(scheduledIn) }),
    }
    const own = ({ address, clientMessageId }: Sent) => ({ user: { msisdn: address }, clientMessageId })
    const [only, ...others] = messages
    if (only !== undefined && others.length === 0) {
      return async () => [await this.#client.send({ ...common, ...own(only) }, idempotencyKey)]
    }
    const batch = { template: common, messages: messages.map(own), includeMessagesInResponse: true }
    return async () => (await this.#client.batch(batch, idempotencyKey)).messages ?? []
  }

  /** The same request with the same key until it is answered; without a key a lost answer stays lost. */
  async #untilAnswered<Answer>(
    messages: readonly Sent[],
    request: () => Promise<Answer>,
    onlyOnce: boolean,
  ): Promise<Answer | undefined> {
    const { random, signal } = this.#options
    for (;;) {
      this.counts.requests++
      try {
        return await request()
      } catch (error) {
        if (!(error instanceof UntilreadError)) throw error
        if (error.status !== undefined && error.status < 500) {
          this.counts.refused.push(`${error.status} ${error.message}`)
          return undefined
        }
        this.counts.unanswered++
        if (!neverLeft(error)) for (const message of messages) message.mayBeStored = true
        if (onlyOnce) return undefined
        await pause(random.between(...TRY_AGAIN_MS), signal)
      }
    }
  }

  #cancelLater(message: Sent, afterMs: number): void {
    const work = async () => {
      await pause(afterMs, this.#options.signal)
      const { umid } = message
      if (umid === undefined) return
      const answer = await this.#untilAnswered([], () => this.#client.cancel(umid), false)
      if (answer !== undefined) message.cancel = answer
    }
    const cancel = work().finally(() => this.#later.delete(cancel))
    cancel.catch(() => {}) // `stop` tells
    this.#later.add(cancel)
  }
}

function write(messages: readonly Sent[], answers: readonly Accepted[]): void {
  for (const message of messages) {
    const umid = answers.find(({ clientMessageId }) => clientMessageId === message.clientMessageId)?.umid
    if (umid === undefined) throw new Error(`an answer names no umid for ${message.clientMessageId}`)
    message.umid ??= umid
    if (message.umid !== umid) message.otherUmids.push(umid)
  }
}

/** Nobody listened: the request cannot have been stored. */
function neverLeft(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === 'ECONNREFUSED') || neverLeft(error.cause)
}
