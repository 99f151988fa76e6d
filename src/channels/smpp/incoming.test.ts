import smpp from 'smpp'
import { describe, expect, it } from 'vitest'
import { readIncoming } from './incoming.ts'
import { PduReader } from './pdu.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const RECEIPT = 'id:A1 stat:DELIVRD err:000 text:'

/** As another implementation writes it. */
function incoming(fields: Record<string, unknown>, { now = NOW, command = 'deliver_sm' } = {}) {
  const whole = { source_addr: '6591234567', source_addr_ton: 1, source_addr_npi: 1, destination_addr: '15551234567' }
  const [pdu] = new PduReader().take(new smpp.PDU(command, { ...whole, ...fields }).toBuffer()).pdus
  if (pdu === undefined) throw new Error('the PDU is not whole')
  return readIncoming(pdu, 'as-is', now)
}
const reply = (text: string, more = {}) => incoming({ short_message: Buffer.from(text, 'latin1'), ...more })
const delivered = { receipts: [{ providerRef: 'A1', report: { status: 'delivered', native: 'DELIVRD' } }], ignored: 0 }

describe('a deliver_sm', () => {
  it.each([0x04, 0x20])('of class %i is a receipt', (esmClass) => {
    expect(reply(RECEIPT, { esm_class: esmClass })).toEqual(delivered)
  })

  it('with the fields of a receipt is one, whatever its class says', () => {
    expect(incoming({ receipted_message_id: 'A1', message_state: 2 })).toEqual(delivered)
    expect(reply('Hello', { receipted_message_id: 'A1' })?.heard).toHaveLength(1)
  })

  it('with its words in a payload reads the same', () => {
    expect(incoming({ esm_class: 4, message_payload: Buffer.from(RECEIPT) })).toEqual(delivered)
  })

  it.each([0x08, 0x10, 0x18])('of class %i is between handsets, and nothing to us', (esmClass) => {
    expect(reply(RECEIPT, { esm_class: esmClass })).toEqual({ receipts: [], ignored: 1 })
  })

  it('that speaks of no message, or in no words of ours, is counted', () => {
    for (const text of ['id:A1 stat:LEVITAT', 'nothing', '']) {
      expect(reply(text, { esm_class: 4 })).toEqual({ receipts: [], ignored: 1 })
    }
  })

  it('whose fields are cut off is not read at all', () => {
    const body = Buffer.from('00010136', 'hex')
    expect(readIncoming({ command: 5, status: 0, sequence: 1, body }, 'as-is', NOW)).toBeUndefined()
    expect(readIncoming({ command: 0x103, status: 0, sequence: 1, body }, 'as-is', NOW)).toBeUndefined()
  })
})

describe('a data_sm', () => {
  const asData = { command: 'data_sm' }

  it('brings receipts and replies too', () => {
    const fields = { esm_class: 4, receipted_message_id: 'A1', message_state: 2 }
    expect(incoming(fields, asData)).toEqual(delivered)
    expect(incoming({ data_coding: 8, message_payload: Buffer.from('00480069', 'hex') }, asData)?.heard).toMatchObject([
      { kind: 'reply', text: 'Hi' },
    ])
  })
})

describe('what a person writes', () => {
  it('is a reply from the number with its plus', () => {
    expect(reply('Thank you')).toEqual({
      receipts: [],
      heard: [
        {
          kind: 'reply',
          channel: 'SMS',
          address: '+6591234567',
          id: expect.stringMatching(/^[0-9a-f]{32}$/),
          text: 'Thank you',
        },
      ],
      ignored: 0,
    })
  })

  it('stops messages with STOP, and has them again with START', () => {
    expect(reply('Stop')?.heard?.[1]).toEqual({
      kind: 'suppress',
      channel: 'SMS',
      address: '+6591234567',
      reason: 'opted-out',
    })
    expect(reply('START')?.heard?.[1]).toMatchObject({ kind: 'lift', address: '+6591234567' })
  })

  it('is read in its alphabet, without the header of a part', () => {
    const header = Buffer.from('050003070201', 'hex')
    const part = Buffer.concat([header, Buffer.from('041f0440', 'hex')])
    expect(incoming({ esm_class: 0x40, data_coding: 8, short_message: part })?.heard).toMatchObject([{ text: 'Пр' }])
    expect(reply('\x00\x11')?.heard).toMatchObject([{ text: '@_' }])
  })

  it('that is no text is a reply all the same', () => {
    const [heard] = incoming({ data_coding: 4, short_message: Buffer.from([1, 2]) })?.heard ?? []
    expect(heard).toMatchObject({ kind: 'reply' })
    expect(heard).not.toHaveProperty('text')
  })

  it.each([
    [1, '6591234567', '+6591234567'],
    [0, '+6591234567', '+6591234567'],
    [0, '006591234567', '+6591234567'],
  ])('from a number of type %i as %s is from %s', (ton, source, address) => {
    const told = reply('Hi', { source_addr_ton: ton, source_addr: source })
    expect(told?.heard).toMatchObject([{ address }])
  })

  it.each([
    [2, '91234567'],
    [5, 'Shop'],
    [0, 'Shop'],
    [0, ''],
    [3, '12345'],
  ])('from a sender of type %i as %j has no address of ours', (ton, source) => {
    expect(reply('STOP', { source_addr_ton: ton, source_addr: source })).toEqual({ receipts: [], ignored: 1 })
  })

  it('has the same id when it is told twice, and another when it is said again later', () => {
    const idAt = (now: number, text = 'Yes') => incoming({ short_message: Buffer.from(text) }, { now })?.heard?.[0]
    expect(idAt(NOW + 60_000)).toEqual(idAt(NOW))
    expect(idAt(NOW + 600_000)).not.toEqual(idAt(NOW))
    expect(idAt(NOW, 'No')).not.toMatchObject({ id: (idAt(NOW) as { id: string }).id })
  })
})
