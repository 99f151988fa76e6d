import smpp from 'smpp'
import { describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import type { StepContent } from '../../domain/content.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { COMMANDS, MESSAGE, readBody, TAGS, writePdu } from './pdu.ts'
import { cancelFor, type Sender, submitsFor, validityPeriod } from './submit.ts'

const SENDER: Sender = { from: '+15551234567', longTexts: 'parts', asksForReceipts: true, givesValidity: true }
const saying = (text: string, sms?: StepContent['content']['sms']): Partial<Outgoing> => ({
  content: { type: 'text', text, content: { ...(sms && { sms }) } },
})

function bodiesOf(over: Partial<Outgoing> = {}, sender: Partial<Sender> = {}): readonly Buffer[] {
  const submits = submitsFor(outgoingOf({}, over), { ...SENDER, ...sender })
  if (submits.kind === 'unfit') throw new Error(submits.detail)
  return submits.bodies
}
/** As we wrote them, and as another implementation reads them. */
const fieldsOf = (...given: Parameters<typeof bodiesOf>) =>
  bodiesOf(...given).map((body) => readBody(MESSAGE, body)?.fields)
const readByOthers = (...given: Parameters<typeof bodiesOf>) =>
  bodiesOf(...given).map(
    (body) => new smpp.PDU(writePdu({ command: COMMANDS.submit_sm, status: 0, sequence: 1, body })),
  )

describe('an SMS', () => {
  it('goes to the number without its plus, and asks for the last word on it', () => {
    expect(readByOthers()).toMatchObject([
      {
        service_type: '',
        source_addr: '15551234567',
        destination_addr: '6591234567',
        dest_addr_ton: 1,
        dest_addr_npi: 1,
        esm_class: 0,
        registered_delivery: 1,
        data_coding: 0,
        validity_period: '',
        short_message: { message: 'Your table is ready.' },
      },
    ])
  })

  it.each([
    ['+15551234567', 1, 1],
    ['15551234567', 1, 1],
    ['12345', 3, 0],
    ['My Shop', 5, 0],
    [undefined, 0, 0],
  ])('from %s has a sender of type %i and plan %i', (from, sourceTon, sourceNpi) => {
    const source = from?.replace('+', '') ?? ''
    expect(fieldsOf({}, { from })).toMatchObject([{ source, sourceTon, sourceNpi }])
  })

  it('has the types that are configured, for the sender that is configured', () => {
    const sender = { from: '12345', sourceTon: 6, sourceNpi: 8, serviceType: 'CMT' }
    expect(fieldsOf({}, sender)).toMatchObject([{ sourceTon: 6, sourceNpi: 8, serviceType: 'CMT' }])
    expect(fieldsOf(saying('Hi', { source: 'Bistro' }), sender)).toMatchObject([{ source: 'Bistro', sourceTon: 5 }])
  })

  it('asks for nothing that the SMSC does not give', () => {
    expect(fieldsOf({ validForMs: 60_000 }, { asksForReceipts: false, givesValidity: false })).toMatchObject([
      { registeredDelivery: 0, validityPeriod: '' },
    ])
  })

  it.each(['6591234567', '+', '+0123456789', '+6591234567,+6591234568', 'ann@example.org', ''])(
    'to %j is refused',
    (address) => {
      expect(submitsFor(outgoingOf({}, { address }), SENDER)).toMatchObject({ kind: 'unfit', reason: 'recipient' })
    },
  )

  it.each([
    [saying('')],
    [saying('Привет', { encoding: 'GSM7' })],
    [saying('Hi', { source: 'Bücher' })],
    [saying('a'.repeat(255 * 153 + 1))],
  ])('that cannot be written is refused', (over) => {
    expect(submitsFor(outgoingOf({}, over), SENDER)).toMatchObject({ kind: 'unfit', reason: 'content' })
  })
})

describe('a long text', () => {
  const long = saying('a'.repeat(200))

  it('goes in parts with one number, of which the last asks for a receipt', () => {
    const [one, two] = bodiesOf(long).map((body) => readBody(MESSAGE, body)?.fields)
    const header = one?.shortMessage.subarray(0, 6)
    const reference = header?.[3] ?? -1
    expect(header).toEqual(Buffer.from([5, 0, 3, reference, 2, 1]))
    expect(two?.shortMessage.subarray(0, 6)).toEqual(Buffer.from([5, 0, 3, reference, 2, 2]))
    expect([one?.shortMessage.length, two?.shortMessage.length]).toEqual([159, 53])
    expect([one?.registeredDelivery, two?.registeredDelivery]).toEqual([0, 1])
    expect([one?.esmClass, two?.esmClass]).toEqual([0x40, 0x40])
  })

  it('is put together again by another implementation', () => {
    const text = `${'я'.repeat(66)}😀${'ж'.repeat(80)}`
    const parts = readByOthers(saying(text)).map(({ short_message }) => short_message as { message: string })
    expect(parts).toHaveLength(3)
    expect(parts.map(({ message }) => message).join('')).toBe(text)
  })

  it('has the same bytes when the send is repeated, and another number when it is another', () => {
    expect(bodiesOf(long)).toEqual(bodiesOf(long))
    const references = ['a.1.1', 'a.1.2', 'b.1.1', 'c.1.1'].map(
      (idempotencyKey) => fieldsOf({ ...long, idempotencyKey })[0]?.shortMessage[3],
    )
    expect(new Set(references).size).toBeGreaterThan(1)
  })

  it('goes in one payload where the SMSC takes it apart, and a short one does not', () => {
    const [body, ...more] = bodiesOf(long, { longTexts: 'payload' })
    const { fields, tlvs } = readBody(MESSAGE, body ?? Buffer.alloc(0)) ?? {}
    expect(more).toEqual([])
    expect(fields).toMatchObject({ esmClass: 0, registeredDelivery: 1, shortMessage: Buffer.alloc(0) })
    expect(tlvs?.get(TAGS.messagePayload)?.toString()).toBe('a'.repeat(200))
    expect(fieldsOf(saying('я'.repeat(75)), { longTexts: 'payload' })).toMatchObject([
      { shortMessage: Buffer.alloc(0) },
    ])
    expect(fieldsOf({}, { longTexts: 'payload' })).toMatchObject([
      { shortMessage: Buffer.from('Your table is ready.') },
    ])
  })

  it('is refused when no payload holds it', () => {
    const over = saying('я'.repeat(33_000))
    expect(submitsFor(outgoingOf({}, over), { ...SENDER, longTexts: 'payload' })).toMatchObject({ reason: 'content' })
  })
})

describe('a validity period', () => {
  it.each([
    [0, '000000000001000R'],
    [1_999, '000000000001000R'],
    [300_000, '000000000500000R'],
    [86_399_999, '000000235959000R'],
    [86_400_000, '000001000000000R'],
    [30 * 86_400_000, '000007000000000R'],
  ])('of %i ms is %s', (ms, period) => {
    expect(validityPeriod(ms)).toBe(period)
    expect(fieldsOf({ validForMs: ms })).toMatchObject([{ validityPeriod: period }])
  })
})

describe('a recall', () => {
  it('names source and destination as the message did', () => {
    const body = cancelFor('A1', 'My Shop', '+6591234567', { ...SENDER, serviceType: 'CMT' })
    expect(new smpp.PDU(writePdu({ command: COMMANDS.cancel_sm, status: 0, sequence: 1, body }))).toMatchObject({
      command: 'cancel_sm',
      service_type: 'CMT',
      message_id: 'A1',
      source_addr: 'My Shop',
      source_addr_ton: 5,
      destination_addr: '6591234567',
      dest_addr_ton: 1,
      dest_addr_npi: 1,
    })
  })
})
