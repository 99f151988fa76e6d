import { createHash } from 'node:crypto'
import type { RejectReason } from '../../domain/message.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { isPhone, NO_PHONE } from '../person-address.ts'
import { CANCEL, type FieldsOf, MESSAGE, TAGS, type Tlvs, writeBody } from './pdu.ts'
import { type Encoded, encodeText, partsOf } from './sms-encoding.ts'

/** The `submit_sm` for one send, and the `cancel_sm` that takes it back. */
export type Sender = {
  from?: string | undefined
  sourceTon?: number | undefined
  sourceNpi?: number | undefined
  serviceType?: string | undefined
  /** Several SMS with a header each, or one `message_payload` that the SMSC takes apart. */
  longTexts: 'parts' | 'payload'
  asksForReceipts: boolean
  givesValidity: boolean
}

export type Submits =
  | { kind: 'submits'; bodies: readonly Buffer[]; source: string }
  | { kind: 'unfit'; reason: RejectReason; detail: string }

export const VALIDITY_MS = { min: 1_000, max: 7 * 86_400_000 } as const

const HAS_HEADER = 0x40
const FINAL_RECEIPT = 0x01
const MOST_PARTS = 255 // they are counted in one octet
const MOST_PAYLOAD_BYTES = 65_535

export function submitsFor(outgoing: Outgoing, sender: Sender): Submits {
  const { address, content, idempotencyKey, validForMs } = outgoing
  const { text } = content
  const { sms } = content.content
  if (!isPhone(address)) return { kind: 'unfit', ...NO_PHONE }
  const source = sms?.source ?? sender.from ?? ''
  if (!isSender(source)) return unfit('content', 'the sender is neither a number nor a name that SMPP can write')
  if (!text) return unfit('content', 'there is no text to send')
  const encoded = encodeText(text, sms?.encoding)
  if (encoded === undefined) return unfit('content', 'the text has characters that GSM7 cannot write')
  const common = {
    ...addressFields(address, source, sender),
    serviceType: sender.serviceType ?? '',
    dataCoding: encoded.dataCoding,
    ...(sender.givesValidity && validForMs !== undefined && { validityPeriod: validityPeriod(validForMs) }),
  }
  const texts = partsOf(encoded)
  const isPayload = sender.longTexts === 'payload' && texts.length > 1
  const messages = isPayload ? asPayload(encoded) : asParts(texts, idempotencyKey)
  if (messages === undefined) return unfit('content', 'the text is longer than SMS can carry')
  const bodies = messages.map(({ fields, tlvs }, index) => {
    // Of several parts the last alone is asked about. Each has an id of its own, an attempt has one; and an SMSC delivers
    // what is for one person in order, so that the last one's arrival tells of the others too.
    const registeredDelivery = sender.asksForReceipts && index === messages.length - 1 ? FINAL_RECEIPT : 0
    return writeBody(MESSAGE, { ...common, ...fields, registeredDelivery }, tlvs)
  })
  return { kind: 'submits', bodies, source }
}

/** Names the message and, in the same words as its `submit_sm`, who it is from and for. */
export function cancelFor(messageId: string, source: string, address: string, sender: Sender): Buffer {
  const fields = addressFields(address, source, sender)
  return writeBody(CANCEL, { ...fields, serviceType: sender.serviceType ?? '', messageId })
}

function unfit(reason: RejectReason, detail: string): Submits {
  return { kind: 'unfit', reason, detail }
}

type Message = { fields: Partial<FieldsOf<typeof MESSAGE>>; tlvs?: Tlvs }

function asPayload({ characters }: Encoded): Message[] | undefined {
  const text = Buffer.concat(characters)
  return text.length > MOST_PAYLOAD_BYTES ? undefined : [{ fields: {}, tlvs: new Map([[TAGS.messagePayload, text]]) }]
}

/** Each part carries the same number, by which the handset puts them together: a repeat of the send has it too. */
function asParts(texts: readonly Buffer[], idempotencyKey: string): Message[] | undefined {
  if (texts.length > MOST_PARTS) return undefined
  if (texts.length === 1) return texts.map((shortMessage) => ({ fields: { shortMessage } }))
  const reference = createHash('sha256').update(idempotencyKey).digest()[0] ?? 0
  return texts.map((text, index) => {
    // 3GPP TS 23.040, 9.2.3.24.1: five octets follow; element 0, of three: reference, number of parts, this one.
    const header = Buffer.from([5, 0, 3, reference, texts.length, index + 1])
    return { fields: { esmClass: HAS_HEADER, shortMessage: Buffer.concat([header, text]) } }
  })
}

/** Types of number and numbering plans (SMPP 3.4, 5.2.5 and 5.2.6). */
const TON = { unknown: 0, international: 1, networkSpecific: 3, alphanumeric: 5 } as const
const NPI = { unknown: 0, isdn: 1 } as const
const LONGEST_SHORT_CODE = 8

function addressFields(address: string, source: string, sender: Sender): Partial<FieldsOf<typeof CANCEL>> {
  const usual = kindOf(source)
  const isConfigured = source === sender.from
  return {
    source: source.replace(/^\+/, ''),
    sourceTon: (isConfigured ? sender.sourceTon : undefined) ?? usual.ton,
    sourceNpi: (isConfigured ? sender.sourceNpi : undefined) ?? usual.npi,
    destination: address.slice(1),
    destinationTon: TON.international,
    destinationNpi: NPI.isdn,
  }
}

function kindOf(source: string): { ton: number; npi: number } {
  if (source === '') return { ton: TON.unknown, npi: NPI.unknown } // the SMSC knows who we are
  if (!/^\+?\d+$/.test(source)) return { ton: TON.alphanumeric, npi: NPI.unknown }
  if (!source.startsWith('+') && source.length <= LONGEST_SHORT_CODE) {
    return { ton: TON.networkSpecific, npi: NPI.unknown }
  }
  return { ton: TON.international, npi: NPI.isdn }
}

/** Of at most 20 octets, and in ASCII. */
function isSender(source: string): boolean {
  return /^[ -~]{0,20}$/.test(source)
}

/** Relative (SMPP 3.4, 7.1.1.2), so that no two clocks have to agree: YYMMDDhhmmss, three zeros, R. Rounded down. */
export function validityPeriod(ms: number): string {
  const seconds = Math.floor(Math.min(Math.max(ms, VALIDITY_MS.min), VALIDITY_MS.max) / 1000)
  const places = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ]
  return `0000${places.map((place) => String(place).padStart(2, '0')).join('')}000R`
}
