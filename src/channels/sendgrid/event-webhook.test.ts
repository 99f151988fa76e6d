import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SendGridFake, startSendGrid } from '../../../test/fakes/sendgrid.ts'
import type { CallbackResult, RawRequest } from '../../engine/ports/channel.ts'
import { readEventWebhook } from './event-webhook.ts'
import { keyOf } from './signature.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const HOUR = 3_600_000
const REF = '0199c0de-0000-7000-8000-000000000001.2'
const ID = 'LRzXl_NHStOGhQ4kofSm_A'
const ANN = 'Ann@example.org'

let fake: SendGridFake
beforeAll(async () => {
  fake = await startSendGrid({ now: () => NOW })
})
afterAll(() => fake.close())

function post(events: unknown, how: { at?: number; forged?: boolean } = {}): RawRequest {
  return { method: 'POST', url: '/callbacks/mail', ...fake.post(events, how) }
}

function read(request: RawRequest, more: { group?: number; keys?: [] } = {}): CallbackResult {
  const keys = more.keys ?? [keyOf(fake.verificationKey)].filter((key) => key !== undefined)
  return readEventWebhook(request, { keys, group: more.group, now: NOW })
}

/** What one event about our mail to Ann comes to. */
const told = (
  more: Readonly<Record<string, unknown>>,
  of: { id?: string; attemptRef?: string } = { attemptRef: REF },
) => read(post([fake.event({ email: ANN, ...of }, more)]))
const receipt = (report: object) => ({ attemptRef: REF, report: { ...report, providerAt: NOW - 2_000 } })
const suppress = (reason: string) => ({ kind: 'suppress', channel: 'Email', address: ANN, reason })
const NOTHING = { kind: 'receipts', receipts: [], ignored: 1 }

describe('an event about a mail', () => {
  it.each([
    ['processed', 'accepted'],
    ['delivered', 'delivered'],
  ])('%s is %s', (event, status) => {
    expect(told({ event, response: '250 OK' })).toEqual({
      kind: 'receipts',
      receipts: [receipt({ status, native: event })],
      ignored: 0,
    })
  })

  it.each(['deferred', 'open', 'click', 'account_status_change', 'levitated', 'toString', '', 'Delivered', 7, null])(
    '%j changes nothing',
    (event) => {
      expect(told({ event, attempt: '5', url: 'https://example.com/' })).toEqual(NOTHING)
    },
  )

  it.each([
    ['bounce', '5.1.1', 'failed', 'bounce', 'there is no such mailbox'],
    ['bounce', '', 'failed', 'bounce', 'the receiving server refused it'],
    ['blocked', '5.7.1', 'failed', 'blocked', 'the receiving server does not let it in'],
    ['blocked', undefined, 'failed', 'blocked', 'the receiving server refused it this time'],
    ['blocked', '4.4.7', 'expired', 'blocked', 'the receiving server did not take it in time'],
    ['expired', undefined, 'expired', 'expired', 'the receiving server refused it'],
    [undefined, undefined, 'failed', 'bounce', 'the receiving server refused it'],
  ])('bounce of type %j with %j is %s', (type, code, status, native, message) => {
    const result = told({ event: 'bounce', type, status: code, reason: 'unable to get mx info for ann' })
    expect(result).toMatchObject({ receipts: [receipt({ status, native, error: { message } })], ignored: 0 })
    expect(JSON.stringify(result)).not.toContain('mx info')
  })

  it('bounce without a status has it in its reason', () => {
    const result = told({ event: 'bounce', type: 'blocked', reason: '552 5.2.2 Ann is over quota' })
    expect(result).toMatchObject({
      receipts: [{ report: { error: { code: '5.2.2', message: 'the mailbox is full' } } }],
    })
  })

  it.each([
    ['Bounced Address', /has bounced before/],
    ['Invalid', /not valid/],
    ['Unsubscribed Address', /unsubscribed/],
    ['Spam Reporting Address', /reported spam/],
    ['Spam Content', /spam checker/],
    ['Invalid SMTPAPI header', /header/],
    ['Recipient List over Package Quota', /no more mails/],
    ['For reasons of ann@example.org', /^SendGrid dropped it$/],
    [undefined, /^SendGrid dropped it$/],
  ])('dropped because of %j is rejected', (reason, message) => {
    expect(told({ event: 'dropped', reason, status: '5.0.0' })).toMatchObject({
      receipts: [
        receipt({ status: 'rejected', native: 'dropped', error: { message: expect.stringMatching(message) } }),
      ],
    })
  })

  it('without our reference is of the mail whose id it begins with', () => {
    expect(told({ event: 'delivered' }, { id: ID })).toMatchObject({ receipts: [{ providerRef: ID }], ignored: 0 })
    expect(told({ event: 'delivered', sg_message_id: ID }, {})).toMatchObject({ receipts: [{ providerRef: ID }] })
  })

  it.each([
    [{}],
    [{ sg_message_id: '' }],
    [{ sg_message_id: '.filter-1' }],
    [{ sg_message_id: 12 }],
    [{ sg_message_id: 'x'.repeat(256) }],
    [{ untilread_attempt: 'nonsense' }],
    [{ untilread_attempt: `${'a'.repeat(65)}.1` }],
    [{ untilread_attempt: [REF] }],
  ])('that names no mail (%j) is counted and not guessed', (of) => {
    expect(told({ event: 'delivered', ...of }, {})).toEqual(NOTHING)
  })

  it.each([0, -1, 'yesterday', 1e300, null, [1]])('with the time %j has none', (timestamp) => {
    const result = told({ event: 'delivered', timestamp })
    expect(result).toMatchObject({ receipts: [{ report: { status: 'delivered' } }] })
    expect(JSON.stringify(result)).not.toContain('providerAt')
  })
})

