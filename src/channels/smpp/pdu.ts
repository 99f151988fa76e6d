/**
 * The bytes of SMPP 3.4 (https://smpp.org/SMPP_v3_4_Issue1_2.pdf, chapters 3 to 5): a PDU is a header of four numbers, a
 * body whose fields follow one another as its command says, and after them optional ones, each with tag and length (TLV).
 * Only the commands that we speak have a layout here.
 */
export const COMMANDS = {
  submit_sm: 0x0000_0004,
  deliver_sm: 0x0000_0005,
  unbind: 0x0000_0006,
  cancel_sm: 0x0000_0008,
  bind_transceiver: 0x0000_0009,
  enquire_link: 0x0000_0015,
  alert_notification: 0x0000_0102,
  data_sm: 0x0000_0103,
  generic_nack: 0x8000_0000,
} as const

const RESPONSE_BIT = 0x8000_0000
const HEADER_BYTES = 16
/** Room for a `message_payload` as long as one can be, and all else. What claims to be longer is no SMPP. */
const MOST_BYTES = 65_535 + 4_096

export type Pdu = { command: number; status: number; sequence: number; body: Buffer }

export function isResponse({ command }: Pick<Pdu, 'command'>): boolean {
  return command >= RESPONSE_BIT
}

export function responseTo(command: number): number {
  return command + RESPONSE_BIT
}

const LAST_SEQUENCE = 0x7fff_ffff

/** Numbers start at 1, and again after the last. */
export function sequenceAfter(sequence: number): number {
  return sequence >= LAST_SEQUENCE ? 1 : sequence + 1
}

export function writePdu({ command, status, sequence, body }: Pdu): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  for (const [index, number] of [HEADER_BYTES + body.length, command, status, sequence].entries()) {
    header.writeUInt32BE(number, index * 4)
  }
  return Buffer.concat([header, body])
}

/** Finds PDUs in a stream that is cut anywhere. */
export class PduReader {
  #rest: Buffer = Buffer.alloc(0)

  /** The PDUs that are whole by now; `broken` when what follows them cannot be one, and no further one can be found. */
  take(chunk: Buffer): { pdus: Pdu[]; broken: boolean } {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const pdus: Pdu[] = []
    let at = 0
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at)
      if (length < HEADER_BYTES || length > MOST_BYTES) return { pdus, broken: true }
      if (bytes.length - at < length) break
      pdus.push(readPdu(bytes.subarray(at, at + length)))
      at += length
    }
    this.#rest = bytes.subarray(at)
    return { pdus, broken: false }
  }
}

function readPdu(bytes: Buffer): Pdu {
  return {
    command: bytes.readUInt32BE(4),
    status: bytes.readUInt32BE(8),
    sequence: bytes.readUInt32BE(12),
    body: bytes.subarray(HEADER_BYTES),
  }
}

/** `text` ends with a zero, `bytes` begin with their number. */
type Kind = 'byte' | 'text' | 'bytes'
type Layout = readonly (readonly [name: string, kind: Kind])[]
type ValueOf<K extends Kind> = K extends 'byte' ? number : K extends 'text' ? string : Buffer
export type FieldsOf<L extends Layout> = { [Field in L[number] as Field[0]]: ValueOf<Field[1]> }

const SOURCE = [
  ['sourceTon', 'byte'],
  ['sourceNpi', 'byte'],
  ['source', 'text'],
] as const
const DESTINATION = [
  ['destinationTon', 'byte'],
  ['destinationNpi', 'byte'],
  ['destination', 'text'],
] as const
const SERVICE_TYPE = ['serviceType', 'text'] as const

export const BIND = [
  ['systemId', 'text'],
  ['password', 'text'],
  ['systemType', 'text'],
  ['interfaceVersion', 'byte'],
  ['addressTon', 'byte'],
  ['addressNpi', 'byte'],
  ['addressRange', 'text'],
] as const
/** Of `submit_sm` and `deliver_sm`. */
export const MESSAGE = [
  SERVICE_TYPE,
  ...SOURCE,
  ...DESTINATION,
  ['esmClass', 'byte'],
  ['protocolId', 'byte'],
  ['priority', 'byte'],
  ['scheduledFor', 'text'],
  ['validityPeriod', 'text'],
  ['registeredDelivery', 'byte'],
  ['replaceIfPresent', 'byte'],
  ['dataCoding', 'byte'],
  ['defaultMessageId', 'byte'],
  ['shortMessage', 'bytes'],
] as const
export const DATA = [
  SERVICE_TYPE,
  ...SOURCE,
  ...DESTINATION,
  ['esmClass', 'byte'],
  ['registeredDelivery', 'byte'],
  ['dataCoding', 'byte'],
] as const
export const CANCEL = [SERVICE_TYPE, ['messageId', 'text'], ...SOURCE, ...DESTINATION] as const

export const TAGS = {
  receiptedMessageId: 0x001e,
  networkErrorCode: 0x0423,
  messagePayload: 0x0424,
  messageState: 0x0427,
} as const
export type Tlvs = ReadonlyMap<number, Buffer>

/** Fields that are left out are zero or empty. */
export function writeBody<L extends Layout>(layout: L, fields: Partial<FieldsOf<L>>, tlvs: Tlvs = new Map()): Buffer {
  const values = fields as Readonly<Record<string, number | string | Buffer | undefined>>
  const mandatory = layout.map(([name, kind]) => writeField(kind, values[name]))
  const optional = [...tlvs].flatMap(([tag, value]) => {
    const head = Buffer.alloc(4)
    head.writeUInt16BE(tag)
    head.writeUInt16BE(value.length, 2)
    return [head, value]
  })
  return Buffer.concat([...mandatory, ...optional])
}

function writeField(kind: Kind, value: number | string | Buffer | undefined): Buffer {
  if (kind === 'byte') return Buffer.from([Number(value ?? 0)])
  if (kind === 'text') return Buffer.from(`${value ?? ''}\0`, 'latin1')
  const bytes = Buffer.isBuffer(value) ? value : Buffer.alloc(0)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

/** Undefined for a body that ends before its fields do. */
export function readBody<L extends Layout>(layout: L, body: Buffer): { fields: FieldsOf<L>; tlvs: Tlvs } | undefined {
  const values: Record<string, number | string | Buffer> = {}
  let at = 0
  for (const [name, kind] of layout) {
    const found = readField(kind, body, at)
    if (found === undefined) return undefined
    values[name] = found.value
    at = found.end
  }
  return { fields: values as FieldsOf<L>, tlvs: readTlvs(body.subarray(at)) }
}

function readField(kind: Kind, body: Buffer, at: number): { value: number | string | Buffer; end: number } | undefined {
  if (kind === 'text') {
    const end = body.indexOf(0, at)
    return end < 0 ? undefined : { value: textIn(body, at, end), end: end + 1 }
  }
  const byte = body[at]
  if (byte === undefined) return undefined
  if (kind === 'byte') return { value: byte, end: at + 1 }
  const end = at + 1 + byte
  return end > body.length ? undefined : { value: body.subarray(at + 1, end), end }
}

/** What is cut off at the end is left out: the fields before it stand. */
function readTlvs(bytes: Buffer): Tlvs {
  const tlvs = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt16BE(at + 2)
    if (end > bytes.length) break
    tlvs.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, end))
    at = end
  }
  return tlvs
}

/** The text up to its zero, or to the end: some SMSCs leave the zero out where nothing follows. */
export function textUpToZero(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return textIn(bytes, 0, end < 0 ? bytes.length : end)
}

function textIn(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end)
}
