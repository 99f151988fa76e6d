import type { MessageOutcome, Planned, Timeline, TimelineEntry } from '../client/client.ts'
import { harmless, type Terminal } from './terminal.ts'

/** How a message's story looks in a terminal. */
export class TimelineLines {
  readonly #terminal: Terminal
  readonly #acceptedAt: number
  readonly #width: number
  #day: string

  constructor(terminal: Terminal, { acceptedAt, steps }: Pick<Timeline, 'acceptedAt' | 'steps'>) {
    this.#terminal = terminal
    this.#acceptedAt = Date.parse(acceptedAt)
    this.#width = Math.max(...steps.map(({ channel }) => harmless(channel).length), 0)
    this.#day = dayOf(acceptedAt)
  }

  /** An entry: local time, time since the message was accepted, step and channel, and what happened. */
  printEntry(entry: TimelineEntry): void {
    const { at, step, channel = '', text } = entry
    const day = dayOf(at)
    if (day !== this.#day) this.#terminal.print(this.#terminal.paint('dim', `-- ${day}`))
    this.#day = day
    const elapsed = `+${formatElapsed(Date.parse(at) - this.#acceptedAt)}`
    const when = this.#terminal.paint('dim', `${timeOf(at)} ${elapsed.padStart(13)}`)
    const where = `${step ?? ' '} ${harmless(channel).padEnd(this.#width)}`
    this.#terminal.print(`${when}  ${where}  ${this.#terminal.paint(styleOf(entry), harmless(text))}`)
  }

  printOutcome(outcome: MessageOutcome): void {
    const style = outcome.state === 'succeeded' ? 'green' : 'red'
    this.#terminal.print(this.#terminal.paint(['bold', style], outcomeText(outcome, this.#acceptedAt)))
    if (!outcome.doubleExposure) return
    this.#terminal.print(this.#terminal.paint('yellow', 'More than one channel reached the person.'))
  }
}

export function titleLine({ umid, steps }: Pick<Timeline, 'umid' | 'steps'>): string {
  return `${harmless(umid)}  ${steps.map(({ channel }) => harmless(channel)).join(' → ')}`
}

/** What comes next and in how long, on the service's own clock. */
export function nextLine({ at, text }: Planned, serviceNow: number): string {
  const leftMs = Date.parse(at) - serviceNow
  return `${leftMs > 0 ? `in ${formatElapsed(Math.ceil(leftMs / 1000) * 1000, true)}` : 'now'}: ${harmless(text)}`
}

export function outcomeText(outcome: MessageOutcome, acceptedAt: number): string {
  const { state, at, channel, status } = outcome
  const after = `${formatElapsed(Date.parse(at) - acceptedAt)} after it was accepted`
  switch (state) {
    case 'succeeded':
      return `Succeeded: ${status ?? 'done'} on ${harmless(channel ?? 'a step')}, ${after}.`
    case 'exhausted':
      return `Exhausted: no channel brought it through, ${after}.`
    case 'unknown':
      return `Unknown: the last word on it never came, ${after}.`
    case 'cancelled':
      return `Cancelled, ${after}.`
    case 'expired':
      return `Expired, ${after}.`
  }
}

/** `4.2 s`, `2 min 05 s`, `3 h 20 min`, `2 d 4 h`; with `whole` no parts of seconds. */
export function formatElapsed(ms: number, whole = false): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 60) return `${whole ? Math.floor(seconds) : seconds.toFixed(1)} s`
  const [s, min, h] = [Math.floor(seconds) % 60, Math.floor(seconds / 60), Math.floor(seconds / 3600)]
  if (min < 60) return `${min} min ${String(s).padStart(2, '0')} s`
  return h < 48 ? `${h} h ${String(min % 60).padStart(2, '0')} min` : `${Math.floor(h / 24)} d ${h % 24} h`
}

function styleOf({ code, facts }: TimelineEntry): Parameters<Terminal['paint']>[0] {
  switch (code) {
    case 'succeeded':
    case 'late-success':
      return 'green'
    case 'receipt':
      return facts.effect === 'failed' ? 'yellow' : 'cyan'
    case 'fell-back':
    case 'step-skipped':
    case 'send-rejected':
    case 'send-retry':
    case 'send-uncertain':
      return 'yellow'
    case 'exhausted':
    case 'unknown':
    case 'expired':
    case 'held':
      return 'red'
    default:
      return 'reset'
  }
}

function timeOf(at: string): string {
  return new Date(at).toLocaleTimeString('en-GB')
}

/** The local day, as 2026-05-05. */
function dayOf(at: string): string {
  return new Date(at).toLocaleDateString('sv-SE')
}
