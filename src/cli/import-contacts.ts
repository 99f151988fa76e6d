import { createReadStream, fstatSync, openSync } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { BROKEN_QUOTES, type CsvRecord, NotCsv, readCsv } from '../api/csv-records.ts'
import { repeatOf } from '../api/import-contacts.ts'
import type { ImportAnswer, ImportFinding, UntilreadClient } from '../client/client.ts'
import { CliFailure, EXIT, usageFailure } from './exit.ts'
import { RefusedReport } from './refused-report.ts'
import { harmless, type Terminal } from './terminal.ts'

export type ImportOptions = { defaultCountry?: string; report?: string; json?: boolean }

const LINES_PER_CALL = 1_000
const CHARACTERS_PER_CALL = 1_000_000
const ALL_PROBLEMS = 10_000 // more than so many lines can have
const MOST_SHOWN = 50 // of problems: more are for a file
const LINES_PER_NOTE = 10_000

/** Reads a file of any size and hands it over in pieces; answers with the exit code: 1 when a line was refused. */
export async function importFile(
  path: string,
  client: UntilreadClient,
  terminal: Terminal,
  options: ImportOptions,
): Promise<number> {
  const name = path === '-' ? 'the standard input' : basename(path)
  const { stream, size } = open(path)
  const report = options.report === undefined ? undefined : new RefusedReport(options.report)
  const run = new ImportRun(client, terminal, { ...options, name, size, report })
  try {
    for await (const batch of readCsv(run.counted(stream))) for (const record of batch) await run.take(record)
    await run.finish()
  } catch (error) {
    throw explained(error, name, run)
  } finally {
    terminal.live = ''
    report?.close()
    stream.destroy()
  }
  run.tell()
  return run.refused === 0 ? EXIT.ok : EXIT.failure
}

