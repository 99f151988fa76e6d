import type { Effect, Report, Route } from '../../src/domain/advance.ts'
import { cancelResult, type RevokeOutcome, type SendOutcome, type SkipReason } from '../../src/domain/message.ts'
import { checkSequence, type Sequence, titleCase } from '../../src/domain/sequence.ts'
import { DEAD_ENDS, SUCCESS_STATUSES } from '../../src/domain/status-ladder.ts'
import type { TimelineEntry } from '../../src/domain/timeline.ts'
import { MessageRun, START } from './message-run.ts'

/**
 * Stories of one message, as text. Steps are counted from 1, times from the moment the message was accepted:
 *
 *   # What the story teaches, in one line.
 *   sequence: WhatsApp 60s Read > Viber 60s Delivered resend > SMS
 *   scheduled: 00:00:30                  expires: 00:05:00            (one to a line)
 *   connection 1: backup takes keys      also: revokes, skip opted-out, busy until 00:01:00; without the line it is `main`
 *
 *   00:00:00 answer 1: accepted as x7    also: accepted, rejected, refused login, retry after 5s, uncertain, withdrawn, and
 *                                        `…, others free` where another connection could take it; `answer 1 call 2:` names a call
 *   00:00:04.500 receipt 1: read         then, if wanted: seen 00:00:04, by backup, error 131026
 *   00:01:00 connection 2: skip no-address
 *   00:01:10 cancel
 *   00:01:12 recall 1: revoked           also: too-late delivered, too-late read, unclear; `call 1` names the recall
 *   ----
 *   the timeline with its effects, and the outcome
 *
 * The runner keeps the time and fires every wake-up by itself, those due at the moment of an event before it. A send that
 * the story does not answer was lost with its node. The story runs until the message has ended.
 */
export type Scenario = { lesson: string; expected: string; play: () => string }

type Line = { at: number; verb: string; words: string }

