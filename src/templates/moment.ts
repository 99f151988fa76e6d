/** How a person writes times: a language with its customs, and a time zone. */
export type Manner = { language: string; timeZone: string }

/**
 * A moment in words. `format` is `full` (day and time, the default), `day`, `time`, or a pattern of strftime codes such as
 * `%-d %B, %H:%M`. Throws for a code or a zone that is none. The same on every machine, whatever zone that one is in.
 */
export function formatMoment(at: number, format: string, manner: Manner): string {
  const style = STYLES[format]
  if (style !== undefined) return plainSpaces(dateFormat(manner, style).format(at))
  if (!format.includes('%')) throw new Error(`date takes full, day, time or codes such as %H:%M, not "${format}"`)
  return format.replace(/%([-_0^]?)(.?)/gs, (whole, flag: string, code: string) => {
    const write = CODES[code]
    if (write === undefined) throw new Error(`date does not know ${whole}`)
    const { text, width, pad = '0' } = write(at, manner)
    if (flag === '^') return text.toUpperCase()
    return flag === '-' || width === undefined ? text : text.padStart(width, flag === '_' ? ' ' : flag || pad)
  })
}

/** Whether two moments have one date there. */
export function isSameDay(one: number, other: number, timeZone: string): boolean {
  const day = dateFormat({ language: 'en-US', timeZone }, { dateStyle: 'short' })
  return day.format(one) === day.format(other)
}

/** Whether this is a time zone. */
export function isTimeZone(name: string): boolean {
  try {
    return dateFormat({ language: 'en', timeZone: name }, {}).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

// Node's own full forms put narrow spaces before "PM", which an SMS would be twice as dear for.
function plainSpaces(text: string): string {
  return text.replace(/[\u202f\u00a0]/g, ' ')
}

const STYLES: Record<string, Intl.DateTimeFormatOptions | undefined> = {
  __proto__: null as never,
  full: { dateStyle: 'medium', timeStyle: 'short' },
  day: { dateStyle: 'long' },
  time: { timeStyle: 'short' },
}

type Written = { text: string; width?: number; pad?: string }
type Code = (at: number, manner: Manner) => Written

const number = (part: Intl.DateTimeFormatPartTypes, width: number, pad = '0'): Code => {
  return (at, { timeZone }) => ({ text: String(civil(at, timeZone)[part] ?? 0), width, pad })
}
const twelve = (pad: string): Code => {
  return (at, { timeZone }) => ({ text: String((civil(at, timeZone).hour ?? 0) % 12 || 12), width: 2, pad })
}
const word = (options: Intl.DateTimeFormatOptions): Code => {
  return (at, manner) => ({ text: dateFormat(manner, options).format(at) })
}
const half = (at: number, { timeZone }: Manner) => ((civil(at, timeZone).hour ?? 0) < 12 ? 'AM' : 'PM')
const pattern = (format: string): Code => {
  return (at, manner) => ({ text: formatMoment(at, format, manner) })
}

const CODES: Record<string, Code | undefined> = {
  __proto__: null as never,
  Y: number('year', 4),
  y: (at, { timeZone }) => ({ text: String((civil(at, timeZone).year ?? 0) % 100), width: 2 }),
  m: number('month', 2),
  d: number('day', 2),
  e: number('day', 2, ' '),
  H: number('hour', 2),
  k: number('hour', 2, ' '),
  I: twelve('0'),
  l: twelve(' '),
  M: number('minute', 2),
  S: number('second', 2),
  p: (at, manner) => ({ text: half(at, manner) }),
  P: (at, manner) => ({ text: half(at, manner).toLowerCase() }),
  a: word({ weekday: 'short' }),
  A: word({ weekday: 'long' }),
  b: word({ month: 'short' }),
  B: word({ month: 'long' }),
  Z: (_, { timeZone }) => ({ text: timeZone }),
  z: (at, { timeZone }) => ({ text: offset(at, timeZone) }),
  s: (at) => ({ text: String(Math.floor(at / 1000)) }),
  F: pattern('%Y-%m-%d'),
  T: pattern('%H:%M:%S'),
  R: pattern('%H:%M'),
  '%': () => ({ text: '%' }),
}

type Civil = Partial<Record<Intl.DateTimeFormatPartTypes, number>>

/** What the calendar and the clock on the wall say there. */
function civil(at: number, timeZone: string): Civil {
  const parts = dateFormat({ language: 'en-US', timeZone }, NUMERIC).formatToParts(at)
  return Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]))
}

const NUMERIC: Intl.DateTimeFormatOptions = {
  calendar: 'gregory',
  numberingSystem: 'latn',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
}

function offset(at: number, timeZone: string): string {
  const name = dateFormat({ language: 'en-US', timeZone }, { timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value
  return name === undefined || name === 'GMT' ? '+0000' : name.slice(3).replace(':', '')
}

// Making a formatter costs more than using it a hundred times. People of all the world have a few hundred manners.
const MOST_FORMATS = 500
const formats = new Map<string, Intl.DateTimeFormat>()

function dateFormat({ language, timeZone }: Manner, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${timeZone} ${JSON.stringify(options)}`
  const known = formats.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(language, { ...options, timeZone })
  if (formats.size >= MOST_FORMATS) formats.clear()
  formats.set(key, made)
  return made
}
