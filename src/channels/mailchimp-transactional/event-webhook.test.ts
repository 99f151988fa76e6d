import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  MAILCHIMP_WEBHOOK_KEY as KEY,
  type MailchimpFake,
  startMailchimp,
} from '../../../test/fakes/mailchimp-transactional.ts'
import type { CallbackResult, RawRequest } from '../../engine/ports/channel.ts'
import { readEventWebhook } from './event-webhook.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const URL_CALLED = 'https://messages.example.com/callbacks/mail'
const REF = '0199c0de-0000-7000-8000-000000000001.2'
const ID = 'abc123abc123abc123abc123abc12301'
const ANN = 'Ann@example.org'

let fake: MailchimpFake
beforeAll(async () => {
  fake = await startMailchimp({ now: () => NOW })
})
afterAll(() => fake.close())

type How = { key?: string | undefined; query?: string; method?: string; keys?: string[]; subaccount?: string }

function read(events: unknown, how: How = {}): CallbackResult {
  const { key = KEY, query = '', method = 'POST', keys = [KEY], subaccount } = how
  const request = { method, url: `/callbacks/mail${query}`, ...fake.post(URL_CALLED + query, events, key) }
  return readEventWebhook(request, { keys, callbackUrl: URL_CALLED, subaccount })
}

/** What one event about our mail to Ann comes to. */
function told(word: unknown, msg: object = {}, of: { id?: string; attemptRef?: string } = { attemptRef: REF }) {
  return read([fake.event({ email: ANN, ...of }, word, { ...msg })])
}
const receipt = (report: object) => ({ attemptRef: REF, report: { ...report, providerAt: NOW - 2_000 } })
const suppress = (reason: string, address = ANN) => ({ kind: 'suppress', channel: 'Email', address, reason })
const NOTHING = { kind: 'receipts', receipts: [], ignored: 1 }
const WELCOME = { kind: 'reply', status: 200, body: '' }

describe('an event about a mail', () => {
  it.each([
    ['send', 'sent'],
    ['delivered', 'delivered'],
  ])('%s is %s', (word, status) => {
    const receipts = [receipt({ status, native: word })]
    expect(told(word)).toEqual({ kind: 'receipts', receipts, ignored: 0 })
  })

  it.each(['deferral', 'open', 'click', 'inbound', 'levitated', 'toString', '', 'Send', 7, null])(
    '%j changes nothing',
    (word) => {
      expect(told(word)).toEqual(NOTHING)
    },
  )

  it.each([
    ['hard_bounce', 'bad_mailbox', 'smtp;550 5.1.1 Ann does not exist', 'failed', '5.1.1', 'there is no such mailbox'],
    ['hard_bounce', 'invalid_domain', '', 'failed', undefined, 'there is no such mail domain'],
    ['hard_bounce', 'general', 'no such Ann', 'failed', undefined, 'the receiving server refused it'],
    ['soft_bounce', 'mailbox_full', 'smtp;552 5.2.2 Over Quota', 'failed', '5.2.2', 'the mailbox is full'],
    ['soft_bounce', 'mailbox_full', undefined, 'failed', undefined, 'the mailbox is full'],
    ['soft_bounce', ['x'], 'smtp;450 4.4.7 expired', 'expired', '4.4.7', /in time/],
    ['soft_bounce', 'toString', 12, 'failed', undefined, 'the receiving server refused it'],
  ])('%s for %j that says %j is %s', (native, bounce_description, diag, status, code, message) => {
    const result = told(native, { bounce_description, diag, state: 'bounced' })
    const words = typeof message === 'string' ? message : expect.stringMatching(message)
    const error = { ...(code !== undefined && { code }), message: words }
    expect(result).toMatchObject({ receipts: [receipt({ status, native, error })], ignored: 0 })
    expect(JSON.stringify(result)).not.toMatch(/does not exist|no such Ann/)
  })

  it.each([
    [{ reject: { reason: 'hard-bounce', last_event_at: '2026-02-01' } }, 'hard-bounce', /bounced before/],
    [{ reject: { reason: 'unsigned' } }, 'unsigned', /SPF or DKIM/],
    [{ reject_reason: 'spam' }, 'spam', /reported spam/],
    [{ reject: { reason: 'because of ann@example.org and what she has told us' } }, undefined, /does not say why/],
    [{ reject: null }, undefined, /does not say why/],
    [{}, undefined, /does not say why/],
  ])('reject with %j is rejected', (msg, code, message) => {
    const error = { ...(code !== undefined && { code }), message: expect.stringMatching(message) }
    const result = told('reject', { ...msg, state: 'rejected' })
    expect(result).toMatchObject({ receipts: [receipt({ status: 'rejected', native: 'reject', error })] })
  })

  it('without our reference is of the mail whose id it names', () => {
    expect(told('delivered', {}, { id: ID })).toMatchObject({ receipts: [{ providerRef: ID }], ignored: 0 })
    expect(told('delivered', { _id: ID }, {})).toMatchObject({ receipts: [{ providerRef: ID }] })
  })

  it.each([
    {},
    { _id: '' },
    { _id: 7 },
    { _id: 'x'.repeat(101) },
    { metadata: { untilread_attempt: 'nonsense' } },
    { metadata: { untilread_attempt: 12 } },
    { metadata: REF },
    { metadata: null },
  ])('that names no mail (%j) is counted and not guessed', (msg) => {
    expect(told('delivered', msg, {})).toEqual(NOTHING)
  })

  it.each([0, -1, 'yesterday', null, [1]])('with the time %j has none', (ts) => {
    const result = read([{ ...fake.event({ attemptRef: REF }, 'send'), ts }])
    expect(result).toMatchObject({ receipts: [{ report: { status: 'sent' } }] })
    expect(JSON.stringify(result)).not.toContain('providerAt')
  })
})