export function parseScenario(text: string): Scenario {
  const [story = '', expected = ''] = text.split(/^----\n/m)
  const [first = '', ...rest] = story.split('\n').filter((line) => line.trim() !== '')
  if (!/^# \S/.test(first)) throw new Error('a scenario opens with `# ` and what it teaches')
  const header = new Map<string, string>()
  const lines: Line[] = []
  for (const line of rest) {
    const timed = /^(\d\S*) (answer|receipt|connection|cancel|recall) ?(.*)$/.exec(line)
    const [, at, verb, words] = timed ?? []
    const [, key, value] = /^([a-z]+(?: \d+)?): (.+)$/.exec(line) ?? []
    if (at !== undefined && verb !== undefined && words !== undefined) lines.push({ at: readTime(at), verb, words })
    else if (key !== undefined && value !== undefined) header.set(key, value)
    else throw unreadable(line)
  }
  return { lesson: first.slice(2), expected, play: () => play(header, lines) }
}

function play(header: Map<string, string>, lines: readonly Line[]): string {
  const routes = new Map<number, Route>()
  for (const [key, value] of header) {
    if (key.startsWith('connection ')) routes.set(readStep(key.slice(11)), readRoute(value))
    else if (!['sequence', 'scheduled', 'expires'].includes(key)) throw unreadable(`${key}: ${value}`)
  }
  const [scheduled, expires] = [header.get('scheduled'), header.get('expires')]
  const run = new MessageRun({
    sequence: readSequence(header.get('sequence') ?? ''),
    route: (_, index) => routes.get(index) ?? { kind: 'send', connection: 'main', takesIdempotencyKey: false },
    ...(scheduled !== undefined && { scheduledAt: readTime(scheduled) }),
    ...(expires !== undefined && { expiresAt: readTime(expires) }),
  })
  const printed: string[] = []
  const told = (title: string, happen: () => unknown) => {
    const before = { entries: run.entries.length, effects: run.effects.length, message: run.message }
    happen()
    const news = [
      ...run.entries.slice(before.entries).map(showEntry),
      ...run.effects.slice(before.effects).map(showEffect),
      ...(run.message.progress === before.message.progress ? [] : [showProgress(run)]),
    ]
    printed.push(`${showTime(run.at)} ${title}`, ...(news.length === 0 ? ['  nothing changes'] : news))
  }
  const wakeUntil = (at: number) => {
    for (let wakeUps = 0; run.message.progress.state === 'live' && run.wakeAt <= at; wakeUps++) {
      if (wakeUps > 200) throw new Error('this story does not end')
      run.at = Math.max(run.at, run.wakeAt)
      told('wake-up', () => run.due())
    }
  }
  for (const { at, verb, words } of lines) {
    wakeUntil(at)
    run.at = at
    told(`${verb} ${words}`.trim(), () => perform(run, routes, verb, words))
    if (verb === 'cancel') printed.push(`  answered: ${showFacts(cancelResult(run.message, run.at)).trim()}`)
  }
  wakeUntil(Number.POSITIVE_INFINITY)
  return `${printed.join('\n')}\n`
}

function perform(run: MessageRun, routes: Map<number, Route>, verb: string, words: string): void {
  if (verb === 'cancel') {
    run.cancel()
    return
  }
  const [, number = '', call, what = ''] = /^(\d+)(?: call (\d+))?: (.+)$/.exec(words) ?? []
  const step = readStep(number)
  if (verb === 'connection') routes.set(step, readRoute(what))
  else if (verb === 'receipt') run.receipt(step, ...readReceipt(what))
  else if (verb === 'recall') run.revoked(readRecall(what), step, call === undefined ? undefined : Number(call))
  else {
    const send = run.sends.filter((each) => each.step === step).at(call === undefined ? -1 : Number(call) - 1)
    if (send === undefined) throw new Error(`no such send to answer: ${words}`)
    const [outcome = '', others] = what.split(', ')
    run.settle(readOutcome(outcome), send, others === 'others free')
  }
}

function readSequence(text: string): Sequence {
  const steps = text.split(' > ').map((each) => {
    const [channel, ...words] = each.split(' ')
    const seconds = words.find((word) => /^\d+s$/.test(word))
    return {
      channel,
      successStatus: words.find((word) => SUCCESS_STATUSES.some((status) => titleCase(status) === word)),
      ...(seconds && { fallbackAfter: Number(seconds.slice(0, -1)) }),
      ...(words.includes('resend') && { onUncertain: 'resend' }),
      ...(words.includes('revoke') && { revokeOnFallback: true }),
    }
  })
  const checked = checkSequence(steps, (name) => ({ name, reports: SUCCESS_STATUSES, connected: true, revokes: true }))
  if (!checked.ok) throw new Error(checked.problems.map(({ path, message }) => `${path} ${message}`).join('; '))
  return checked.sequence
}

function readRoute(text: string): Route {
  const [first = '', second = '', third = ''] = text.split(' ')
  if (first === 'skip') return { kind: 'skip', reason: second as SkipReason }
  if (first === 'busy') return { kind: 'later', at: readTime(third) }
  const can = (words: string) => text.includes(` ${words}`)
  return { kind: 'send', connection: first, takesIdempotencyKey: can('takes keys'), revokes: can('revokes') }
}

function readOutcome(text: string): SendOutcome {
  const [kind, second, time = '0s'] = text.split(' ')
  switch (kind) {
    case 'accepted':
      return { kind, ...(second === 'as' && { providerRef: time }) }
    case 'refused':
      return { kind: 'rejected', reason: 'credentials', detail: 'wrong login' }
    case 'rejected':
      return { kind, reason: 'recipient', detail: 'refused' }
    case 'retry':
      return { kind, afterMs: Number(time.slice(0, -1)) * 1000, detail: 'busy' }
    case 'uncertain':
      return { kind, detail: 'cut off' }
    case 'withdrawn':
      return { kind }
    default:
      throw unreadable(text)
  }
}

function readRecall(text: string): RevokeOutcome {
  const [kind, status] = text.split(' ')
  if (kind === 'revoked') return { kind }
  if (kind === 'unclear') return { kind, detail: 'no such message' }
  if (kind === 'too-late' && (status === 'delivered' || status === 'read')) return { kind, status }
  throw unreadable(text)
}

function readReceipt(text: string): [Report['status'], Omit<Report, 'status'> & { connection?: string }] {
  const status = [...SUCCESS_STATUSES, ...DEAD_ENDS].find((each) => each === text.split(' ')[0])
  if (status === undefined) throw unreadable(text)
  const after = (word: string) => new RegExp(` ${word} (\\S+)`).exec(text)?.[1]
  const [seen, connection, code] = [after('seen'), after('by'), after('error')]
  return [
    status,
    {
      ...(seen && { providerAt: readTime(seen) }),
      ...(connection && { connection }),
      ...(code && { error: { code, message: 'undeliverable' } }),
    },
  ]
}

function readStep(text: string): number {
  if (!/^\d+$/.test(text)) throw unreadable(text)
  return Number(text) - 1
}

/** `-` before a time means before the message was accepted. */
function readTime(text: string): number {
  const [, sign, hours, minutes, seconds] = /^(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text) ?? []
  if (seconds === undefined) throw unreadable(text)
  const ms = Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000)
  return START + (sign === '-' ? -ms : ms)
}

