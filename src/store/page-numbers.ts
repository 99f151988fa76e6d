import type { Database } from './database.ts'
import { PAGES_PER_BLOCK } from './schema.ts'

/**
 * Numbers for pages of the timeline, out of blocks that are this store's alone, so that taking some is seldom a question to
 * the database.
 */
export class PageNumbers {
  readonly #database: Database
  #next = 0
  #end = 0

  constructor(database: Database) {
    this.#database = database
  }

  /** Sees to it that there are enough for a transaction; before it begins, for a block that is rolled back is given away twice. */
  async refill(): Promise<void> {
    if (this.#end - this.#next >= PER_TRANSACTION) return
    const first = await this.#database.takeBlock()
    this.#next = first
    this.#end = first + PAGES_PER_BLOCK
  }

  /** The first of so many that follow each other. */
  take(count: number): number {
    if (this.#end - this.#next < count)
      throw new Error(`more than ${PER_TRANSACTION} messages change in one transaction`)
    this.#next += count
    return this.#next - count
  }
}

const PER_TRANSACTION = PAGES_PER_BLOCK / 2