function open(path: string): { stream: Readable; size: number | undefined } {
  if (path === '-') return { stream: process.stdin, size: undefined }
  try {
    const fd = openSync(path, 'r')
    const stats = fstatSync(fd)
    // A pipe under a name, as shells give them, has no size.
    return { stream: createReadStream('', { fd }), size: stats.isFile() ? stats.size : undefined }
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(name: string, error: unknown): CliFailure {
  return usageFailure(`${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`)
}

function explained(error: unknown, name: string, run: ImportRun): unknown {
  if (run.stored > 0) run.complainOfStop()
  if (error instanceof NotCsv) return new CliFailure(`${name} ${error.message}`)
  if (error instanceof Error && 'syscall' in error && error.syscall === 'read') return unreadable(name, error)
  return error
}

type RunOptions = Omit<ImportOptions, 'report'> & {
  name: string
  /** In bytes; undefined for a pipe. */
  size: number | undefined
  report: RefusedReport | undefined
}
type Waiting = { record: CsvRecord; problem?: string }
type Problem = { line: number; message: string }

/** One import: what waits to be sent, and what has become of the rest. */
class ImportRun {
  readonly #client: UntilreadClient
  readonly #terminal: Terminal
  readonly #options: RunOptions
  #header: CsvRecord | undefined
  #idColumn = -1
  /** In the order of the file, also those that need not be sent to be refused. */
  #waiting: Waiting[] = []
  #waitingIds = new Set<string>()
  #waitingCharacters = 0
  /** On which line the contact stands that was stored under an id. */
  readonly #storedIds = new Map<string, number>()
  readonly #shown: Problem[] = []
  readonly #doubts: Problem[] = []
  #doubtful = 0
  #calls = 0
  #bytes = 0
  #lines = 0
  #noted = 0
  created = 0
  replaced = 0
  refused = 0

  constructor(client: UntilreadClient, terminal: Terminal, options: RunOptions) {
    this.#client = client
    this.#terminal = terminal
    this.#options = options
  }

  get stored(): number {
    return this.created + this.replaced
  }

  async *counted(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of stream) {
      this.#bytes += piece.length
      yield piece
    }
  }

  async take(record: CsvRecord): Promise<void> {
    if (this.#header === undefined) {
      this.#header = record
      this.#idColumn = record.cells?.findIndex((cell) => cell.toLowerCase() === 'id') ?? -1
      this.#options.report?.begin(record)
      return
    }
    this.#lines += 1
    const id = this.#idOf(record)
    // Only the answer tells whether the line before was stored.
    if (this.#waitingIds.has(id)) await this.#send()
    const problem = this.#problemOf(record)
    this.#waiting.push({ record, ...(problem !== undefined && { problem }) })
    if (problem === undefined) this.#waitingIds.add(id)
    this.#waitingCharacters += record.raw.length
    if (this.#waiting.length >= LINES_PER_CALL || this.#waitingCharacters >= CHARACTERS_PER_CALL) await this.#send()
  }

  /** What only shows in the whole file: each call brings just a part of it. */
  #problemOf(record: CsvRecord): string | undefined {
    if (record.cells === undefined) return BROKEN_QUOTES
    const before = this.#storedIds.get(this.#idOf(record))
    return before === undefined ? undefined : `id ${repeatOf(before)}`
  }

  async finish(): Promise<void> {
    if (this.#header === undefined)
      throw new CliFailure(`${this.#options.name} is empty: the first line names the columns`)
    await this.#send()
  }

  async #send(): Promise<void> {
    const waiting = this.#waiting
    const sent = waiting.filter(({ problem }) => problem === undefined).map(({ record }) => record)
    // A header alone is sent as well, for it may be wrong.
    const answer = sent.length > 0 || this.#calls === 0 ? await this.#call(sent) : NOTHING
    this.#waiting = []
    this.#waitingIds = new Set()
    this.#waitingCharacters = 0
    this.created += answer.created
    this.replaced += answer.replaced
    const problems = Map.groupBy(answer.problems, ({ line }) => line)
    const doubts = Map.groupBy(answer.warnings, ({ line }) => line)
    let line = linesOf(this.#header) + 1
    for (const { record, problem } of waiting) {
      if (problem !== undefined) {
        this.#refuse(record, [problem])
        continue
      }
      const found = problems.get(line)
      if (found === undefined) this.#storedIds.set(this.#idOf(record), record.line)
      else this.#refuse(record, found.map(textOf))
      for (const doubt of doubts.get(line) ?? []) this.#doubt(record, textOf(doubt))
      line += linesOf(record)
    }
    this.#showProgress()
  }

  async #call(records: readonly CsvRecord[]): Promise<ImportAnswer> {
    this.#calls += 1
    const { defaultCountry } = this.#options
    const csv = [this.#header, ...records].map((record) => record?.raw ?? '').join('\n')
    return this.#client.importContacts(csv, {
      problems: ALL_PROBLEMS,
      ...(defaultCountry !== undefined && { defaultCountry }),
    })
  }

  #idOf({ cells }: CsvRecord): string {
    return cells?.[this.#idColumn] ?? ''
  }

  #refuse(record: CsvRecord, problems: readonly string[]): void {
    this.refused += 1
    this.#options.report?.add(record, problems)
    if (this.#shown.length < MOST_SHOWN) this.#shown.push({ line: record.line, message: problems.join('; ') })
  }

  #doubt(record: CsvRecord, message: string): void {
    this.#doubtful += 1
    if (this.#doubts.length < MOST_SHOWN) this.#doubts.push({ line: record.line, message })
  }

  #showProgress(): void {
    const { size, json = false } = this.#options
    if (json) return
    const counts = `${thousands(this.#lines)} lines${this.refused > 0 ? `, ${thousands(this.refused)} refused` : ''}`
    const part = size ? Math.min(1, this.#bytes / size) : undefined
    if (this.#terminal.interactive) {
      this.#terminal.live = part === undefined ? counts : `${bar(part)} ${percent(part)}  ${counts}`
    } else if (this.#lines - this.#noted >= LINES_PER_NOTE) {
      this.#noted = this.#lines
      this.#terminal.complain(part === undefined ? counts : `${percent(part)}  ${counts}`)
    }
  }

  complainOfStop(): void {
    this.#terminal.complain(
      `Stopped: ${thousands(this.stored)} contacts are stored. The same file may be imported again from its beginning.`,
    )
  }

  tell(): void {
    const { json = false, report } = this.#options
    const { created, replaced, refused } = this
    if (json) {
      const warnings = this.#doubts
      this.#terminal.print(JSON.stringify({ created, replaced, refused, problems: this.#shown, warnings }))
      return
    }
    const stored = `${thousands(created)} created, ${thousands(replaced)} replaced`
    this.#terminal.print(`${stored}${refused === 0 ? '' : `, ${count(refused, 'line')} refused`}.`)
    this.#complainOf(this.#doubts, this.#doubtful, 'looks doubtful, and was stored', 'look doubtful, and were stored')
    this.#complainOf(this.#shown, refused, 'was refused', 'were refused')
    if (refused === 0) return
    const where = report === undefined ? '--report FILE writes them to a file' : `They are in ${report.path}`
    this.#terminal.complain(`${where}, to be mended and imported.`)
  }

  #complainOf(shown: readonly Problem[], all: number, one: string, many: string): void {
    if (all === 0) return
    this.#terminal.complain(`${count(all, 'line')} ${all === 1 ? one : many}:`)
    for (const { line, message } of shown) this.#terminal.complain(`  line ${line}: ${harmless(message)}`)
    if (all > shown.length) this.#terminal.complain(`  and ${thousands(all - shown.length)} more`)
  }
}

const NOTHING: ImportAnswer = { created: 0, replaced: 0, refused: 0, problems: [], warnings: [] }

/** How many lines a record takes in the file. */
function linesOf(record: CsvRecord | undefined): number {
  return record?.raw.split('\n').length ?? 0
}

function textOf({ field, message }: ImportFinding): string {
  return field === undefined ? message : `${field} ${message}`
}

const WIDTH = 24

function bar(part: number): string {
  const full = Math.round(part * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`
}

function percent(part: number): string {
  return `${Math.floor(part * 100)} %`.padStart(5)
}

function thousands(number: number): string {
  return number.toLocaleString('en')
}

function count(number: number, word: string): string {
  return `${thousands(number)} ${word}${number === 1 ? '' : 's'}`
}
