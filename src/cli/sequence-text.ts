import type { SequenceStep } from '../client/client.ts'
import { titleCase } from '../domain/sequence.ts'
import { SUCCESS_STATUSES } from '../domain/status-ladder.ts'
import { usageFailure } from './exit.ts'

const UNITS: Record<string, number> = { '': 1, s: 1, m: 60, h: 3600 }

/**
 * Reads a sequence as it is typed: `WhatsApp 60 Read, Viber 5m Delivered, SMS`. Steps are parted by commas or arrows; after
 * the channel's name come, in any order, the seconds until the next step and the status that counts as success.
 */
export function readSequenceText(text: string): SequenceStep[] {
  return text.split(/,|->|→/).map((part, index) => readStep(part.trim(), index + 1))
}

function readStep(text: string, number: number): SequenceStep {
  const fail = (message: string) => usageFailure(`--via, step ${number}: ${message}`)
  if (text === '') throw fail('is empty; write steps such as "WhatsApp 60 Read, SMS"')
  const words = text.split(/\s+/)
  const first = words.findIndex((word) => isNumber(word) || statusOf(word) !== undefined)
  const name = words.slice(0, first === -1 ? undefined : first).join(' ')
  if (name === '') throw fail(`"${text}" lacks the channel; write it first, such as "WhatsApp ${text}"`)
  const step: SequenceStep = { channel: name }
  for (const word of words.slice(name.split(' ').length)) {
    const status = statusOf(word)
    const delay = secondsOf(word)
    if (status !== undefined) {
      if (step.successStatus !== undefined)
        throw fail(`has two statuses, ${step.successStatus} and ${status}; keep one`)
      step.successStatus = status
    } else if (delay !== undefined) {
      if (step.fallbackAfter !== undefined) throw fail(`has two waits; keep one`)
      step.fallbackAfter = delay
    } else if (isNumber(word)) {
      throw fail(`"${word}" is not a wait; write seconds (60), or minutes or hours (5m, 2h)`)
    } else {
      throw fail(`"${word}" is not a status; use Accepted, Sent, Delivered or Read`)
    }
  }
  return step
}

function isNumber(word: string): boolean {
  return /^[-\d]/.test(word)
}

function secondsOf(word: string): number | undefined {
  const [, amount, unit] = /^(\d+)([smh]?)$/.exec(word) ?? []
  return amount === undefined ? undefined : Number(amount) * (UNITS[unit ?? ''] ?? 1)
}

function statusOf(word: string): SequenceStep['successStatus'] {
  const status = SUCCESS_STATUSES.find((each) => each === word.toLowerCase())
  return status && (titleCase(status) as SequenceStep['successStatus'])
}
