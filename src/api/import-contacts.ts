import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../engine/ports/clock.ts'
import type { Contact, ContactStore } from '../engine/ports/directory.ts'
import type { Country } from '../phone/phone.ts'
import { nearest } from '../words/nearest.ts'
import { CONTACT_FIELDS, type ContactField, type Finding } from './contact-shape.ts'
import { BROKEN_QUOTES, type CsvRecord, NotCsv, readCsv } from './csv-records.ts'
import { ApiError } from './errors.ts'
import { type Person, problemOfId, readPerson } from './read-contact.ts'

export type ImportOptions = {
  contacts: ContactStore
  clock: Clock
  subAccountId: string
  /** Of national phone numbers. */
  country: Country | undefined
  mostFindings: number
}
export type Imported = {
  created: number
  replaced: number
  refused: number
  problems: Finding[]
  warnings: Finding[]
}

/**
 * Stores the good lines of a CSV file and tells of the others. Lines are stored some hundreds at a time: after a crash in
 * the middle the same file may be imported again. A mistake in the header refuses the file.
 */
export async function importContacts(file: Buffer, options: ImportOptions): Promise<Imported> {
  const { contacts, mostFindings } = options
  const imported: Imported = { created: 0, replaced: 0, refused: 0, problems: [], warnings: [] }
  const add = (findings: Finding[], more: readonly Finding[]) =>
    findings.push(...more.slice(0, mostFindings - findings.length))
  let reader: LineReader | undefined
  try {
    for await (const batch of readCsv([file])) {
      const good: Contact[] = []
      for (const record of batch) {
        if (reader === undefined) {
          reader = new LineReader(record, options)
          continue
        }
        const { contact, problems, warnings } = reader.read(record)
        if (contact === undefined) imported.refused += 1
        else good.push(contact)
        add(imported.problems, problems)
        add(imported.warnings, warnings)
      }
      const { created, replaced } = await contacts.put(good)
      imported.created += created
      imported.replaced += replaced
      await setImmediate() // a file of 20 MB takes seconds; others want to be served meanwhile
    }
  } catch (error) {
    throw error instanceof NotCsv ? new ApiError(1000, 'body', error.message) : error
  }
  if (reader === undefined) throw new ApiError(1000, 'body', 'is empty; give a CSV file with a header line')
  return imported
}

type ReadLine = { contact?: Contact; problems: Finding[]; warnings: Finding[] }

/** Knows what the columns mean, and which ids have come. */
class LineReader {
  readonly #columns: readonly Column[]
  readonly #options: ImportOptions
  readonly #lineOf = new Map<string, number>()

  constructor(header: CsvRecord, options: ImportOptions) {
    this.#columns = readHeader(header)
    this.#options = options
  }

  read({ line, cells }: CsvRecord): ReadLine {
    if (cells === undefined) return { problems: [{ line, message: BROKEN_QUOTES }], warnings: [] }
    const columns = this.#columns
    if (cells.slice(columns.length).some((cell) => cell !== '')) {
      const message = `has ${cells.length} cells, and the header ${columns.length}; put a cell that has the delimiter in it into quotation marks`
      return { problems: [{ line, message }], warnings: [] }
    }
    let id = ''
    const given: Person = {}
    for (const [index, column] of columns.entries()) {
      const cell = cells[index] ?? ''
      if (column === 'id') id = cell
      else if (column !== 'ignored' && cell !== '') given[column] = cell
    }
    const { person, problems, warnings } = readPerson(given, this.#options.country)
    const onLine = ({ field, message }: { field: ContactField; message: string }): Finding => ({ line, field, message })
    const idProblem = problemOfId(id)?.message ?? this.#problemOfRepeat(id)
    const found = [
      ...(idProblem === undefined ? [] : [{ line, field: 'id', message: idProblem }]),
      ...problems.map(onLine),
    ]
    if (found.length > 0) return { problems: found, warnings: [] }
    this.#lineOf.set(id, line)
    const now = this.#options.clock.now()
    const contact = { ...person, id, subAccountId: this.#options.subAccountId, createdAt: now, updatedAt: now }
    return { contact, problems: [], warnings: warnings.map(onLine) }
  }

  #problemOfRepeat(id: string): string | undefined {
    const before = this.#lineOf.get(id)
    return before === undefined ? undefined : repeatOf(before)
  }
}

/** Two lines for one person: which of them is right is not ours to guess. */
export function repeatOf(line: number): string {
  return `came before on line ${line}; give each person one line`
}

type Column = ContactField | 'id' | 'ignored'

/** What our command line adds to lines that were refused, so that its report can be mended and imported as it is. */
export const REPORT_COLUMNS = ['line', 'problem'] as const
const COLUMNS: readonly Exclude<Column, 'ignored'>[] = ['id', ...CONTACT_FIELDS]

function readHeader({ line, cells }: CsvRecord): Column[] {
  if (cells === undefined) throw new ApiError(1000, `line ${line}`, BROKEN_QUOTES)
  const columns = cells.map((cell, index) => readColumn(cell, index, cells.length))
  for (const [index, column] of columns.entries()) {
    if (column !== 'ignored' && columns.indexOf(column) !== index) {
      throw new ApiError(1000, column, 'is the name of two columns; leave one of them out')
    }
  }
  if (columns.includes('id')) return columns
  throw new ApiError(1000, 'id', `is missing; the first line must name the columns, one of them id, ${ALL}`)
}

const ALL = `of ${COLUMNS.join(', ')}`

function readColumn(cell: string, index: number, count: number): Column {
  const name = fold(cell)
  const known = COLUMNS.find((column) => fold(column) === name)
  if (known !== undefined) return known
  if (REPORT_COLUMNS.some((column) => column === name)) return 'ignored'
  if (cell === '' && index === count - 1) return 'ignored' // a delimiter at the end of the line
  const path = cell === '' ? `column ${index + 1}` : cell.replace(/\p{Cc}/gu, ' ').slice(0, 60)
  const meant = nearest(name, COLUMNS)
  const hint = meant === undefined ? `the first line must name the columns, ${ALL}` : `did you mean ${meant}?`
  throw new ApiError(1000, path, `is not a known column; ${hint}`)
}

/** People write `E-Mail` and `time_zone`. */
function fold(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '')
}
