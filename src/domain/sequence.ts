import { SUCCESS_STATUSES, type SuccessStatus } from './status-ladder.ts'

/** One step of a sequence, complete: defaults filled in, names in our spelling. */
export type Step = {
  channel: string
  successStatus: SuccessStatus
  /** How long after the attempt left the next step is tried. Absent: only a dead end falls back. */
  fallbackAfterMs?: number
  /** What to do when it is not known whether a send went out and the channel takes no idempotency key. */
  onUncertain: 'wait' | 'resend'
  /** Before the next step, what has not arrived is taken back. */
  revokeOnFallback?: true
  /** A chat platform has sent it, and tells us what was read: nobody here sends this step. */
  watched?: true
}
export type Sequence = readonly Step[]

/** What a channel name means for one subaccount; `undefined` from the lookup means that nobody knows the name. */
export type ChannelAbility = {
  name: string
  reports: readonly SuccessStatus[]
  /** False: a known channel without a connection here. */
  connected: boolean
  /** Whether what was sent can be taken back. */
  revokes?: boolean
}

export const FALLBACK_AFTER_SECONDS = { min: 10, max: 86_400 } as const // 8x8's range
export const MAX_STEPS = 10 // more channels than a person has; it bounds how long a message can live

export type SequenceProblem = {
  /** Where, from the sequence on: `[1].successStatus`; empty for the whole. */
  path: string
  fault:
    | 'not-a-list'
    | 'unknown-channel'
    | 'channel-not-connected'
    | 'bad-delay'
    | 'bad-status'
    | 'cannot-report-delivered'
    | 'cannot-report-read'
    | 'cannot-report-sent'
    | 'bad-on-uncertain'
    | 'bad-revoke'
    | 'cannot-revoke'
    | 'unknown-field'
  message: string
}
export type CheckedSequence = { ok: true; sequence: Sequence } | { ok: false; problems: SequenceProblem[] }

/**
 * Reads a sequence as a caller wrote it (`[{ channel, fallbackAfter?, successStatus?, onUncertain?, revokeOnFallback? }]`,
 * seconds) and answers with complete steps or with everything that is wrong. Any case of names is read. Missing `successStatus`:
 * `Delivered` where the channel reports it, else the highest below. Missing `fallbackAfter`: no timer.
 * `longestFallbackMs`: the most that `fallbackAfter` may say.
 */
export function checkSequence(
  input: unknown,
  ability: (name: string) => ChannelAbility | undefined,
  { longestFallbackMs = FALLBACK_AFTER_SECONDS.max * 1000 } = {},
): CheckedSequence {
  if (!Array.isArray(input) || input.length === 0 || input.length > MAX_STEPS) {
    const message = `must be a list of 1 to ${MAX_STEPS} steps such as {"channel":"SMS"}`
    return { ok: false, problems: [{ path: '', fault: 'not-a-list', message }] }
  }
  const problems: SequenceProblem[] = []
  const sequence = input.map((raw: unknown, index) =>
    checkStep(raw, `[${index}]`, ability, longestFallbackMs, problems),
  )
  if (problems.length > 0) return { ok: false, problems }
  return { ok: true, sequence: sequence.filter((step) => step !== undefined) }
}

const STEP_FIELDS = ['channel', 'fallbackAfter', 'successStatus', 'onUncertain', 'revokeOnFallback']

function checkStep(
  raw: unknown,
  path: string,
  ability: (name: string) => ChannelAbility | undefined,
  longestFallbackMs: number,
  problems: SequenceProblem[],
): Step | undefined {
  const refuse = (field: string, fault: SequenceProblem['fault'], message: string) => {
    problems.push({ path: path + field, fault, message })
    return undefined
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return refuse('', 'not-a-list', 'must be a step such as {"channel":"SMS"}')
  }
  const step = raw as Record<string, unknown>
  for (const field of Object.keys(step)) {
    if (!STEP_FIELDS.includes(field)) {
      refuse(`.${field}`, 'unknown-field', `is not a field of a step; a step has ${STEP_FIELDS.join(', ')}`)
    }
  }
  const known = typeof step.channel === 'string' ? ability(step.channel) : undefined
  if (known === undefined) {
    return refuse(
      '.channel',
      'unknown-channel',
      `${show(step.channel)} is not a channel; use one such as WhatsApp or SMS`,
    )
  }
  if (!known.connected) {
    refuse('.channel', 'channel-not-connected', `${known.name} has no connection in this subaccount`)
  }
  const fallbackAfterMs = checkDelay(step.fallbackAfter, longestFallbackMs / 1000, refuse)
  const successStatus = checkSuccessStatus(step.successStatus, known, refuse)
  const onUncertain = step.onUncertain ?? 'wait'
  if (onUncertain !== 'wait' && onUncertain !== 'resend') {
    return refuse('.onUncertain', 'bad-on-uncertain', `got ${show(onUncertain)}; use "wait" or "resend"`)
  }
  const revokeOnFallback = checkRevoke(step.revokeOnFallback, known, refuse)
  if (successStatus === undefined) return undefined
  return {
    channel: known.name,
    successStatus,
    ...(fallbackAfterMs !== undefined && { fallbackAfterMs }),
    onUncertain,
    ...(revokeOnFallback && { revokeOnFallback }),
  }
}

type Refuse = (field: string, fault: SequenceProblem['fault'], message: string) => undefined

function checkDelay(value: unknown, max: number, refuse: Refuse): number | undefined {
  if (value === undefined) return undefined
  const { min } = FALLBACK_AFTER_SECONDS
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    return refuse('.fallbackAfter', 'bad-delay', `got ${show(value)}; use whole seconds from ${min} to ${max}`)
  }
  return value * 1000
}

function checkSuccessStatus(value: unknown, channel: ChannelAbility, refuse: Refuse): SuccessStatus | undefined {
  // Acceptance needs no report: the answer to the send tells it.
  const can = (status: SuccessStatus) => status === 'accepted' || channel.reports.includes(status)
  if (value === undefined) return can('delivered') ? 'delivered' : can('sent') ? 'sent' : 'accepted'
  const wanted = typeof value === 'string' ? value.toLowerCase() : ''
  if (wanted !== 'accepted' && wanted !== 'sent' && wanted !== 'delivered' && wanted !== 'read') {
    return refuse('.successStatus', 'bad-status', `got ${show(value)}; use Accepted, Sent, Delivered or Read`)
  }
  if (wanted === 'accepted' || can(wanted)) return wanted
  const offers = SUCCESS_STATUSES.filter(can).reverse().map(titleCase).join(' or ')
  const message = `${channel.name} reports no ${titleCase(wanted)}; use ${offers}`
  return refuse('.successStatus', `cannot-report-${wanted}`, message)
}

function checkRevoke(value: unknown, channel: ChannelAbility, refuse: Refuse): true | undefined {
  if (value === undefined || value === false) return undefined
  if (value !== true) return refuse('.revokeOnFallback', 'bad-revoke', `got ${show(value)}; use true or false`)
  if (channel.revokes || !channel.connected) return true
  const message = `${channel.name} cannot take a message back here; leave it out`
  return refuse('.revokeOnFallback', 'cannot-revoke', message)
}

export function titleCase(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 60) ?? typeof value)
}
