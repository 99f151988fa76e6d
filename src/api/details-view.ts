import type { Attempt, Message } from '../domain/message.ts'
import type { User } from '../domain/recipient.ts'
import { titleCase } from '../domain/sequence.ts'
import type { MessageRecord } from '../engine/ports/message-store.ts'
import { countryOf } from '../phone/phone.ts'
import { iso } from './iso.ts'
import { type ReceiptStatus, receiptStatus } from './receipt-shape.ts'
import { channelAt } from './timeline-words.ts'

const ABORTED = 25 // "operation aborted" in the receipts' list of errors
const EXPIRED = 36

/** A message's details: one record for each step that was taken up. Addresses and content are masked. */
export function detailsView(record: MessageRecord) {
  const { envelope, message } = record
  const common = {
    umid: envelope.umid,
    subAccountId: envelope.subAccountId,
    direction: 'outbound',
    ...countryOfUser(envelope.user),
    contentType: titleCase(envelope.type),
    content: '**MASKED**',
    createdAt: iso(envelope.acceptedAt),
    ...(envelope.clientMessageId !== undefined && { clientMessageId: envelope.clientMessageId }),
    ...(envelope.batchId !== undefined && { batchId: envelope.batchId }),
    user: masked(envelope.user),
  }
  const recordOf = (index: number, status: ReceiptStatus, connection = 'none') => {
    return { ...common, channel: channelAt(message.sequence, index), channelId: connection, step: index + 1, status }
  }
  if (message.attempts.length === 0) return { data: [recordOf(0, statusBeforeSteps(message, envelope.acceptedAt))] }
  return {
    data: message.attempts.map((attempt, index) =>
      recordOf(index, statusOf(attempt, channelAt(message.sequence, index)), attempt.connection),
    ),
  }
}

function statusOf(attempt: Attempt, channel: string): ReceiptStatus {
  const { status, error, skipped } = attempt
  const at = attempt.times[status]?.[0] ?? attempt.openedAt
  return receiptStatus({ status, at, channel, ...(error && { error }), ...(skipped && { skipped }) })
}

/** Waiting for its time, or called off before it. */
function statusBeforeSteps({ progress }: Message, acceptedAt: number): ReceiptStatus {
  if (progress.state === 'live') return { state: 'queued', timestamp: iso(acceptedAt) }
  const expired = progress.state === 'expired'
  return {
    state: 'rejected',
    timestamp: iso(progress.at),
    errorCode: expired ? EXPIRED : ABORTED,
    errorMessage: expired ? 'Expired before the first step' : 'Cancelled before the first step',
  }
}

function countryOfUser({ msisdn, country }: User): { country?: string } {
  const known = (msisdn === undefined ? undefined : countryOf(msisdn)) ?? country
  return known === undefined ? {} : { country: known }
}

function masked({ country: _, ...addresses }: User): User {
  return Object.fromEntries(
    Object.entries(addresses).map(([kind, address]) => [
      kind,
      kind === 'email' ? maskEmail(address) : maskEnd(address),
    ]),
  )
}

function maskEnd(address: string): string {
  return `${address.slice(0, Math.max(0, address.length - 4))}xxxx`
}

function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, 1)}xxxx${address.slice(at)}`
}
