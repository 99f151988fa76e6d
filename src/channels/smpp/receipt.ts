import type { Report } from '../../domain/advance.ts'
import { isDeadEnd } from '../../domain/status-ladder.ts'
import type { Receipt } from '../../engine/ports/channel.ts'
import { lookUp } from '../../json/loose-json.ts'
import { idInReceipt, type MessageIdFormat } from './message-id.ts'
import { TAGS, type Tlvs, textUpToZero } from './pdu.ts'

/**
 * A receipt says which message it is about and how far that came, in optional fields or in a text (SMPP 3.4, appendix B),
 * which SMSCs write in many ways:
 *
 *   id:0123456789 sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 stat:DELIVRD err:000 text:Your table
 *
 * The fields go before the text. Its dates are left alone: they do not say in which time zone they are.
 */
export function readReceipt(text: string, tlvs: Tlvs, format: MessageIdFormat): Receipt | undefined {
  const named = tlvs.get(TAGS.receiptedMessageId)
  const id = named === undefined ? wordAfter('id', text) : textUpToZero(named)
  const providerRef = id === undefined ? undefined : idInReceipt(id, format)
  const native = stateIn(tlvs) ?? wordAfter('stat', text)?.toUpperCase()
  const status = native === undefined ? undefined : statusOf(native)
  if (providerRef === undefined || native === undefined || status === undefined) return undefined
  const report: Report = { status, native }
  if (!isDeadEnd(status)) return { providerRef, report }
  const code = networkError(tlvs) ?? errorIn(text)
  const message = `the SMSC reported ${native}${code === undefined ? '' : ` with its error ${code}`}`
  return { providerRef, report: { ...report, error: { ...(code !== undefined && { code }), message } } }
}

/** Whether the optional fields alone make it one: some SMSCs forget to say so in `esm_class`. */
export function hasReceiptFields(tlvs: Tlvs): boolean {
  return tlvs.has(TAGS.receiptedMessageId) && tlvs.has(TAGS.messageState)
}

/** By `message_state`; the words are those of the text. */
const STATES = [
  'SCHEDULED',
  'ENROUTE',
  'DELIVRD',
  'EXPIRED',
  'DELETED',
  'UNDELIV',
  'ACCEPTD',
  'UNKNOWN',
  'REJECTD',
  'SKIPPED',
] as const

const STATUSES: Readonly<Record<string, Report['status']>> = {
  SCHEDULED: 'accepted',
  ENROUTE: 'sent',
  DELIVRD: 'delivered',
  EXPIRED: 'expired',
  DELETED: 'failed',
  UNDELIV: 'failed',
  // "Read by hand on the person's behalf", says the specification; what carriers mean by it is: on its way.
  ACCEPTD: 'sent',
  // A last word too: nothing more will be heard, and nobody is known to have the message.
  UNKNOWN: 'failed',
  REJECTD: 'rejected',
  SKIPPED: 'failed',
  // Not of the specification, but met.
  DELIVERED: 'delivered',
  UNDELIVERABLE: 'failed',
  UNDELIVERED: 'failed',
  FAILED: 'failed',
  ACCEPTED: 'sent',
  REJECTED: 'rejected',
}

function statusOf(native: string): Report['status'] | undefined {
  return lookUp(STATUSES, native)
}

/** A number that we do not know is shown as one. */
function stateIn(tlvs: Tlvs): string | undefined {
  const state = tlvs.get(TAGS.messageState)?.[0]
  return state === undefined ? undefined : (STATES[state] ?? `state ${state}`)
}

/** The type of network, then its own code. */
function networkError(tlvs: Tlvs): string | undefined {
  const bytes = tlvs.get(TAGS.networkErrorCode)
  if (bytes?.length !== 3) return undefined
  const code = bytes.readUInt16BE(1)
  return code === 0 ? undefined : String(code)
}

function errorIn(text: string): string | undefined {
  const code = wordAfter('err', text)
  return code === undefined || /^0+$/.test(code) ? undefined : code
}

const LONGEST_WORD = 65

/** The value of a field; what comes after `text:` is the message's own and not looked at. */
function wordAfter(name: string, text: string): string | undefined {
  const fields = text.replace(/\btext:.*$/is, '')
  const word = new RegExp(`(?:^|\\s)${name}:\\s*(\\S+)`, 'i').exec(fields)?.[1]
  return word?.slice(0, LONGEST_WORD)
}
