import { createHash } from 'node:crypto'
import { e164Of } from '../../domain/address.ts'
import type { Told } from '../../engine/ports/channel.ts'
import { heardText } from '../replies.ts'
import type { MessageIdFormat } from './message-id.ts'
import { COMMANDS, DATA, MESSAGE, type Pdu, readBody, TAGS, type Tlvs } from './pdu.ts'
import { hasReceiptFields, readReceipt } from './receipt.ts'
import { decodeText } from './sms-encoding.ts'

/** In `esm_class`: what a `deliver_sm` is (SMPP 3.4, 5.2.12), and whether its text begins with a header. */
const KIND_BITS = 0x3c
const KIND = { message: 0x00, receipt: 0x04, progress: 0x20 } as const
const HAS_HEADER = 0x40

const INTERNATIONAL = 1
const UNKNOWN_TON = 0

/** How long the same words of the same person count as one reply that the SMSC told twice. */
const SAME_REPLY_MS = 5 * 60_000

/** What a `deliver_sm` or `data_sm` tells; undefined for one whose fields cannot be read. */
export function readIncoming(pdu: Pdu, format: MessageIdFormat, now: number): Told | undefined {
  const read = pdu.command === COMMANDS.data_sm ? readData(pdu.body) : readMessage(pdu.body)
  if (read === undefined) return undefined
  const { esmClass, dataCoding, bytes, tlvs } = read
  const kind = esmClass & KIND_BITS
  if (kind === KIND.receipt || kind === KIND.progress || hasReceiptFields(tlvs)) {
    const receipt = readReceipt(bytes.toString('latin1'), tlvs, format)
    return { receipts: receipt === undefined ? [] : [receipt], ignored: receipt === undefined ? 1 : 0 }
  }
  const address = senderOf(read)
  // The rest of the kinds are acknowledgements between handsets; a sender without a number has no address of ours.
  if (kind !== KIND.message || address === undefined) return { receipts: [], ignored: 1 }
  const text = decodeText((esmClass & HAS_HEADER) === 0 ? bytes : withoutHeader(bytes), dataCoding)
  const reply = { channel: 'SMS', address, id: replyId(pdu.body, now), ...(text !== undefined && { text }) }
  return { receipts: [], heard: heardText(reply), ignored: 0 }
}

type Read = { esmClass: number; dataCoding: number; source: string; sourceTon: number; bytes: Buffer; tlvs: Tlvs }

function readMessage(body: Buffer): Read | undefined {
  const read = readBody(MESSAGE, body)
  if (read === undefined) return undefined
  const { fields, tlvs } = read
  const bytes = fields.shortMessage.length > 0 ? fields.shortMessage : payloadIn(tlvs)
  return { ...fields, bytes, tlvs }
}

function readData(body: Buffer): Read | undefined {
  const read = readBody(DATA, body)
  return read && { ...read.fields, bytes: payloadIn(read.tlvs), tlvs: read.tlvs }
}

function payloadIn(tlvs: Tlvs): Buffer {
  return tlvs.get(TAGS.messagePayload) ?? Buffer.alloc(0)
}

/** The header's first octet is its length. */
function withoutHeader(bytes: Buffer): Buffer {
  return bytes.subarray((bytes[0] ?? -1) + 1)
}

/** Many SMSCs leave the type of an international number unset; a national one could be anybody's in another country. */
function senderOf({ source, sourceTon }: Read): string | undefined {
  if (sourceTon !== INTERNATIONAL && sourceTon !== UNKNOWN_TON) return undefined
  return e164Of(source.replace(/^00/, ''))
}

/**
 * SMPP gives what a person wrote no id. Told twice, after an answer of ours was lost, it comes with the same bytes and soon;
 * who writes the same words again a while later has said something new.
 */
function replyId(body: Buffer, now: number): string {
  return createHash('sha256')
    .update(body)
    .update(String(Math.floor(now / SAME_REPLY_MS)))
    .digest('hex')
    .slice(0, 32)
}
