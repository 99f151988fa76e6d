import type { Activity } from './activity.ts'

/**
 * Lets requests share a commit: what arrives while one runs goes into the next. A lone request is committed at once; under
 * load a commit carries hundreds. Each caller hears of its own item only after its commit.
 */
export class GroupCommit<Item, Result> {
  readonly #commit: (items: readonly Item[]) => Promise<readonly Result[]>
  readonly #activity: Activity
  #waiting: Waiting<Item, Result>[] = []
  #running = false

  /** `commit` answers in the order of its items, all or none; it may be called again with a part of them. */
  constructor(activity: Activity, commit: (items: readonly Item[]) => Promise<readonly Result[]>) {
    this.#activity = activity
    this.#commit = commit
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (!this.#running) {
        this.#running = true
        void this.#activity.track(this.#run())
      }
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // One turn of the event loop, so that what arrived together, or follows from the last commit, is committed together.
      await new Promise((resolve) => setImmediate(resolve))
      await this.#commitTogether(this.#waiting.splice(0, MAX_BATCH))
    }
    this.#running = false
  }

  async #commitTogether(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#commit(batch.map(({ item }) => item))
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result)
    } catch (error) {
      const [only, ...others] = batch
      if (only !== undefined && others.length === 0) return only.reject(error)
      // One bad item must not take the others with it.
      for (const each of batch) await this.#commitTogether([each])
    }
  }
}

const MAX_BATCH = 1000 // beyond it a commit only gets longer, not cheaper per item
type Waiting<Item, Result> = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }
