import type { Report } from '../../domain/advance.ts'
import type { Heard, Told } from '../../engine/ports/channel.ts'
import { type Fields, idIn, lookUp, objectsIn, timeIn } from '../../json/loose-json.ts'
import { attemptRefIn, receiptsOf } from '../attempt-ref.ts'
import { suppressedBy } from '../error-meaning.ts'
import { addressesOf } from './addresses.ts'
import { codeIn, meaningOf, wordsFor } from './error-codes.ts'
import { IGNORED } from './told.ts'
import { LONGEST_WAMID } from './whatsapp-outcome.ts'

const STATUSES: Readonly<Record<string, Report['status']>> = {
  sent: 'sent',
  delivered: 'delivered',
  // When the chat is open this comes alone, without `delivered` before it.
  read: 'read',
  // Of a voice message, which is heard and not read.
  played: 'read',
  failed: 'failed',
}

/** WhatsApp's word on a message of ours. Our reference comes back with it, so it may overtake the answer to the send. */
export function readStatus(item: Fields, heedsMarketingStop: boolean): Partial<Told> {
  const native = typeof item.status === 'string' ? item.status : ''
  const status = lookUp(STATUSES, native)
  const attemptRef = attemptRefIn(item.biz_opaque_callback_data)
  const providerRef = idIn(item.id, LONGEST_WAMID)
  if (status === undefined || (attemptRef === undefined && providerRef === undefined)) return IGNORED
  const providerAt = timeIn(item.timestamp)
  const code = status === 'failed' ? codeIn(objectsIn(item.errors)[0]?.code) : undefined
  const report: Report = {
    status,
    native,
    ...(providerAt !== undefined && { providerAt }),
    ...(status === 'failed' && { error: errorOf(code) }),
  }
  return { receipts: receiptsOf(attemptRef, providerRef, report), heard: heedsMarketingStop ? heardIn(item, code) : [] }
}

function errorOf(code: number | undefined): NonNullable<Report['error']> {
  if (code === undefined) return { message: 'failed, and Meta does not say why' }
  return { code: String(code), message: wordsFor(code) }
}

function heardIn(item: Fields, code: number | undefined): Heard[] {
  const meaning = code === undefined ? undefined : meaningOf(code)
  const addresses = addressesOf(item.recipient_id, item.recipient_user_id)
  return addresses.flatMap((address) => suppressedBy(meaning, 'WhatsApp', address))
}
