import { isEmailAddress } from '../domain/address.ts'
import type { SuppressionReason } from '../domain/suppression.ts'
import type { CallbackResult, Heard, Receipt } from '../engine/ports/channel.ts'
import type { Fields } from '../json/loose-json.ts'

/** Mail services report in lists of events, about mails and about people. This is what they have in common. */
export const MAIL_CHANNEL = 'Email'
/** The name under which our reference travels with a mail through a service, and comes back in its events. */
export const ATTEMPT_KEY = 'untilread_attempt'

/** What one event came to; nothing in it: we know the word and have no use for it, or do not know it. */
export type MailEvent = { receipts?: Receipt[] | undefined; heard?: Heard | undefined }

/** Reads each event by itself, so that an odd one loses none of the others. */
export function collectEvents(events: readonly unknown[], read: (event: unknown) => MailEvent): CallbackResult {
  const all = events.map(read)
  const heard = all.flatMap((each) => each.heard ?? [])
  return {
    kind: 'receipts',
    receipts: all.flatMap((each) => each.receipts ?? []),
    ...(heard.length > 0 && { heard }),
    ignored: all.filter((each) => !each.receipts?.length && each.heard === undefined).length,
  }
}

/** Nothing more to this address, or something again. */
export type Verdict = { kind: 'suppress'; reason: SuppressionReason } | { kind: 'lift' }

/** What a service says of a person, by the address in `email`; as it came, because nobody knows how it is written. */
export function heardOf({ email }: Fields, what: Verdict | undefined): Heard | undefined {
  if (what === undefined || typeof email !== 'string' || !isEmailAddress(email)) return undefined
  return { ...what, channel: MAIL_CHANNEL, address: email }
}
