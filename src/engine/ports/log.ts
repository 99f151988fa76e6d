/** A log line is a fixed sentence plus fields. Ids go in; texts, addresses and secrets of people never do. */
export type Log = {
  info(fields: Record<string, unknown>, sentence: string): void
  warn(fields: Record<string, unknown>, sentence: string): void
  error(fields: Record<string, unknown>, sentence: string): void
}
