import { describe, expect, it } from 'vitest'
import { type Bounce, bounceMail } from '../../../test/fakes/bounce.ts'
import { readDeliveryReport } from './delivery-report.ts'

const ATTEMPT = '0199c0de-0000-7000-8000-000000000001.2'
const FIELDS = {
  'Final-Recipient': 'rfc822; ann@example.org',
  Action: 'failed',
  Status: '5.1.1',
  'Remote-MTA': 'dns; mx.example.org',
  'Diagnostic-Code': 'smtp; 550 5.1.1 <ann@example.org>: no\r\n such user',
  'Last-Attempt-Date': 'Sun, 1 Mar 2026 13:00:00 +0100',
}
const bounce = (over: Partial<Bounce> = {}, fields: Record<string, string> = {}) =>
  bounceMail({ recipients: [{ ...FIELDS, ...fields }], envelopeId: ATTEMPT, ...over })

describe('a delivery report', () => {
  it('of failure brings status, code, words and time, and no address', async () => {
    expect(await readDeliveryReport(bounce())).toEqual({
      kind: 'receipts',
      ignored: 0,
      receipts: [
        {
          attemptRef: ATTEMPT,
          report: {
            status: 'failed',
            native: 'failed',
            providerAt: Date.parse('2026-03-01T12:00:00Z'),
            error: { code: '5.1.1', message: '550 5.1.1 <…@…>: no such user' },
          },
        },
      ],
    })
  })

  it.each([
    ['delivered', 'delivered'],
    ['Relayed', 'sent'],
    ['expanded', 'sent'],
    ['FAILED', 'failed'],
  ])('that says %s means %s', async (action, status) => {
    const result = await readDeliveryReport(bounce({}, { Action: action }))
    expect(result).toMatchObject({ receipts: [{ report: { status, native: action.toLowerCase() } }] })
  })

  it.each(['delayed', 'constructor', ''])('that says %j changes nothing', async (action) => {
    expect(await readDeliveryReport(bounce({}, { Action: action }))).toEqual({
      kind: 'receipts',
      receipts: [],
      ignored: 1,
    })
  })

  it('of a time that ran out means expired', async () => {
    for (const code of ['4.4.7', '5.4.7']) {
      const result = await readDeliveryReport(bounce({}, { Status: code }))
      expect(result).toMatchObject({ receipts: [{ report: { status: 'expired', error: { code } } }] })
    }
  })

  it('without words still says what it is', async () => {
    const result = await readDeliveryReport(bounceMail({ recipients: [{ Action: 'failed' }], envelopeId: ATTEMPT }))
    expect(result).toMatchObject({ receipts: [{ report: { error: { message: 'undeliverable' } } }] })
  })

  it('is matched by our header in the quoted mail, before anything else', async () => {
    for (const quotedAs of ['message/rfc822', 'text/rfc822-headers'] as const) {
      const raw = bounce({ envelopeId: 'of-somebody-else', quoted: { 'x-untilread-attempt': ATTEMPT }, quotedAs })
      expect(await readDeliveryReport(raw)).toMatchObject({ receipts: [{ attemptRef: ATTEMPT }] })
    }
  })

  it('is matched by the address that it was sent to, where our return path carries the reference', async () => {
    const raw = bounceMail({ recipients: [FIELDS], to: `<Bounces+${ATTEMPT.toUpperCase()}@mail.example>` })
    expect(await readDeliveryReport(raw, 'bounces+{attempt}@mail.example')).toMatchObject({
      receipts: [{ attemptRef: ATTEMPT }],
    })
    expect(await readDeliveryReport(raw, 'bounces@mail.example')).toMatchObject({ receipts: [], ignored: 1 })
    // A dot in the pattern is a dot.
    expect(await readDeliveryReport(raw, 'bounces+{attempt}@mail-example')).toMatchObject({ receipts: [], ignored: 1 })
  })

  it('is matched by the Message-ID when nothing else is left', async () => {
    const raw = bounceMail({ recipients: [FIELDS], quoted: { 'Message-ID': ' <one.2.1@mail.example>' } })
    expect(await readDeliveryReport(raw)).toMatchObject({ receipts: [{ providerRef: 'one.2.1@mail.example' }] })
  })

  it('about no mail of ours is counted and not guessed', async () => {
    const raw = bounceMail({ recipients: [FIELDS, FIELDS], envelopeId: 'not one of ours' })
    expect(await readDeliveryReport(raw)).toEqual({ kind: 'receipts', receipts: [], ignored: 2 })
  })

  it('with several recipients gives a receipt for each that says something', async () => {
    const raw = bounceMail({
      recipients: [FIELDS, { ...FIELDS, Action: 'delayed' }, { ...FIELDS, Action: 'delivered' }],
      envelopeId: ATTEMPT,
    })
    const result = await readDeliveryReport(raw)
    expect(result).toMatchObject({
      ignored: 1,
      receipts: [{ report: { status: 'failed' } }, { report: { status: 'delivered' } }],
    })
  })

  it('with bare line feeds, as a pipe may hand it over, reads the same', async () => {
    const unix = Buffer.from(bounce().toString().replaceAll('\r\n', '\n'))
    expect(await readDeliveryReport(unix)).toEqual(await readDeliveryReport(bounce()))
  })

  it('is something else than a holiday notice, which is passed over', async () => {
    const notice =
      'From: ann@example.org\r\nDate: Sun, 1 Mar 2026 12:00:00 +0000\r\nSubject: Away\r\n\r\nBack on Monday.\r\n'
    expect(await readDeliveryReport(Buffer.from(notice))).toEqual({ kind: 'receipts', receipts: [], ignored: 1 })
  })

  it.each([
    ['nothing', ''],
    ['JSON', '{"status":"delivered"}'],
    [
      'a report without its part for machines',
      bounce().toString().replace('message/delivery-status\r\n', 'text/plain\r\n'),
    ],
    ['a report about nobody', bounceMail({ recipients: [], envelopeId: ATTEMPT }).toString()],
  ])('that is %s is unreadable', async (_what, raw) => {
    expect((await readDeliveryReport(Buffer.from(raw))).kind).toBe('unreadable')
  })
})
