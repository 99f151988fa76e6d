import smpp from 'smpp'
import { describe, expect, it } from 'vitest'
import {
  BIND,
  CANCEL,
  COMMANDS,
  DATA,
  isResponse,
  MESSAGE,
  type Pdu,
  PduReader,
  readBody,
  responseTo,
  sequenceAfter,
  TAGS,
  textUpToZero,
  writeBody,
  writePdu,
} from './pdu.ts'

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex')
const pdu = (command: number, sequence: number, body: Buffer): Pdu => ({ command, status: 0, sequence, body })

// Put together by hand from the tables of the specification.
const BIND_BYTES = hex(`
  00000026 00000009 00000000 00000001
  73686f7000 73336372337400 7379730034 01 01 5e3400`)
const SUBMIT_BYTES = hex(`
  00000047 00000004 00000000 00000002
  00 05 00 53686f7000 01 01 3635393132333435363700
  40 00 00 00 3030303030303030303530303030305200 01 00 00 00 08 0500035a0201 4869`)
const CANCEL_BYTES = hex(`
  00000024 00000008 00000000 00000003
  00 69642d3100 01 01 313535353100 01 01 36353900`)
const LINK_BYTES = hex('00000010 00000015 00000000 7fffffff')

const login = {
  systemId: 'shop',
  password: 's3cr3t',
  systemType: 'sys',
  interfaceVersion: 0x34,
  addressTon: 1,
  addressNpi: 1,
  addressRange: '^4',
}
const message = {
  sourceTon: 5,
  source: 'Shop',
  destinationTon: 1,
  destinationNpi: 1,
  destination: '6591234567',
  esmClass: 0x40,
  validityPeriod: '000000000500000R',
  registeredDelivery: 1,
  shortMessage: hex('0500035a02014869'),
}

describe('what we write', () => {
  it.each([
    ['a bind', BIND_BYTES, pdu(COMMANDS.bind_transceiver, 1, writeBody(BIND, login))],
    ['a message', SUBMIT_BYTES, pdu(COMMANDS.submit_sm, 2, writeBody(MESSAGE, message))],
    [
      'a recall',
      CANCEL_BYTES,
      pdu(
        COMMANDS.cancel_sm,
        3,
        writeBody(CANCEL, {
          messageId: 'id-1',
          sourceTon: 1,
          sourceNpi: 1,
          source: '15551',
          destinationTon: 1,
          destinationNpi: 1,
          destination: '659',
        }),
      ),
    ],
    ['a question after the link', LINK_BYTES, pdu(COMMANDS.enquire_link, 0x7fff_ffff, Buffer.alloc(0))],
  ])('%s has the bytes of the specification', (_what, bytes, written) => {
    expect(writePdu(written).toString('hex')).toBe(bytes.toString('hex'))
  })

  it('is read by another implementation as it was meant', () => {
    expect(new smpp.PDU(BIND_BYTES)).toMatchObject({ system_id: 'shop', password: 's3cr3t', address_range: '^4' })
    const body = writeBody(MESSAGE, { destination: '659' }, new Map([[TAGS.messagePayload, Buffer.from('Hello')]]))
    expect(new smpp.PDU(writePdu(pdu(COMMANDS.submit_sm, 7, body)))).toMatchObject({
      command: 'submit_sm',
      sequence_number: 7,
      destination_addr: '659',
      message_payload: { message: 'Hello' },
    })
  })
})

