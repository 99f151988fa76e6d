import { parse } from 'csv-parse/sync'

/**
 * Reads CSV as it comes out of spreadsheets, piece by piece: commas, semicolons or tabs, any line breaks, a byte order mark.
 * A quotation mark that is never closed must not swallow the lines behind it: where the lines from it on make no record,
 * only the first of them is broken, and reading goes on with the next.
 */
export type CsvRecord = {
  /** Where it begins, counted from 1. */
  line: number
  /** As it stands in the file. */
  raw: string
  /** Undefined: its quotation marks do not fit. */
  cells: readonly string[] | undefined
}

/** The text cannot be CSV at all. The message is for people, and quotes nothing. */
export class NotCsv extends Error {
  override readonly name = 'NotCsv'
}

export const BROKEN_QUOTES =
  'has a quotation mark that does not fit; put a cell with quotation marks into a pair of them, and write each inside twice'

const BATCH = 500 // records that are handed over at a time, so that others get their turn in between
const MOST_LINES = 100 // of one record; nobody's cell has more
const LONGEST_LINE = 256 * 1024
const DELIMITERS = [',', ';', '\t']

/** The records in order, some hundreds at a time, without those that are empty. The first is the header. */
export async function* readCsv(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<CsvRecord[], void, undefined> {
  const lines = new Lines()
  let delimiter: string | undefined
  let waiting: Line[] = []

  const drain = (isEnd: boolean): CsvRecord[] => {
    delimiter ??= delimiterOf(waiting.find(({ text }) => text.trim() !== '')?.text ?? '')
    const { found, rest } = takeRecords(waiting, delimiter, isEnd)
    waiting = rest
    return parseRecords(found, delimiter).filter(({ cells }) => cells?.some((cell) => cell !== '') ?? true)
  }

  for await (const piece of pieces) {
    for (const line of lines.push(piece)) {
      waiting.push(line)
      if (waiting.length < BATCH) continue
      const records = drain(false)
      if (records.length > 0) yield records
    }
  }
  waiting.push(...lines.end())
  const records = drain(true)
  if (records.length > 0) yield records
}

type Line = { line: number; text: string }

/** Cuts bytes into lines; a piece may end anywhere, also inside of a character. */
class Lines {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true }) // takes the byte order mark away, too
  #rest = ''
  #count = 0

  #next(text: string): Line {
    this.#count += 1
    if (text.length > LONGEST_LINE) throw tooLong(this.#count)
    return { line: this.#count, text }
  }

  *push(piece: Buffer): Generator<Line> {
    this.#rest += this.#decode(piece)
    let from = 0
    const breaks = /\r\n|\n|\r(?!$)/g // a CR at the very end may be the first half of CR LF
    for (let end = breaks.exec(this.#rest); end !== null; end = breaks.exec(this.#rest)) {
      yield this.#next(this.#rest.slice(from, end.index))
      from = end.index + end[0].length
    }
    this.#rest = this.#rest.slice(from)
    if (this.#rest.length > LONGEST_LINE) throw tooLong(this.#count + 1)
  }

  *end(): Generator<Line> {
    const rest = (this.#rest + this.#decode()).replace(/\r$/, '')
    this.#rest = ''
    if (rest !== '') yield this.#next(rest)
  }

  #decode(piece?: Buffer): string {
    try {
      return piece === undefined ? this.#decoder.decode() : this.#decoder.decode(piece, { stream: true })
    } catch {
      throw new NotCsv('must be UTF-8; a spreadsheet program saves that as "CSV UTF-8"')
    }
  }
}

function tooLong(line: number): NotCsv {
  return new NotCsv(`line ${line} is too long for CSV`)
}

/** Puts together the lines that a pair of quotation marks holds together. `rest` waits for more lines, unless it is the end. */
function takeRecords(
  lines: readonly Line[],
  delimiter: string,
  isEnd: boolean,
): { found: readonly Line[][]; rest: Line[] } {
  const found: Line[][] = []
  let at = 0
  while (at < lines.length) {
    const size = recordSize(lines, at)
    if (size === undefined && !isEnd && lines.length - at < MOST_LINES) break
    const record = lines.slice(at, at + (size ?? 1))
    // Lines that do not make one record have been put together wrongly: the first, to blame, stands alone and broken.
    if (record.length > 1 && parseCells(joined(record), delimiter)?.length !== 1) record.splice(1)
    at += record.length
    if (joined(record).trim() !== '') found.push(record)
  }
  return { found, rest: lines.slice(at) }
}

/** How many lines from `at` on have an even number of quotation marks together. */
function recordSize(lines: readonly Line[], at: number): number | undefined {
  let isOpen = false
  for (let size = 1; size <= MOST_LINES; size++) {
    const line = lines[at + size - 1]
    if (line === undefined) return undefined
    const marks = line.text.split('"').length - 1
    if (marks % 2 === 1) isOpen = !isOpen
    if (!isOpen) return size
  }
  return undefined
}

function joined(record: readonly Line[]): string {
  return record.map(({ text }) => text).join('\n')
}

/** Whichever stands most often between the names of the columns. */
export function delimiterOf(header: string): string {
  const names = header.replace(/"[^"]*"/g, '')
  const count = (delimiter: string) => names.split(delimiter).length
  return DELIMITERS.reduce((best, each) => (count(each) > count(best) ? each : best))
}

/** All at once when nothing is wrong, which is usual and quick; else one by one. */
function parseRecords(records: readonly Line[][], delimiter: string): CsvRecord[] {
  const all = parseCells(records.map(joined).join('\n'), delimiter)
  const cellsOf = (record: Line[]) => parseCells(joined(record), delimiter)?.[0]
  return records.map((record, index) => ({
    line: record[0]?.line ?? 0,
    raw: joined(record),
    cells: all?.length === records.length ? all[index] : cellsOf(record),
  }))
}

function parseCells(text: string, delimiter: string): string[][] | undefined {
  try {
    return parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true, trim: true })
  } catch {
    return undefined
  }
}
