/** A kind of server, or of file, that holds what entrants remember. */
export type ServerName = 'sqlite' | 'postgres' | 'redis-everysec' | 'redis-always'

/** An empty place with one entrant's tables in it, looked at from outside while the entrant works. */
export type Ground = {
  /** A file, or the address of a database. */
  location: string
  /** Brings it to rest, so that nobody pays for what another one has left to be written. */
  rest(): Promise<void>
  /** How many deadlines it remembers. */
  pending(): Promise<number>
  /** Every `step`th of the messages that a receipt may call off. */
  everyPending(step: number): Promise<string[]>
  /** What it takes on the disk when it is at rest and tidied as its server does by itself. */
  diskBytes(): Promise<number>
  /** Runs the work and tells how many bytes it added to the log that makes it durable. */
  loggedBy(work: () => Promise<void>): Promise<number>
  /** Resident memory of the server, where that holds all that is pending. */
  serverMemory?(): Promise<number>
  remove(): Promise<void>
}

/** How to look at an entrant's tables. */
export type Look = { pending: string; everyPending(step: number): string }