describe('what we read', () => {
  it('is what another implementation wrote', () => {
    const bytes = new smpp.PDU('deliver_sm', {
      sequence_number: 9,
      source_addr: '6591234567',
      source_addr_ton: 1,
      esm_class: 4,
      short_message: Buffer.from('id:1'),
      receipted_message_id: 'A1',
      message_state: 2,
    }).toBuffer()
    const [read] = new PduReader().take(bytes).pdus
    expect(read).toMatchObject({ command: COMMANDS.deliver_sm, status: 0, sequence: 9 })
    const { fields, tlvs } = readBody(MESSAGE, read?.body ?? Buffer.alloc(0)) ?? {}
    expect(fields).toMatchObject({ source: '6591234567', sourceTon: 1, esmClass: 4, shortMessage: Buffer.from('id:1') })
    expect(textUpToZero(tlvs?.get(TAGS.receiptedMessageId) ?? Buffer.alloc(0))).toBe('A1')
    expect(tlvs?.get(TAGS.messageState)).toEqual(Buffer.from([2]))
  })

  it.each([{ layout: MESSAGE }, { layout: DATA }, { layout: BIND }])(
    'is nothing when its fields are cut off',
    ({ layout }) => {
      const body = writeBody(layout, {})
      for (let length = 0; length < body.length; length++) {
        expect(readBody(layout, body.subarray(0, length))).toBeUndefined()
      }
      expect(readBody(layout, body)).toBeDefined()
    },
  )

  it('keeps the fields before an optional one that is cut off', () => {
    const body = writeBody(DATA, {}, new Map([[TAGS.messageState, Buffer.from([2])]]))
    expect(readBody(DATA, body.subarray(0, -1))?.tlvs.size).toBe(0)
    expect(readBody(DATA, body)?.tlvs.size).toBe(1)
  })

  it('takes a text without its zero, as some write it', () => {
    expect(['61620063', '6162', '00', ''].map((text) => textUpToZero(hex(text)))).toEqual(['ab', 'ab', '', ''])
  })
})

describe('a stream of bytes', () => {
  const stream = Buffer.concat([BIND_BYTES, SUBMIT_BYTES, LINK_BYTES, CANCEL_BYTES])
  const whole = new PduReader().take(stream)

  it('may bring several PDUs at once', () => {
    expect(whole.broken).toBe(false)
    expect(whole.pdus.map(({ sequence }) => sequence)).toEqual([1, 2, 0x7fff_ffff, 3])
  })

  it('may be cut anywhere', () => {
    for (let cut = 1; cut < stream.length; cut++) {
      const reader = new PduReader()
      const pdus = [stream.subarray(0, cut), stream.subarray(cut)].flatMap((chunk) => reader.take(chunk).pdus)
      expect(pdus).toEqual(whole.pdus)
    }
  })

  it('may come octet by octet', () => {
    const reader = new PduReader()
    const pdus = [...stream].flatMap((octet) => reader.take(Buffer.from([octet])).pdus)
    expect(pdus).toEqual(whole.pdus)
  })

  it.each([
    ['shorter than its header', '0000000f'],
    ['of no length', '00000000'],
    ['too long to be true', '00020000'],
    ['of another protocol', Buffer.from('HTTP/1.1 400').toString('hex')],
  ])('that claims a PDU %s is broken, and what came before is not lost', (_what, claim) => {
    const { pdus, broken } = new PduReader().take(Buffer.concat([LINK_BYTES, hex(claim)]))
    expect(broken).toBe(true)
    expect(pdus).toHaveLength(1)
  })

  it('may bring the longest payload there is', () => {
    const body = writeBody(DATA, {}, new Map([[TAGS.messagePayload, Buffer.alloc(65_535)]]))
    expect(new PduReader().take(writePdu(pdu(COMMANDS.data_sm, 1, body))).pdus).toHaveLength(1)
  })
})

describe('numbers', () => {
  it('of requests begin again at 1', () => {
    expect([1, 0x7fff_fffe, 0x7fff_ffff].map(sequenceAfter)).toEqual([2, 0x7fff_ffff, 1])
  })

  it('of responses are those of their requests with the highest bit', () => {
    expect(responseTo(COMMANDS.submit_sm)).toBe(0x8000_0004)
    expect([0x8000_0004, 0x8000_0000, 0x0000_0004].map((command) => isResponse({ command }))).toEqual([
      true,
      true,
      false,
    ])
  })
})
