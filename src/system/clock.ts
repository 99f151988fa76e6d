import type { Clock } from '../engine/ports/clock.ts'

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1 // setTimeout fires at once beyond it

export const systemClock: Clock = {
  now: () => Date.now(),
  sleepUntil: async (at, signal) => {
    for (let left = at - Date.now(); left > 0 && !signal?.aborted; left = at - Date.now()) {
      await pause(Math.min(left, LONGEST_TIMEOUT_MS), signal)
    }
  },
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