describe('an event about a person', () => {
  it.each([
    ['hard_bounce', {}, 'bad-address'],
    ['spam', {}, 'blocked'],
    ['unsub', {}, 'opted-out'],
    ['reject', { reject: { reason: 'hard-bounce' } }, 'bad-address'],
    ['reject', { reject: { reason: 'spam' } }, 'blocked'],
    ['reject', { reject: { reason: 'unsub' } }, 'opted-out'],
  ])('%s with %j means: nothing more to this address, %s', (word, msg, reason) => {
    expect(told(word, msg)).toMatchObject({ heard: [suppress(reason)], ignored: 0 })
  })

  it.each([
    ['soft_bounce', {}],
    ['reject', { reject: { reason: 'soft-bounce' } }],
    ['reject', { reject: { reason: 'custom' } }],
    ['reject', { reject: { reason: 'test-mode-limit' } }],
    ['delivered', {}],
  ])('is not %s with %j: the address may be good', (word, msg) => {
    expect(told(word, msg)).not.toHaveProperty('heard')
  })

  it('is heard although the mail is not known', () => {
    expect(told('unsub', {}, {})).toEqual({
      kind: 'receipts',
      receipts: [],
      heard: [suppress('opted-out')],
      ignored: 0,
    })
  })

  it.each([undefined, '', 'not an email address', 7, ['ann@example.org']])('at the address %j is nobody', (email) => {
    expect(told('unsub', { email })).toEqual(NOTHING)
  })
})

