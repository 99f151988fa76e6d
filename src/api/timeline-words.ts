import type { Step } from '../domain/sequence.ts'
import type { TimelineEntry } from '../domain/timeline.ts'
import { clockTime, type Facts } from './timeline-facts.ts'
import { watchedText } from './watched-words.ts'

/**
 * One plain sentence for each timeline entry, made of the facts that the decision saw. We know what was reported, never
 * what a person did: so it says "not known to be read", and not "unread".
 */
export function timelineText(entry: TimelineEntry, sequence: readonly Step[]): string {
  const { code, step } = entry
  const facts: Facts = entry.facts ?? {}
  const channel = step === undefined ? 'The message' : channelAt(sequence, step)
  switch (code) {
    case 'watch-opened':
    case 'items-joined':
    case 'items-left':
    case 'inquired':
    case 'inquiry-failed':
      return watchedText(code, facts)
    case 'step-opened':
      return `${step === 0 ? 'The message goes' : 'Now it goes'} to ${channel}${via(facts)}.`
    case 'step-skipped':
      return `${channel} was skipped: ${skipReason(facts)}.`
    case 'send-accepted':
      return facts.late
        ? `${channel}'s provider had taken the message, as we learned later.`
        : `${channel}'s provider took the message.`
    case 'send-rejected':
      return `${channel}'s provider refused the message${because(facts)}${facts.late ? ', as we learned later' : ''}${elsewhere(facts)}.`
    case 'send-retry':
      return retryText(channel, facts)
    case 'send-uncertain':
      return uncertainText(channel, facts)
    case 'send-repeated':
      return `${channel} is sent again${via(facts)}.`
    case 'send-withdrawn':
      return `The send on ${channel} was called back before it left.`
    case 'recall-asked':
      return `${channel} was not known to have arrived in time; its provider is asked to take it back.`
    case 'recalled':
      return `${channel}'s provider has taken the message back: it will not arrive there any more.`
    case 'recall-too-late':
      return `${channel}'s provider could not take the message back, because it had been ${facts.status}.`
    case 'recall-unclear':
      return `Whether ${channel} was taken back is not known${because(facts)}.`
    case 'receipt':
      return receiptText(isWatched(sequence, step) ? 'The chat' : channel, facts)
    case 'receipt-unmatched':
      return `A receipt (${facts.status}) came for ${channel}, which was never opened; it changes nothing.`
    case 'fell-back':
      return fellBackText(isWatched(sequence, step) ? 'The message in the chat' : channel, facts)
    case 'succeeded':
      return `It is known to be ${facts.status} ${isWatched(sequence, step) ? 'in the chat' : `on ${channel}`}${above(facts)}: the message has succeeded.`
    case 'late-success':
      return `${channel} had reached the person earlier than step ${facts.insteadOfStep} did, so it counts as the one that succeeded.`
    case 'exhausted':
      return 'No step is left: the message has run out of channels.'
    case 'unknown':
      return facts.waited === 'inquiry'
        ? 'It could not be found out what is still to be read and where the person can be reached: nobody is told.'
        : 'No further word came in all the time that receipts are waited for: how it went is not known.'
    case 'cancelled':
      return `${cancelledText(facts)}; what lay ahead is called off.`
    case 'expired':
      return 'The message expired; no further step is tried.'
    case 'held':
      return `The message is held back after repeated failures of our own${because(facts)}; release it to go on.`
    case 'released':
      return 'The message was released and goes on.'
  }
}

function isWatched(sequence: readonly Step[], step: number | undefined): boolean {
  return step !== undefined && sequence[step]?.watched === true
}

export function channelAt(sequence: readonly Step[], step: number): string {
  return sequence[step]?.channel ?? `Step ${step + 1}`
}

function via({ connection }: Facts): string {
  return connection === undefined ? '' : ` through ${connection}`
}

function because({ detail, code }: Facts): string {
  if (detail === undefined || detail === null || detail === '') return ''
  return ` (${detail}${code === undefined || code === null ? '' : `, code ${code}`})`
}

