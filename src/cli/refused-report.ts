import { closeSync, openSync, writeSync } from 'node:fs'
import { type CsvRecord, delimiterOf } from '../api/csv-records.ts'
import { usageFailure } from './exit.ts'

/**
 * A CSV file of the lines that were refused: where they stood, why, and what they said. Once they are mended it can be
 * imported as it is. A new file is for its owner only, as people's addresses stand in it.
 */
export class RefusedReport {
  readonly path: string
  readonly #file: number
  #delimiter: string | undefined

  /** Begins the file anew, so that a wrong path is told before anything is imported. */
  constructor(path: string) {
    this.path = path
    try {
      this.#file = openSync(path, 'w', 0o600)
    } catch (error) {
      const { code = 'unknown reason' } = error as NodeJS.ErrnoException
      throw usageFailure(`--report: ${path} cannot be written (${code})`)
    }
  }

  begin(header: CsvRecord): void {
    this.#delimiter = delimiterOf(header.raw)
    this.#write('line', 'problem', header.raw)
  }

  add(record: CsvRecord, problems: readonly string[]): void {
    this.#write(String(record.line), problems.join('; '), record.raw)
  }

  close(): void {
    closeSync(this.#file)
  }

  #write(line: string, problem: string, raw: string): void {
    const quoted = `"${problem.replaceAll('"', '""')}"`
    writeSync(this.#file, `${[line, quoted, raw].join(this.#delimiter ?? ',')}\n`)
  }
}