describe('a change of the deny list', () => {
  const entry = (reason: unknown, more: object = {}) => ({
    reason,
    detail: 'smtp;550 5.1.1',
    last_event_at: '2014-02-01 12:43:56',
    email: ANN,
    expired: false,
    subaccount: null,
    ...more,
  })
  const change = (type: string, action: string, reject: object, how: How = {}) =>
    read([{ type, action, reject, ts: NOW / 1000 }], how)
  const heard = (...each: object[]) => ({ kind: 'receipts', receipts: [], heard: each, ignored: 0 })

  it.each([
    ['blacklist', 'add', 'hard-bounce', 'bad-address'],
    ['denylist', 'change', 'spam', 'blocked'],
    ['blacklist', 'add', 'unsub', 'opted-out'],
  ])('%s %s for %s is heard', (type, action, reason, why) => {
    expect(change(type, action, entry(reason))).toEqual(heard(suppress(why)))
  })

  it('that takes somebody off lets mails go again', () => {
    const lift = { kind: 'lift', channel: 'Email', address: ANN }
    expect(change('blacklist', 'remove', entry('hard-bounce'))).toEqual(heard(lift))
  })

  it.each([
    ['blacklist', 'add', entry('soft-bounce')],
    ['blacklist', 'remove', entry('custom')],
    ['blacklist', 'shake', entry('spam')],
    ['blacklist', 'add', entry('spam', { email: 'nobody' })],
    ['whitelist', 'add', entry('spam')],
    ['toString', 'add', entry('spam')],
  ])('%s %s with %j changes nothing', (type, action, reject) => {
    expect(change(type, action, reject)).toEqual(NOTHING)
  })

  it('of the allow list changes nothing', () => {
    expect(read([{ type: 'whitelist', action: 'add', entry: { email: ANN }, ts: NOW / 1000 }])).toEqual(NOTHING)
  })

  it('of a subaccount is for its own mails alone', () => {
    const reject = entry('unsub', { subaccount: 'shop' })
    expect(change('blacklist', 'add', reject)).toEqual(NOTHING)
    expect(change('blacklist', 'add', reject, { subaccount: 'other' })).toEqual(NOTHING)
    expect(change('blacklist', 'add', reject, { subaccount: 'shop' })).toEqual(heard(suppress('opted-out')))
    expect(change('blacklist', 'add', entry('unsub'), { subaccount: 'shop' })).toEqual(heard(suppress('opted-out')))
  })
})

describe('a call', () => {
  it('with many events is all of them, in their order, whatever some of them look like', () => {
    const good = (word: string) => fake.event({ attemptRef: REF }, word)
    expect(read([good('send'), null, 'send', [], {}, good('open'), good('delivered')])).toMatchObject({
      receipts: [{ report: { status: 'sent' } }, { report: { status: 'delivered' } }],
      ignored: 5,
    })
  })

  it('may carry a query of the operator’s, which is signed too', () => {
    expect(read([fake.event({ attemptRef: REF }, 'send')], { query: '?from=mailchimp' }).kind).toBe('receipts')
  })

  it('that only looks whether we are here is welcome, before there is a key', () => {
    for (const method of ['HEAD', 'GET']) expect(read('', { method, keys: [] })).toEqual(WELCOME)
    expect(read([], { key: 'test-webhook', keys: [] })).toEqual(WELCOME)
    expect(read([], { key: '' })).toEqual(WELCOME)
    expect(read('', { key: 'test-webhook' })).toEqual(WELCOME)
  })

  it('is refused without a key of ours, without a signature, or with another', () => {
    const events = [fake.event({ attemptRef: REF }, 'send')]
    expect(read(events, { keys: [] })).toMatchObject({ kind: 'refused', detail: expect.stringContaining('webhookKey') })
    expect(read(events, { key: '' })).toMatchObject({ kind: 'refused', detail: 'it is not signed' })
    // Anybody may know this one.
    expect(read(events, { key: 'test-webhook' }).kind).toBe('refused')
  })

  it('is believed with the old key and with the new one', () => {
    expect(read([fake.event({ attemptRef: REF }, 'send')], { keys: ['new', KEY] }).kind).toBe('receipts')
  })

  it.each(['{}', '"send"', 'null', '[', '7'])('of %j is unreadable', (text) => {
    expect(read(text).kind).toBe('unreadable')
  })

  it('of bytes that are no form is not believed', () => {
    const request: RawRequest = { method: 'POST', url: '/callbacks/mail', headers: {}, body: Buffer.from([0xff, 0x00]) }
    expect(readEventWebhook(request, { keys: [KEY], callbackUrl: URL_CALLED }).kind).toBe('refused')
  })
})
