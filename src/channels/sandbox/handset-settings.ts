import { CHANNEL_CATALOGUE, lookUpChannel } from '../../domain/channel-catalogue.ts'
import { type Fault, Fields } from './fields.ts'

/** How a handset behaves on one channel. All times count from the moment the message reached the provider. */
export type ChannelSettings = {
  /** Refuse it in the answer: nothing arrives. */
  reject?: Fault
  /** What the provider answers to a send that is not refused. `error` and `cut` come after the message was taken. */
  answer: (typeof ANSWERS)[number]
  /** Null: never. */
  deliverAfterMs: number | null
  readAfterMs: number | null
  fail?: Fault & { afterMs: number }
  callbacks: CallbackSettings
}
export type CallbackSettings = {
  /** `reversed`: held back until the last planned event has happened, then sent last first. */
  order: (typeof ORDERS)[number]
  /** How often each one is sent. */
  repeat: number
  delayMs: number
  drop: boolean
  /** Those that are due at once go out before the send is answered. */
  early: boolean
}

export type HandsetSettings = {
  channels: ReadonlyMap<string, ChannelSettings>
  /** As the caller wrote them, under our spelling of the channels' names. */
  asWritten: Readonly<Record<string, unknown>>
}

const ANSWERS = ['accept', 'busy', 'error', 'cut'] as const
const ORDERS = ['kept', 'reversed'] as const
const DELIVER_AFTER_MS = 300
const FAIL_AFTER_MS = 300
const MOST_REPEATS = 10

export const DEFAULT_SETTINGS: ChannelSettings = {
  answer: 'accept',
  deliverAfterMs: DELIVER_AFTER_MS,
  readAfterMs: null,
  callbacks: { order: 'kept', repeat: 1, delayMs: 0, drop: false, early: false },
}

/** Reads `{"channels":{"WhatsApp":{…}}}`, with everything that is wrong with it at once. */
export function readHandsetSettings(body: unknown): { settings: HandsetSettings } | { problems: string[] } {
  const problems: string[] = []
  const channels = new Map<string, ChannelSettings>()
  const asWritten: Record<string, unknown> = {}
  const written = new Fields(body, '', problems).objects('channels')
  for (const [spelling, fields] of Object.entries(written)) {
    const name = lookUpChannel(spelling)?.name
    const path = `channels.${spelling}`
    if (name === undefined) {
      problems.push(`${path}: no such channel; use one of ${CHANNEL_CATALOGUE.map((facts) => facts.name).join(', ')}`)
    } else if (channels.has(name)) {
      problems.push(`${path}: ${name} is already there in another spelling; keep one of them`)
    } else {
      channels.set(name, readChannel(fields, path, problems))
      asWritten[name] = fields
    }
  }
  return problems.length > 0 ? { problems } : { settings: { channels, asWritten } }
}

function readChannel(value: unknown, path: string, problems: string[]): ChannelSettings {
  const fields = new Fields(value, path, problems)
  const reject = fields.fault('reject', 'rejected by the handset')
  const fault = fields.fault('fail', 'failed on the way to the handset')
  const failAfterMs = fields.milliseconds('failAfter')
  if (failAfterMs !== undefined && fault === undefined) fields.wrong('failAfter', 'needs fail, which says with what')
  const settings: ChannelSettings = {
    ...(reject !== undefined && { reject }),
    answer: fields.oneOf('answer', ANSWERS) ?? DEFAULT_SETTINGS.answer,
    // What fails does not arrive as well, unless somebody asks for just that.
    deliverAfterMs: fields.millisecondsOrNever('deliverAfter', fault ? null : DEFAULT_SETTINGS.deliverAfterMs),
    readAfterMs: fields.millisecondsOrNever('readAfter', DEFAULT_SETTINGS.readAfterMs),
    ...(fault !== undefined && { fail: { ...fault, afterMs: failAfterMs ?? FAIL_AFTER_MS } }),
    callbacks: readCallbacks(fields.inner('callbacks')),
  }
  fields.refuseOthers()
  return settings
}

function readCallbacks(fields: Fields | undefined): CallbackSettings {
  const defaults = DEFAULT_SETTINGS.callbacks
  if (fields === undefined) return defaults
  const settings = {
    order: fields.oneOf('order', ORDERS) ?? defaults.order,
    repeat: fields.count('repeat', MOST_REPEATS) ?? defaults.repeat,
    delayMs: fields.milliseconds('delay') ?? defaults.delayMs,
    drop: fields.flag('drop') ?? defaults.drop,
    early: fields.flag('early') ?? defaults.early,
  }
  if (settings.early && settings.delayMs > 0) fields.wrong('early', 'cannot go with delay: what waits is not early')
  fields.refuseOthers()
  return settings
}
