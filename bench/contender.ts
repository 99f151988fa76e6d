import type { NewMessage } from '../src/engine/ports/message-store.ts'

/**
 * Something that remembers a deadline for each message, fires those that come due, and calls off those that were read. The
 * workload drives every contender through this, so that all do the same job and are measured by the same code.
 */
export type Contender = {
  name: string
  /** Whether calls that run at the same time share a commit. If not, the workload hands over whole groups. */
  sharesCommits: boolean
  /** What a receipt calls off: a message that was sent and waits, or, where nothing of the kind is known, what was armed. */
  callsOff: 'sent' | 'armed'
  /** One request. Resolves when its messages would survive a crash. */
  arm(messages: readonly NewMessage[]): Promise<void>
  /**
   * One callback with a receipt for each of these messages, which it knows by our own reference: they were read. Resolves
   * when that would survive a crash.
   */
  callOff(umids: readonly string[]): Promise<void>
  /** The same for messages of the connection that names them itself: they are looked up by its ids. */
  callOffNamed?(umids: readonly string[]): Promise<void>
  /** From now on what is due is sent, through a channel that does nothing but tell `onSend`. */
  start(onSend: (umid: string) => void): Promise<void>
  /** Resolves when `count` messages have been sent since `start`, each with its outcome stored. */
  sent(count: number): Promise<void>
  stop(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a contender that is stopped, if it runs, and closed when the stack is disposed of: a run may be cut off at any moment.
 * Contenders are plain objects; the one that is returned knows whether it runs, and may be stopped more than once.
 */
export async function hold(open: () => Promise<Contender>, cleanUp: AsyncDisposableStack): Promise<Contender> {
  const contender = await open()
  cleanUp.defer(() => contender.close())
  let runs = false
  const stop = async () => {
    if (!runs) return
    runs = false
    await contender.stop()
  }
  cleanUp.defer(stop)
  return {
    ...contender,
    async start(onSend) {
      await contender.start(onSend)
      runs = true
    },
    stop,
  }
}

/** Counts the sends since `start`, for those who wait for a number of them. */
export class SendCount {
  #count = 0
  #failure: Error | undefined
  #onChange = () => {}

  add(sends = 1): void {
    this.#count += sends
    this.#onChange()
  }

  /** Whoever waits, or will wait, hears of this instead. */
  fail(failure: Error): void {
    this.#failure ??= failure
    this.#onChange()
  }

  async reaches(count: number): Promise<void> {
    while (this.#count < count) {
      if (this.#failure) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#onChange = resolve
      })
    }
  }
}
