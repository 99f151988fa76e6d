import type { EventEmitter } from 'node:events'
import type { Clock } from '../engine/ports/clock.ts'

const SAME_PRESS_MS = 1_000 // npm and the launcher pass on a Ctrl-C that the terminal has already sent to all

/**
 * Resolves at the first SIGINT or SIGTERM. A later one calls `giveUp`: somebody has lost patience. Signals that follow
 * within a second are the same key press.
 */
export function untilSignal(
  source: EventEmitter,
  clock: Clock,
  giveUp: (signal: NodeJS.Signals) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let firstAt: number | undefined
    const heard = (signal: NodeJS.Signals) => {
      if (firstAt === undefined) {
        firstAt = clock.now()
        resolve()
      } else if (clock.now() - firstAt >= SAME_PRESS_MS) {
        giveUp(signal)
      }
    }
    for (const signal of ['SIGINT', 'SIGTERM']) source.on(signal, heard)
  })
}
