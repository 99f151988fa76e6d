import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]
type Stream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number }

const BACK_AND_CLEAR = '\r\u001b[K'

/**
 * Where a command speaks to people. Colours follow the terminal, `NO_COLOR` and `FORCE_COLOR`. On a terminal the last line
 * can be a live one, which is painted over until something is printed; into a pipe only plain lines go.
 */
export class Terminal {
  readonly #out: Stream
  readonly #err: Stream
  #live = ''

  constructor(out: Stream = process.stdout, err: Stream = process.stderr) {
    this.#out = out
    this.#err = err
  }

  get interactive(): boolean {
    return this.#out.isTTY === true
  }

  paint(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out })
  }

  print(text = ''): void {
    this.#out.write(`${this.#live === '' ? '' : BACK_AND_CLEAR}${text}\n${this.#live}`)
  }

  /** For errors and asides: they stay out of a pipe. */
  complain(text: string): void {
    const { live } = this
    this.live = ''
    this.#err.write(`${text}\n`)
    this.live = live
  }

  get live(): string {
    return this.#live
  }

  /** Sets the live line; empty takes it away. Without a terminal there is none. */
  set live(text: string) {
    if (!this.interactive || text === this.#live) return
    this.#live = cut(text, (this.#out.columns ?? 80) - 1) // a line that wraps could not be painted over
    this.#out.write(BACK_AND_CLEAR + this.#live)
  }
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`
}

/** Words of others, such as a provider's error, must not steer the terminal. */
export function harmless(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}
