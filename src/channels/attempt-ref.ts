import type { Report } from '../domain/advance.ts'
import type { Receipt } from '../engine/ports/channel.ts'

const ATTEMPT_REF = /^[A-Za-z0-9-]{1,64}\.[1-9]\d{0,2}$/

/** Our own reference to an attempt, where a provider has sent it back; what others put into the same field is none. */
export function attemptRefIn(value: unknown): string | undefined {
  return typeof value === 'string' && ATTEMPT_REF.test(value) ? value : undefined
}

/** Our own reference first: it finds an attempt even where the answer to its send was lost. None without either. */
export function receiptsOf(attemptRef: string | undefined, providerRef: string | undefined, report: Report): Receipt[] {
  if (attemptRef !== undefined) return [{ attemptRef, report }]
  return providerRef === undefined ? [] : [{ providerRef, report }]
}