describe('an event about a person', () => {
  it.each([
    [{ event: 'bounce', type: 'bounce' }, 'bad-address'],
    [{ event: 'dropped', reason: 'Bounced Address' }, 'bad-address'],
    [{ event: 'dropped', reason: 'invalid' }, 'bad-address'],
    [{ event: 'dropped', reason: 'Spam Reporting Address' }, 'blocked'],
    [{ event: 'dropped', reason: 'Unsubscribed Address' }, 'opted-out'],
    [{ event: 'spamreport' }, 'blocked'],
    [{ event: 'unsubscribe' }, 'opted-out'],
    [{ event: 'group_unsubscribe', asm_group_id: 10 }, 'opted-out'],
  ])('%j means: nothing more to this address, %s', (event, reason) => {
    expect(told(event)).toMatchObject({ heard: [suppress(reason)], ignored: 0 })
  })

  it.each([
    [{ event: 'bounce', type: 'blocked', status: '5.7.1' }],
    [{ event: 'bounce', status: '5.1.1' }],
    [{ event: 'dropped', reason: 'Spam Content' }],
    [{ event: 'dropped', reason: 'Recipient List over Package Quota' }],
    [{ event: 'delivered' }],
  ])('is not %j: the address may be good', (event) => {
    expect(told(event)).not.toHaveProperty('heard')
  })

  it('who comes back to our group may be written to again', () => {
    expect(told({ event: 'group_resubscribe', asm_group_id: 10 })).toEqual({
      kind: 'receipts',
      receipts: [],
      heard: [{ kind: 'lift', channel: 'Email', address: ANN }],
      ignored: 0,
    })
  })

  it('that is about a group counts only where it is ours', () => {
    const events = ['group_unsubscribe', 'group_resubscribe'].map((event) =>
      fake.event({ id: ID, email: ANN }, { event, asm_group_id: 10 }),
    )
    expect(read(post(events), { group: 10 })).toMatchObject({ heard: [suppress('opted-out'), { kind: 'lift' }] })
    expect(read(post(events), { group: 11 })).toEqual({ kind: 'receipts', receipts: [], ignored: 2 })
    expect(read(post(events))).toEqual({ kind: 'receipts', receipts: [], ignored: 2 })
  })

  it('is heard although the mail is not known: some bounces name none', () => {
    expect(told({ event: 'bounce', type: 'bounce', status: '5.1.10' }, {})).toEqual({
      kind: 'receipts',
      receipts: [],
      heard: [suppress('bad-address')],
      ignored: 0,
    })
  })

  it.each([undefined, '', 'not an email address', 7, ['ann@example.org'], `${'a'.repeat(250)}@example.org`])(
    'at the address %j is nobody',
    (email) => {
      expect(told({ event: 'unsubscribe', email })).toEqual(NOTHING)
    },
  )
})

describe('a post', () => {
  it('with many events is all of them, in their order, whatever some of them look like', () => {
    const good = (event: string) => fake.event({ attemptRef: REF }, { event })
    const result = read(post([good('processed'), null, 'delivered', [], {}, good('open'), good('delivered')]))
    expect(result).toMatchObject({
      receipts: [{ report: { status: 'accepted' } }, { report: { status: 'delivered' } }],
      ignored: 5,
    })
  })

  it.each([0, -24 * HOUR, -25 * HOUR, HOUR])('signed %i ms from now may be a late try of SendGrid’s', (ms) => {
    expect(read(post([], { at: NOW + ms }))).toEqual({ kind: 'receipts', receipts: [], ignored: 0 })
  })

  it.each([-25 * HOUR - 1000, HOUR + 1000])('signed %i ms from now is refused', (ms) => {
    expect(read(post([], { at: NOW + ms }))).toMatchObject({ kind: 'refused', detail: expect.stringContaining('time') })
  })

  it.each([
    ['x-twilio-email-event-webhook-signature', undefined],
    ['x-twilio-email-event-webhook-signature', ''],
    ['x-twilio-email-event-webhook-timestamp', undefined],
    ['x-twilio-email-event-webhook-timestamp', 'soon'],
    ['x-twilio-email-event-webhook-timestamp', '1e9'],
    ['x-twilio-email-event-webhook-timestamp', '-1'],
  ])('with %s %j is refused', (name, value) => {
    const request = post([])
    expect(read({ ...request, headers: { ...request.headers, [name]: value } }).kind).toBe('refused')
  })

  it('is refused where no key is known, or another one', () => {
    expect(read(post([]), { keys: [] })).toMatchObject({ kind: 'refused', detail: expect.stringContaining('no verif') })
    expect(read(post([], { forged: true }))).toMatchObject({ kind: 'refused' })
  })

  it.each(['', '{}', '"delivered"', 'null', '[', '\xff\xfe'])('of %j is unreadable', (text) => {
    expect(read(post(text)).kind).toBe('unreadable')
  })
})
