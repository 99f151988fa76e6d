import type { ServerResponse } from 'node:http'
import type { Clock } from '../engine/ports/clock.ts'

const KEEP_ALIVE_MS = 15_000 // below the idle limits of common proxies
const PATIENCE_MS = 60_000 // a reader who takes nothing for this long is gone

/**
 * Server-sent events to one reader. Nothing is queued here: who writes waits until the reader has taken it, and what
 * happens meanwhile is read from the store afterwards.
 */
export class EventStream {
  readonly #raw: ServerResponse
  readonly #clock: Clock
  readonly #over = new AbortController()

  constructor(raw: ServerResponse, clock: Clock, headers: Record<string, string>) {
    this.#raw = raw
    this.#clock = clock
    raw.once('close', () => this.close())
    if (raw.destroyed) this.close()
    raw.on('error', () => this.close())
    if (this.over.aborted) return
    raw.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // A proxy that buffers would hold events back.
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    raw.flushHeaders()
  }

  /** Aborted when the reader has gone or the stream was closed. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  async send(event: string, data: object, id?: number): Promise<void> {
    const idLine = id === undefined ? '' : `id: ${id}\n`
    await this.#write(`event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`)
  }

  /** Sends a comment every now and then; `alive` is asked each time whether the reader may still listen. */
  async keepAlive(alive: () => Promise<boolean>): Promise<void> {
    for (;;) {
      await this.#clock.sleepUntil(this.#clock.now() + KEEP_ALIVE_MS, this.over)
      if (this.over.aborted) return
      if (!(await alive())) return this.close()
      await this.#write(': keep-alive\n\n')
    }
  }

  close(): void {
    if (this.over.aborted) return
    this.#over.abort()
    this.#raw.end()
  }

  async #write(text: string): Promise<void> {
    if (this.over.aborted || this.#raw.write(text)) return
    const drained = new AbortController()
    const done = () => drained.abort()
    this.#raw.once('drain', done)
    this.over.addEventListener('abort', done, { once: true })
    await this.#clock.sleepUntil(this.#clock.now() + PATIENCE_MS, drained.signal)
    this.#raw.off('drain', done)
    this.over.removeEventListener('abort', done)
    if (drained.signal.aborted) return
    this.close()
    this.#raw.destroy() // `end` alone would wait for the reader
  }
}

/** Lets one waiter sleep until somebody rings; a ring while nobody waits is kept. */
export class Bell {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  async wait(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#rung = false
    this.#wake = undefined
  }
}
