import { describe, expect, it } from 'vitest'
import { idForSmsc, idInAnswer, idInReceipt, type MessageIdFormat } from './message-id.ts'
import { TAGS, type Tlvs } from './pdu.ts'
import { readReceipt } from './receipt.ts'

const NONE: Tlvs = new Map()
const text = (id: string, stat: string, err = '000') =>
  `id:${id} sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 stat:${stat} err:${err} text:Your table is re`
const fields = (state: number, error?: string): Tlvs =>
  new Map([
    [TAGS.receiptedMessageId, Buffer.from('A1\0')],
    [TAGS.messageState, Buffer.from([state])],
    ...(error === undefined ? [] : [[TAGS.networkErrorCode, Buffer.from(error, 'hex')] as const]),
  ])

describe('a receipt in words', () => {
  it.each([
    ['ENROUTE', 'sent'],
    ['DELIVRD', 'delivered'],
    ['EXPIRED', 'expired'],
    ['DELETED', 'failed'],
    ['UNDELIV', 'failed'],
    ['ACCEPTD', 'sent'],
    ['UNKNOWN', 'failed'],
    ['REJECTD', 'rejected'],
    ['FAILED', 'failed'],
    ['delivrd', 'delivered'],
  ])('that says %s means %s', (stat, status) => {
    expect(readReceipt(text('A1', stat), NONE, 'as-is')).toMatchObject({
      providerRef: 'A1',
      report: { status, native: stat.toUpperCase() },
    })
  })

  it('of a dead end brings the network’s number for it, where it has one', () => {
    expect(readReceipt(text('A1', 'UNDELIV', '027'), NONE, 'as-is')?.report).toEqual({
      status: 'failed',
      native: 'UNDELIV',
      error: { code: '027', message: 'the SMSC reported UNDELIV with its error 027' },
    })
    expect(readReceipt(text('A1', 'EXPIRED'), NONE, 'as-is')?.report).toEqual({
      status: 'expired',
      native: 'EXPIRED',
      error: { message: 'the SMSC reported EXPIRED' },
    })
  })

  it.each([
    'id:7 stat:DELIVRD',
    'ID: 7 sub:0 STAT: DELIVRD Text:',
    'stat:DELIVRD id:7',
    'id:7 sub:000 dlvrd:000 submitdate:180122230957 donedate:000000000000 stat:DELIVRD err:375 text:',
    'id:7 stat:DELIVRD text:stat:UNDELIV id:8',
  ])('may be written as %j', (words) => {
    expect(readReceipt(words, NONE, 'as-is')).toMatchObject({ providerRef: '7', report: { status: 'delivered' } })
  })

  it.each([
    text('A1', 'LEVITAT'),
    text('A1', 'constructor'),
    'sub:001 stat:DELIVRD',
    'id:7 sub:001',
    'text:id:7 stat:DELIVRD',
    '',
    'ÿþ',
  ])('is no use as %j', (words) => {
    expect(readReceipt(words, NONE, 'as-is')).toBeUndefined()
  })
})

describe('a receipt in fields', () => {
  it.each([
    [0, 'accepted', 'SCHEDULED'],
    [1, 'sent', 'ENROUTE'],
    [2, 'delivered', 'DELIVRD'],
    [3, 'expired', 'EXPIRED'],
    [4, 'failed', 'DELETED'],
    [5, 'failed', 'UNDELIV'],
    [6, 'sent', 'ACCEPTD'],
    [7, 'failed', 'UNKNOWN'],
    [8, 'rejected', 'REJECTD'],
    [9, 'failed', 'SKIPPED'],
  ])('of state %i means %s', (state, status, native) => {
    expect(readReceipt('', fields(state), 'as-is')).toMatchObject({ providerRef: 'A1', report: { status, native } })
  })

  it('goes before its words', () => {
    expect(readReceipt(text('B2', 'DELIVRD'), fields(5, '03001b'), 'as-is')).toEqual({
      providerRef: 'A1',
      report: {
        status: 'failed',
        native: 'UNDELIV',
        error: { code: '27', message: 'the SMSC reported UNDELIV with its error 27' },
      },
    })
  })

  it('of a state that nobody knows is not guessed', () => {
    expect(readReceipt(text('A1', 'DELIVRD'), fields(77), 'as-is')).toBeUndefined()
  })

  it('with fields of a wrong size leaves those out', () => {
    expect(readReceipt('', fields(5, '1b'), 'as-is')?.report.error).toEqual({ message: 'the SMSC reported UNDELIV' })
    const empty = new Map([...fields(2), [TAGS.messageState, Buffer.alloc(0)]])
    expect(readReceipt('', empty, 'as-is')).toBeUndefined()
  })
})

describe('the id of a message', () => {
  it.each<[MessageIdFormat, string, string]>([
    ['as-is', 'ab-00F', 'ab-00F'],
    ['decimal', '12345678', '0012345678'],
    ['hex', '00C0FFEE', 'c0ffee'],
    ['hex-then-decimal', 'C0FFEE', '12648430'],
    ['decimal-then-hex', '12648430', '00c0ffee'],
    ['hex-then-decimal', 'FFFFFFFFFFFFFFFF', '18446744073709551615'], // more than a number of JavaScript’s holds
  ])('with %s is the same in the answer %s and the receipt %s', (format, answer, receipt) => {
    expect(idInAnswer(answer, format)).toBe(idInReceipt(receipt, format))
  })

  it.each<[MessageIdFormat, string, string]>([
    ['as-is', '0012', '12'],
    ['as-is', 'a', 'A'],
    ['decimal', '10', '0x10'],
    ['hex-then-decimal', '10', '10'],
  ])('with %s is another in the answer %s and the receipt %s', (format, answer, receipt) => {
    expect(idInAnswer(answer, format)).not.toBe(idInReceipt(receipt, format))
  })

  it('goes back to the SMSC in the way of its answers', () => {
    expect(idForSmsc('12648430', 'hex-then-decimal')).toBe('c0ffee')
    expect(idForSmsc('12648430', 'decimal-then-hex')).toBe('12648430')
    expect(idForSmsc('no-number', 'hex')).toBe('no-number')
  })

  it('that is empty or endless is none', () => {
    expect([idInAnswer(' ', 'hex'), idInReceipt('9'.repeat(300), 'decimal')]).toEqual([undefined, undefined])
  })
})
