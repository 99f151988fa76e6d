/** One event of a `text/event-stream`. */
export type StreamEvent = { event: string; data: string; id?: string; retryMs?: number }

/**
 * Reads a stream of Server-sent events piece by piece; a piece may end anywhere, also between the two characters of a
 * line break or inside a letter. Comment lines are passed over, and an event that the stream cuts off is dropped.
 */
export class EventStreamReader {
  readonly #decoder = new TextDecoder()
  #rest = ''
  #lines: string[] = []

  /** The events that this piece completes. */
  push(piece: Uint8Array): StreamEvent[] {
    this.#rest += this.#decoder.decode(piece, { stream: true })
    const events: StreamEvent[] = []
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.#rest) // a CR at the very end may be the first half of CR LF
      if (end === null) return events
      const line = this.#rest.slice(0, end.index)
      this.#rest = this.#rest.slice(end.index + end[0].length)
      if (line !== '') {
        this.#lines.push(line)
        continue
      }
      const event = readEvent(this.#lines)
      this.#lines = []
      if (event !== undefined) events.push(event)
    }
  }
}

function readEvent(lines: readonly string[]): StreamEvent | undefined {
  let event = 'message'
  const data: string[] = []
  const extra: { id?: string; retryMs?: number } = {}
  for (const line of lines) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) extra.id = value
    else if (field === 'retry' && /^\d+$/.test(value)) extra.retryMs = Number(value)
  }
  if (data.length === 0 && extra.retryMs === undefined) return undefined
  return { event, data: data.join('\n'), ...extra }
}
