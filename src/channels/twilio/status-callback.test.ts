import { describe, expect, it } from 'vitest'
import type { CallbackResult } from '../../engine/ports/channel.ts'
import { sign } from './signature.ts'
import { readCallback, statusCallbackUrl } from './status-callback.ts'

const TOKEN = 'fedcba9876543210fedcba9876543210'
const CALLBACK_URL = 'https://messages.example.com/callbacks/sms'
const SID = `SM${'0a'.repeat(16)}`
const REF = '0199c0de-0000-7000-8000-000000000001.2'
const API = 'https://api.twilio.com'
const ATTEMPT = { attemptRef: REF, channel: 'SMS' }

describe('the URL that Twilio is given', () => {
  it.each([
    'http://localhost:3000/callbacks/sms',
    'http://untilread/callbacks/sms',
    'https://untilread.internal/callbacks/sms',
    'https://10.1.2.3/callbacks/sms',
    'https://172.31.0.1/callbacks/sms',
    'https://192.168.1.1/callbacks/sms',
    'https://[::1]:3000/callbacks/sms',
    'https://[fd00::1]/callbacks/sms',
    'https://my_host.example.com/callbacks/sms',
    '',
  ])('is not %s, with which it would refuse the message', (callbackUrl) => {
    expect(statusCallbackUrl(callbackUrl, ATTEMPT, API)).toBeUndefined()
  })

  it.each([
    CALLBACK_URL,
    'http://203.0.113.7:8080/callbacks/sms',
    'https://172.32.0.1/callbacks/sms',
    'https://[2001:db8::1]/callbacks/sms',
  ])('is %s with our reference, and asks for more tries', (callbackUrl) => {
    const url = statusCallbackUrl(callbackUrl, { attemptRef: REF, channel: 'WhatsApp' }, API)
    expect(url).toBe(`${callbackUrl}?attempt=${REF}&channel=WhatsApp#rc=5&rp=ct,rt,5xx`)
  })

  it('may be of this machine for a stand-in on this machine', () => {
    const url = statusCallbackUrl('http://localhost:3000/callbacks/sms', ATTEMPT, 'http://127.0.0.1:4000')
    expect(url).toContain('http://localhost:3000/callbacks/sms?')
  })
})

const SENT = { AccountSid: 'AC1', From: '+15005550006', To: '+6591234567', MessageSid: SID, SmsSid: SID }

type Call = { query?: string; token?: string; tokens?: readonly string[]; callbackUrl?: string; path?: string }

function call(fields: Record<string, string>, how: Call = {}): CallbackResult {
  const { query = `?attempt=${REF}`, token = TOKEN, tokens = [TOKEN], path = '/callbacks/sms' } = how
  const callbackUrl = how.callbackUrl ?? CALLBACK_URL
  const joined = Object.keys(fields)
    .sort()
    .map((name) => name + fields[name])
    .join('')
  const headers = { 'x-twilio-signature': sign(token, callbackUrl + query + joined) }
  const body = Buffer.from(new URLSearchParams(fields).toString())
  return readCallback({ method: 'POST', url: path + query, headers, body }, callbackUrl, tokens)
}

function reportIn(result: CallbackResult) {
  return result.kind === 'receipts' ? result.receipts[0]?.report : undefined
}

describe('a status', () => {
  it.each([
    ['accepted', 'accepted'],
    ['scheduled', 'accepted'],
    ['queued', 'accepted'],
    ['sending', 'accepted'],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'read'],
  ])('%s is %s', (native, status) => {
    const result = call({ ...SENT, MessageStatus: native, SmsStatus: native, RawDlrDoneDate: '2603011200' })
    expect(result).toEqual({
      kind: 'receipts',
      receipts: [{ attemptRef: REF, report: { status, native } }],
      ignored: 0,
    })
  })

  it.each([
    ['undelivered', '30003', 'failed', 'the phone cannot be reached: it is off, without signal, or takes no SMS'],
    ['failed', '21610', 'failed', 'the person has opted out (STOP) of messages from this sender'],
    ['undelivered', '30036', 'expired', 'it could not be handed to the carrier in time'],
    ['undelivered', '30999', 'failed', 'error 30999, see https://www.twilio.com/docs/api/errors/30999'],
  ])('%s with %s is %s', (native, code, status, message) => {
    const result = call({ ...SENT, MessageStatus: native, ErrorCode: code })
    expect(reportIn(result)).toEqual({ status, native, error: { code, message } })
  })

  it.each(['failed', 'undelivered', 'canceled'])('%s without a reason says so', (native) => {
    const error = { message: `${native}, and Twilio does not say why` }
    expect(reportIn(call({ ...SENT, MessageStatus: native }))).toEqual({ status: 'failed', native, error })
    // What is no code is none.
    expect(reportIn(call({ ...SENT, MessageStatus: native, ErrorCode: '<b>' }))).toMatchObject({ error })
  })

  it.each(['levitated', 'partially_delivered', '', 'toString', 'Delivered'])('%j is ignored', (native) => {
    expect(call({ ...SENT, MessageStatus: native })).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })

  it.each(['', '?attempt=', '?attempt=nonsense', `?attempt=${REF}x`, `?attempt=${'a'.repeat(65)}.1`, '?other=1'])(
    'at a URL with %j is of the message that Twilio names',
    (query) => {
      const result = call({ ...SENT, MessageStatus: 'sent' }, { query })
      expect(result).toMatchObject({ receipts: [{ providerRef: SID, report: { status: 'sent' } }] })
    },
  )

  it('without the id of a message is unreadable', () => {
    for (const fields of [
      { MessageStatus: 'sent' },
      { MessageSid: ' ', MessageStatus: 'sent' },
      { MessageSid: 'x'.repeat(101) },
    ]) {
      expect(call(fields as Record<string, string>).kind).toBe('unreadable')
    }
  })
})

