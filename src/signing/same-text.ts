import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares in constant time, whatever the lengths. */
export function isSameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** Whether one of these is the text; the time does not tell which of them came close. */
export function isOneOf(text: string, secrets: readonly string[]): boolean {
  return secrets.filter((secret) => isSameText(text, secret)).length > 0
}
