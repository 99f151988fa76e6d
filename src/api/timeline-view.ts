import { type Attempt, isDoubleExposure, type Message, type Progress } from '../domain/message.ts'
import { type Step, titleCase } from '../domain/sequence.ts'
import type { Status } from '../domain/status-ladder.ts'
import type { Fact, TimelineEntry } from '../domain/timeline.ts'
import type { MessageRecord, TimelinePage } from '../engine/ports/message-store.ts'
import { ifIso, iso } from './iso.ts'
import { channelAt, seconds, timelineText } from './timeline-words.ts'

/** A message as a timeline: where it stands, its steps, what was decided and why, and what comes next. Steps count from 1. */
export function timelineView(record: MessageRecord, pages: readonly TimelinePage[], now: number) {
  const { envelope, message, heldBack } = record
  return {
    umid: envelope.umid,
    subAccountId: envelope.subAccountId,
    ...(envelope.clientMessageId !== undefined && { clientMessageId: envelope.clientMessageId }),
    state: message.progress.state,
    heldBack,
    outcome: outcomeView(message),
    acceptedAt: iso(envelope.acceptedAt),
    now: iso(now),
    ...ifIso('scheduledAt', envelope.scheduledAt),
    ...ifIso('expiresAt', envelope.expiresAt),
    steps: message.sequence.map((step, index) => stepView(step, index, message.attempts[index])),
    timeline: pages.flatMap((page) => entriesView(page, message.sequence)),
    next: heldBack ? null : nextView(message),
  }
}

export function entriesView({ version, entries }: TimelinePage, sequence: Message['sequence']) {
  return entries.map((entry) => ({
    version,
    at: iso(entry.at),
    code: entry.code,
    ...(entry.step !== undefined && { step: entry.step + 1, channel: channelAt(sequence, entry.step) }),
    text: timelineText(entry, sequence),
    facts: factsView(entry.facts ?? {}),
  }))
}

/** Facts leave as they are, except that moments become times as everywhere. */
function factsView(facts: NonNullable<TimelineEntry['facts']>): Record<string, Fact> {
  const view: Record<string, Fact> = {}
  for (const [name, fact] of Object.entries(facts)) {
    if (fact !== undefined) view[name] = name.endsWith('At') && typeof fact === 'number' ? iso(fact) : fact
  }
  return view
}

export function outcomeView(message: Message) {
  const { progress } = message
  if (progress.state === 'live') return null
  const doubleExposure = isDoubleExposure(message)
  if (progress.state !== 'succeeded') return { state: progress.state, at: iso(progress.at), doubleExposure }
  const { state, at, step, status } = progress
  const channel = channelAt(message.sequence, step)
  return { state, at: iso(at), step: step + 1, channel, status, doubleExposure }
}

function stepView(step: Step, index: number, attempt: Attempt | undefined) {
  const { channel, successStatus, fallbackAfterMs } = step
  return {
    step: index + 1,
    channel,
    successStatus: titleCase(successStatus),
    ...(fallbackAfterMs !== undefined && { fallbackAfter: fallbackAfterMs / 1000 }),
    ...(attempt === undefined ? { status: null, times: {} } : attemptView(attempt, fallbackAfterMs)),
  }
}

function attemptView(attempt: Attempt, fallbackAfterMs: number | undefined) {
  const { status, leftAt, connection, uncertain, inFlight, withdrawn, revoked, skipped, error } = attempt
  const deadlineAt = leftAt === undefined || fallbackAfterMs === undefined ? undefined : leftAt + fallbackAfterMs
  const times = Object.entries(attempt.times) as [Status, readonly [number, number | null]][]
  return {
    status,
    openedAt: iso(attempt.openedAt),
    ...ifIso('leftAt', leftAt),
    ...ifIso('deadlineAt', deadlineAt),
    ...(connection !== undefined && { connection, try: attempt.try }),
    ...(uncertain && { uncertain }),
    ...(inFlight && { inFlight }),
    ...(withdrawn && { withdrawn }),
    ...(revoked && { revoked }),
    ...(skipped !== undefined && { skipped }),
    ...(error !== undefined && { error }),
    times: Object.fromEntries(times.map(([each, [heardAt]]) => [each, iso(heardAt)])),
  }
}

type NextStep = 'send' | 'ask' | 'answer' | 'revoke' | 'fall-back' | 'give-up' | 'expire'

/** The next moment at which something happens by itself. */
function nextView({ progress, sequence, expiresAt, attempts }: Message) {
  if (progress.state !== 'live') return null
  const { step, wakeAt } = progress
  const channel = channelAt(sequence, step)
  const next = (what: NextStep, text: string) => ({ at: iso(wakeAt), what, step: step + 1, channel, text })
  if (expiresAt !== undefined && wakeAt >= expiresAt && progress.phase !== 'sending') {
    return next('expire', 'The message expires; no further step is tried.')
  }
  switch (progress.phase) {
    case 'due':
      return next('send', `${channel} is to be sent${attempts[step] === undefined ? '' : ' again'}.`)
    case 'asking':
      return next(
        'ask',
        'The platform and the directory are being asked; without an answer by then they are asked again.',
      )
    case 'sending':
      return next(
        'answer',
        `${channel}'s provider is being called; without an answer by then the send counts as uncertain.`,
      )
    case 'revoking':
      return next('revoke', `${channel} is being taken back; without an answer by then the next step is taken.`)
    case 'waiting':
      return waitingView(progress, sequence, next)
  }
}

function waitingView<View>(
  { step }: Progress & { state: 'live' },
  sequence: Message['sequence'],
  next: (what: NextStep, text: string) => View,
): View {
  const channel = channelAt(sequence, step)
  const { fallbackAfterMs, successStatus = 'delivered' } = sequence[step] ?? {}
  const following = sequence[step + 1]
  if (fallbackAfterMs === undefined) {
    return next(
      'give-up',
      `Unless ${channel} is known to be ${successStatus} or to have failed by then, its outcome stays unknown.`,
    )
  }
  const waited = `${seconds(fallbackAfterMs)} after it left`
  if (following === undefined) {
    return next(
      'give-up',
      `Unless ${channel} is known to be ${successStatus} ${waited}, the message has run out of channels.`,
    )
  }
  return next('fall-back', `Unless ${channel} is known to be ${successStatus} ${waited}, ${following.channel} is next.`)
}