describe('a failure that is true of the person', () => {
  it.each([
    ['21610', 'opted-out'],
    ['63014', 'blocked'],
    ['30005', 'bad-address'],
    ['30006', 'bad-address'],
  ])('%s suppresses the address on the channel of the attempt', (code, reason) => {
    const query = `?attempt=${REF}&channel=WhatsApp`
    const fields = { ...SENT, To: 'whatsapp:+6591234567', MessageStatus: 'failed', ErrorCode: code }
    const heard = [{ kind: 'suppress', channel: 'WhatsApp', address: '+6591234567', reason }]
    expect(call(fields, { query })).toMatchObject({ receipts: [{ report: { status: 'failed' } }], heard })
  })

  it('is of the channel that was asked for, whatever a messaging service has made of it', () => {
    const fields = { ...SENT, To: 'rcs:+6591234567', MessageStatus: 'failed', ErrorCode: '21610' }
    const channelOf = (query: string) => {
      const result = call(fields, { query })
      return result.kind === 'receipts' ? result.heard?.map((each) => each.channel) : undefined
    }
    expect(channelOf(`?attempt=${REF}&channel=SMS`)).toEqual(['SMS'])
    expect(channelOf('')).toEqual(['RCS'])
    expect(channelOf('?channel=Pigeon')).toEqual(['RCS'])
  })

  it.each([
    ['30003', '+6591234567'],
    ['63024', '+6591234567'],
    ['21610', 'messenger:77'],
    ['21610', '12345'],
    ['21610', ''],
  ])('%s of %j is none', (ErrorCode, To) => {
    expect(call({ ...SENT, To, MessageStatus: 'failed', ErrorCode })).not.toHaveProperty('heard')
  })
})

describe('who is believed', () => {
  const delivered = { ...SENT, MessageStatus: 'delivered' }

  it('is who knows the token, the old one or the new', () => {
    expect(call(delivered, { tokens: ['new', TOKEN] }).kind).toBe('receipts')
    expect(call(delivered, { tokens: [TOKEN, 'new'] }).kind).toBe('receipts')
    expect(call(delivered, { token: 'a guess' }).kind).toBe('refused')
  })

  it('is nobody without a signature, and nobody where there is no token', () => {
    const request = { method: 'POST', url: '/callbacks/sms', headers: {}, body: Buffer.from('') }
    expect(readCallback(request, CALLBACK_URL, [TOKEN])).toMatchObject({ kind: 'refused' })
    expect(call(delivered, { tokens: [] })).toMatchObject({ kind: 'refused' })
    // An HMAC with an empty key is one that anybody can make.
    expect(call(delivered, { token: '', tokens: [] })).toMatchObject({ kind: 'refused' })
  })

  it('does not depend on what a proxy made of the path', () => {
    const behindProxy = { callbackUrl: 'https://example.com/untilread/callbacks/sms', path: '/callbacks/sms' }
    expect(call(delivered, behindProxy).kind).toBe('receipts')
  })

  it('is not who moves a receipt to another attempt', () => {
    const query = `?attempt=${REF}`
    const joined = Object.entries(delivered)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flat()
      .join('')
    const headers = { 'x-twilio-signature': sign(TOKEN, CALLBACK_URL + query + joined) }
    const body = Buffer.from(new URLSearchParams(delivered).toString())
    const moved = { method: 'POST', url: `/callbacks/sms${query.replace('.2', '.3')}`, headers, body }
    expect(readCallback(moved, CALLBACK_URL, [TOKEN])).toMatchObject({ kind: 'refused' })
  })

  it('is told what may be wrong when nothing matches', () => {
    expect(call(delivered, { token: 'x' })).toMatchObject({ detail: expect.stringContaining('publicUrl') })
  })
})
