/** Time. Nothing else in the service asks the machine what time it is, or waits. */
export type Clock = {
  /** Epoch milliseconds. */
  now(): number
  /** Resolves at `at`, or as soon as `signal` is aborted: waking up is never an error. */
  sleepUntil(at: number, signal?: AbortSignal): Promise<void>
}
