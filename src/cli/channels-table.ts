import type { ChannelConnection, ChannelView } from '../client/client.ts'
import { lookUpChannel } from '../domain/channel-catalogue.ts'
import { CONTENT_TYPES } from '../domain/content.ts'
import { nearest } from '../words/nearest.ts'
import { usageFailure } from './exit.ts'
import { harmless, type Terminal } from './terminal.ts'

const WIDTH = 100
const GAP = '  '
const NONE = '–'
const TITLES = ['Connection', 'Provider', 'Address', 'Reports', 'Lifetime', 'Recall', 'Key', 'Hears', 'Carries']
const SHORTEST_LAST = 'everything'.length

/** Those that are named, in any spelling, or all; in the order of the list. */
export function chooseChannels(channels: readonly ChannelView[], names: readonly string[]): readonly ChannelView[] {
  if (names.length === 0) return channels
  const ours = (name: string) => (lookUpChannel(name)?.name ?? name).toLowerCase()
  const known = channels.map(({ channel }) => channel)
  for (const name of names) {
    if (known.some((each) => ours(each) === ours(name))) continue
    const meant = nearest(name, [...known, 'check'])
    const hint = meant === undefined ? '' : `. Did you mean ${harmless(meant)}?`
    throw usageFailure(`There is no channel ${JSON.stringify(harmless(name))}${hint}`)
  }
  const wanted = new Set(names.map(ours))
  return channels.filter(({ channel }) => wanted.has(ours(channel)))
}

/** A heading for each channel that is connected, below it a row for each connection; the others in one sentence. */
export function printChannels(channels: readonly ChannelView[], terminal: Terminal): void {
  const connected = channels.filter(({ connections }) => connections.length > 0)
  const widths = widthsOf(connected.flatMap(({ connections }) => connections.map(cellsOf)))
  if (connected.length > 0) for (const line of layOut(TITLES, widths)) terminal.print(terminal.paint('dim', line))
  for (const channel of connected) {
    const facts = factsOf(channel)
    const name = terminal.paint('bold', harmless(channel.channel))
    terminal.print(facts === '' ? name : `${name}${GAP}${terminal.paint('dim', facts)}`)
    for (const connection of channel.connections) {
      for (const line of layOut(cellsOf(connection), widths)) terminal.print(line)
      for (const line of troubleOf(connection)) terminal.print(terminal.paint('red', line))
    }
  }
  const others = channels.filter((each) => !connected.includes(each)).map(({ channel }) => harmless(channel))
  if (others.length === 0) return
  if (connected.length > 0) terminal.print()
  for (const line of wrap(`Without a connection here: ${others.join(', ')}`, WIDTH)) {
    terminal.print(terminal.paint('dim', line))
  }
}

function factsOf({ maxTextLength, otherSpellings }: ChannelView): string {
  const limit = maxTextLength === undefined ? [] : [`at most ${maxTextLength} characters`]
  const spellings = otherSpellings.length === 0 ? [] : [`also ${otherSpellings.join(', ')}`]
  return harmless([...limit, ...spellings].join('; '))
}

/** One that is down is passed over while there is another. */
function troubleOf({ health, because = 'it failed again and again', since = '' }: ChannelConnection): string[] {
  if (health === 'up') return []
  return wrap(`${health === 'down' ? 'down' : 'being tried'} since ${since}: ${because}`, WIDTH - 2 * GAP.length).map(
    (line) => GAP + GAP + harmless(line),
  )
}

function cellsOf(connection: ChannelConnection): string[] {
  const { id, provider, address, reports, validity, carries } = connection
  return [
    id,
    provider,
    address,
    reports.at(-1) ?? NONE,
    validity === undefined ? NONE : `${duration(validity.min)} – ${duration(validity.max)}`,
    ...[connection.revokes, connection.takesIdempotencyKey, connection.hearsReplies].map((yes) => (yes ? '✓' : NONE)),
    CONTENT_TYPES.every((type) => carries.includes(type)) ? 'everything' : carries.join(', '),
  ].map(harmless)
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

/** In the largest unit that needs no fraction. */
function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each && seconds % each === 0) ?? ['s', 1]
  return `${seconds / size} ${unit}`
}

/** Of all columns but the last. Names of connections may be long: they get what the others leave. */
function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths = TITLES.slice(0, -1).map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const [names = 0, ...others] = widths
  const taken = others.reduce((sum, width) => sum + width, 0) + GAP.length * TITLES.length + SHORTEST_LAST
  return [Math.min(names, Math.max(WIDTH - taken, 'Connection'.length)), ...others]
}

/** The cells under their titles; what the last one has no room for goes below. */
function layOut(cells: readonly string[], widths: readonly number[]): string[] {
  const fitted = widths.map((width, column) => cut(cells[column] ?? '', width).padEnd(width))
  const row = [GAP, fitted.join(GAP), GAP].join('')
  const last = cells.at(-1) ?? ''
  if (row.length + last.length <= WIDTH) return [row + last]
  const [first = '', ...rest] = wrap(`carries ${last}`, WIDTH - 2 * GAP.length)
  return [`${row}text, …`, ...[first, ...rest].map((line) => GAP + GAP + line)]
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

/** Lines of at most `width`, broken between words. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines
}