function skipReason({ reason, detail }: Facts): string {
  const words: Record<string, string> = {
    'no-address': 'no address is known that it can use',
    'opted-out': 'the person has opted out of it',
    'bad-address': 'the address is known to lead nowhere',
    'not-configured': 'it has no connection here',
    'content-not-carried': 'it cannot carry this content, and there is no fallback text',
  }
  const known = words[String(reason)] ?? String(reason)
  return detail === undefined || detail === null || detail === '' ? known : `${known} (${detail})`
}

function cancelledText({ reason }: Facts): string {
  const words: Record<string, string> = {
    left: 'The person left the conversation',
    ended: 'The conversation ended',
    'conversation-gone': 'The platform has this conversation no more',
    deleted: 'All that was unread has been deleted',
    unconfirmed: 'The platform could not be asked whether anything was missed',
  }
  return words[String(reason)] ?? 'The message was cancelled'
}

function retryText(channel: string, facts: Facts): string {
  const failed = `${channel} could not be sent${because(facts)}`
  if (facts.plan === 'by another connection') return `${failed}${elsewhere(facts)}.`
  if (facts.nextAt !== undefined) return `${failed}; it is tried again at ${clockTime(facts.nextAt)}.`
  return facts.late ? `${failed}, as we learned later.` : `${failed}, and there is no time left for another try.`
}

function elsewhere({ plan }: Facts): string {
  return plan === 'by another connection' ? '; another connection is tried at once' : ''
}

function uncertainText(channel: string, facts: Facts): string {
  const doubt = `It is not known whether ${channel} went out${because(facts)}`
  if (facts.nextAt === undefined) return `${doubt}; a receipt, or the end of the step's time, decides.`
  return `${doubt}; it is repeated at ${clockTime(facts.nextAt)} under the same key.`
}

function receiptText(channel: string, facts: Facts): string {
  const { status, effect, errorCode, detail, native } = facts
  const late = facts.late ? 'Late word: ' : ''
  const reason = detail ?? native
  const why = reason === undefined ? '' : ` (${reason}${errorCode === undefined ? '' : `, code ${errorCode}`})`
  const said = `${late}${channel} reports ${status}`
  switch (effect) {
    case 'revived':
      return `${said} after all, though it had been reported as failed.`
    case 'failed':
      return `${said}${why}.`
    case 'repeated':
      return `${said} once more; that was known.`
    case 'out-of-order':
      return `${said}, after a higher status was known; it changes nothing.`
    case 'failed-elsewhere':
      return `${said}${why}, of an earlier try through a connection that the step has left; it changes nothing.`
    case 'after-recall':
      return `${said}, after its provider had confirmed that it was taken back; it changes nothing.`
    case 'failed-after-delivered':
      return `${said}${why}, though it had reached the handset; it changes nothing.`
    default:
      return `${said}.`
  }
}

function fellBackText(channel: string, facts: Facts): string {
  const { reason, status, wanted, to, fallbackAfterMs, waitedMs } = facts
  const next = to === null || to === undefined ? 'and it was the last step' : `so ${to} is next`
  switch (reason) {
    case 'not-in-time': {
      const wait = typeof fallbackAfterMs === 'number' ? fallbackAfterMs : waitedMs
      const within = typeof wait === 'number' ? ` within ${seconds(wait)}` : ' in time'
      const known = facts.uncertain ? 'it is not known whether it went out' : `it was ${status}`
      return `${channel} was not known to be ${wanted}${within} (${known}), ${next}.`
    }
    case 'could-not-send':
      return `${channel} could not be sent in its time, ${next}.`
    case 'rejected':
      return `${channel} was rejected, ${next}.`
    default:
      return `${channel} ${reason ?? 'did not succeed'}, ${next}.`
  }
}

function above({ status, wanted }: Facts): string {
  return wanted === undefined || wanted === status ? '' : `, which is more than ${wanted}`
}

export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