function showTime(at: number): string {
  const ms = Math.abs(at - START)
  const [hours, minutes, seconds] = [
    Math.floor(ms / 3_600_000),
    Math.floor(ms / 60_000) % 60,
    Math.floor(ms / 1000) % 60,
  ]
  const two = (number: number) => String(number).padStart(2, '0')
  const rest = ms % 1000 === 0 ? '' : `.${String(ms % 1000).padStart(3, '0')}`
  return `${at < START ? '-' : ''}${two(hours)}:${two(minutes)}:${two(seconds)}${rest}`
}

function showEntry({ code, step, facts }: TimelineEntry): string {
  return `  ${code}${step === undefined ? '' : ` ${step + 1}`}${showFacts(facts ?? {})}`
}

function showFacts(facts: Record<string, unknown>): string {
  const shown = Object.entries(facts).flatMap(([name, value]) => {
    if (value === undefined) return []
    if (typeof value !== 'number') return [`${name}=${/^\S+$/.test(String(value)) ? value : JSON.stringify(value)}`]
    if (name === 'step') return [`step=${value + 1}`]
    if (name.endsWith('Ms')) return [`${name.slice(0, -2)}=${value / 1000}s`]
    return [`${name}=${name === 'at' || name.endsWith('At') ? showTime(value) : value}`]
  })
  return shown.map((each) => ` ${each}`).join('')
}

function showEffect(effect: Effect): string {
  const step = effect.step + 1
  if (effect.type === 'word') return `  -> word ${step}`
  if (effect.type === 'revoke')
    return `  -> revoke ${step} by ${effect.connection}${effect.providerRef ? ` as ${effect.providerRef}` : ''}`
  if (effect.type === 'inquire') return `  -> inquire for ${step}`
  if (effect.type === 'publish') return `  -> publish ${step} ${effect.status}`
  return `  -> send ${step} try ${effect.try} by ${effect.connection}`
}

function showProgress(run: MessageRun): string {
  const { progress } = run.message
  if (progress.state === 'live') return `  ${progress.phase} ${progress.step + 1} until ${showTime(progress.wakeAt)}`
  if (progress.state !== 'succeeded') return `  ended: ${progress.state}`
  return `  ended: succeeded on step ${progress.step + 1}, ${progress.status} at ${showTime(progress.reachedAt)}`
}

function unreadable(text: string): Error {
  return new Error(`cannot read this in a scenario: ${text}`)
}
