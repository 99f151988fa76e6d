import type { MessageOutcome, Timeline, UntilreadClient } from '../client/client.ts'
import type { Clock } from '../engine/ports/clock.ts'
import { EXIT } from './exit.ts'
import type { Terminal } from './terminal.ts'
import { formatElapsed, nextLine, TimelineLines, titleLine } from './timeline-lines.ts'

export type WatchSetup = {
  client: UntilreadClient
  terminal: Terminal
  clock: Clock
  signal: AbortSignal
  json?: boolean
}

/** Follows a message to its outcome, line by line; answers with the exit code. */
export async function watchMessage(umid: string, setup: WatchSetup): Promise<number> {
  const { client, terminal, signal, json = false } = setup
  const timeline = await client.timeline(umid, { signal })
  const lines = new TimelineLines(terminal, timeline)
  if (!json) terminal.print(terminal.paint('bold', titleLine(timeline)))
  const countdown = new Countdown(timeline, setup)
  if (!json && terminal.interactive) countdown.start()
  try {
    const onReconnect = (error: Error, waitMs: number) =>
      terminal.complain(terminal.paint('yellow', `${error.message}; trying again in ${formatElapsed(waitMs)}`))
    for await (const event of client.watch(umid, { signal, onReconnect })) {
      if (event.type === 'timeline') {
        for (const entry of event.entries) {
          if (json) terminal.print(JSON.stringify({ umid, ...entry }))
          else lines.printEntry(entry)
        }
        countdown.refresh()
        continue
      }
      await countdown.stop()
      if (json) terminal.print(JSON.stringify({ umid, outcome: event.outcome }))
      else lines.printOutcome(event.outcome)
      return exitCodeOf(event.outcome)
    }
    return EXIT.interrupted
  } finally {
    await countdown.stop()
  }
}

function exitCodeOf({ state }: MessageOutcome): number {
  return state === 'succeeded' ? EXIT.ok : EXIT.endedOtherwise
}

const TICK_MS = 1_000
const READ_AGAIN_MS = 5_000 // the service's clock can be moved, and its plan changes without a word on the timeline

/** The live last line: what happens next and when, on the service's clock, read again whenever something happened. */
class Countdown {
  readonly #setup: WatchSetup
  readonly #umid: string
  #timeline: Timeline
  #readAt: number
  #triedAt: number
  #running: Promise<void> | undefined
  #stale = false
  readonly #ended = new AbortController()
  #wake = new AbortController()

  constructor(timeline: Timeline, setup: WatchSetup) {
    this.#setup = setup
    this.#umid = timeline.umid
    this.#timeline = timeline
    this.#readAt = setup.clock.now()
    this.#triedAt = this.#readAt
  }

  start(): void {
    this.#running = this.#run()
  }

  /** What is planned may have changed. */
  refresh(): void {
    this.#stale = true
    this.#wake.abort()
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    this.#wake.abort()
    await this.#running
    this.#setup.terminal.live = ''
  }

  async #run(): Promise<void> {
    const { clock, terminal } = this.#setup
    while (!this.#ended.signal.aborted) {
      this.#wake = new AbortController()
      if (this.#stale || clock.now() - this.#triedAt >= READ_AGAIN_MS) await this.#read()
      if (this.#ended.signal.aborted) return
      const { next, now, heldBack } = this.#timeline
      const serviceNow = Date.parse(now) + clock.now() - this.#readAt
      const idle = heldBack ? 'held back; it waits to be released' : 'waiting'
      terminal.live = next === null ? idle : nextLine(next, serviceNow)
      await clock.sleepUntil(clock.now() + TICK_MS, AbortSignal.any([this.#wake.signal, this.#ended.signal]))
    }
  }

  async #read(): Promise<void> {
    const { client, clock, signal } = this.#setup
    this.#stale = false
    this.#triedAt = clock.now()
    try {
      this.#timeline = await client.timeline(this.#umid, { signal: AbortSignal.any([signal, this.#ended.signal]) })
      this.#readAt = clock.now()
    } catch {
      // The event stream says what is wrong with the connection; the old plan is shown meanwhile.
    }
  }
}
