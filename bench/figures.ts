import type { EntrantName } from './entrants.ts'

/** One line of the table. */
export type Line = { key: string; title: string; unit: Unit }
export type Unit = 'per second' | 'ms' | 'MB' | 'bytes' | '×'

/** What was measured: for each line the values of each entrant, one a round. Lines stand in the order in which they came. */
export class Figures {
  readonly #lines = new Map<string, Line>()
  readonly #values = new Map<string, number[]>()

  add(line: Line, entrant: string, value: number): void {
    if (!this.#lines.has(line.key)) this.#lines.set(line.key, line)
    const place = `${line.key} ${entrant}`
    this.#values.set(place, [...(this.#values.get(place) ?? []), value])
  }

  get lines(): readonly Line[] {
    return [...this.#lines.values()]
  }

  /** One a round; none where it was not measured. */
  of(key: string, entrant: EntrantName | string): readonly number[] {
    return this.#values.get(`${key} ${entrant}`) ?? []
  }
}
