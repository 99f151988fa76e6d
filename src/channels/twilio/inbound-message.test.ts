import { describe, expect, it } from 'vitest'
import { inboundFields, TWILIO_ACCOUNT, TWILIO_SENDER, TWILIO_WHATSAPP_SENDER } from '../../../test/fakes/twilio.ts'
import { isInbound, readInbound } from './inbound-message.ts'

const SID = `SM${'1b'.repeat(16)}`
const QUOTED = `SM${'2c'.repeat(16)}`
const ANN = '+6591234567'

function read(fields: Record<string, string>) {
  const form = new URLSearchParams(inboundFields(TWILIO_ACCOUNT, SID, fields))
  expect(isInbound(form)).toBe(true)
  const result = readInbound(form, SID)
  if (result.kind !== 'receipts') throw new Error(`expected receipts, got ${result.kind}`)
  return result
}

describe('what somebody has written', () => {
  it.each([
    ['SMS', ANN],
    ['WhatsApp', `whatsapp:${ANN}`],
    ['RCS', `rcs:${ANN}`],
  ])('on %s is heard', (channel, From) => {
    const heard = [{ kind: 'reply', channel, address: ANN, id: SID, text: 'On my way' }]
    expect(read({ From, Body: 'On my way' })).toEqual({ kind: 'receipts', receipts: [], heard, ignored: 0 })
  })

  it('may be media without a text', () => {
    const media = { NumMedia: '1', MediaUrl0: 'https://api.twilio.com/x', MediaContentType0: 'image/jpeg' }
    expect(read({ From: ANN, ...media }).heard).toEqual([{ kind: 'reply', channel: 'SMS', address: ANN, id: SID }])
  })

  it.each(['12345', 'messenger:123', 'whatsapp:SG.1234', 'Shop', ''])('by %j is ignored', (From) => {
    expect(read({ From, Body: 'Hello' })).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })
})

describe('a choice', () => {
  const kinds = (fields: Record<string, string>) =>
    read({ From: `whatsapp:${ANN}`, ...fields }).heard?.map(({ kind }) => kind)

  it('is told by the usual words', () => {
    expect(kinds({ Body: 'Stop' })).toEqual(['reply', 'suppress'])
    expect(kinds({ Body: 'START' })).toEqual(['reply', 'lift'])
    expect(kinds({ Body: 'HELP' })).toEqual(['reply'])
  })

  it('is told by Twilio, for words that are the operator’s own', () => {
    expect(kinds({ Body: 'ARRET', OptOutType: 'STOP' })).toEqual(['reply', 'suppress'])
    expect(kinds({ Body: 'Oui', OptOutType: 'START' })).toEqual(['reply', 'lift'])
    expect(kinds({ Body: 'Aide', OptOutType: 'HELP' })).toEqual(['reply'])
    expect(kinds({ Body: 'STOP', OptOutType: 'STOP' })).toEqual(['reply', 'suppress'])
  })
})

describe('a quoted message', () => {
  const quoting = (From: string, more: Record<string, string> = {}) =>
    read({ From, Body: 'Yes', OriginalRepliedMessageSid: QUOTED, ...more }).receipts

  it('of ours has been read', () => {
    const receipts = [{ providerRef: QUOTED, report: { status: 'read', native: 'reply' } }]
    expect(quoting(`whatsapp:${ANN}`)).toEqual(receipts)
    const sender = { OriginalRepliedMessageSender: `whatsapp:${TWILIO_WHATSAPP_SENDER}` }
    expect(quoting(`whatsapp:${ANN}`, sender)).toEqual(receipts)
  })

  it('of the person’s own says nothing', () => {
    expect(quoting(`whatsapp:${ANN}`, { OriginalRepliedMessageSender: `whatsapp:${ANN}` })).toEqual([])
  })

  it('says nothing on a channel that has no reading, or without an id of Twilio’s', () => {
    expect(quoting(ANN)).toEqual([])
    expect(quoting(`whatsapp:${ANN}`, { OriginalRepliedMessageSid: 'x'.repeat(9_999) })).toEqual([])
  })
})

it('a status of what we have sent is nothing that came in', () => {
  for (const status of ['received', 'sent']) {
    const form = new URLSearchParams({ From: TWILIO_SENDER, MessageStatus: status, SmsStatus: status })
    expect(isInbound(form)).toBe(false)
  }
})
