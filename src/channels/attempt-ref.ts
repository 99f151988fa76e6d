const ATTEMPT_REF = /^[A-Za-z0-9-]{1,64}\.[1-9]\d{0,2}$/

/** Our own reference, where a provider echoes it; undefined for what somebody else has put in its place. */
export function attemptRefIn(value: unknown): string | undefined {
  return typeof value === 'string' && ATTEMPT_REF.test(value) ? value : undefined
}
