import { describe, expect, it } from 'vitest'
import { errors } from '../../../test/fakes/sendgrid.ts'
import type { HttpAnswer } from '../../http/http-client.ts'
import { checkOf, outcomeOfAnswer } from './sendgrid-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const ID = 'LRzXl_NHStOGhQ4kofSm_A'

function answer(status: number, json: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return { kind: 'answered', status, headers, text: JSON.stringify(json) ?? '', json, complete: true }
}
const refused = (status: number, field?: string | null, headers: Record<string, string> = {}) =>
  outcomeOfAnswer(answer(status, errors(status, 'Ann <ann@example.org> is not it', field).body, headers), NOW)

describe('an acceptance', () => {
  it('is 202, with the id of the mail in a header', () => {
    expect(outcomeOfAnswer(answer(202, undefined, { 'x-message-id': ID }), NOW)).toEqual({
      kind: 'accepted',
      providerRef: ID,
    })
  })

  it.each([{}, { 'x-message-id': '' }, { 'x-message-id': 'x'.repeat(101) }])(
    'with the headers %j has no id: events find the attempt by our reference',
    (headers) => {
      expect(outcomeOfAnswer(answer(202, undefined, headers as Record<string, string>), NOW)).toEqual({
        kind: 'accepted',
      })
    },
  )

  it.each([200, 201, 204])('is not %i', (status) => {
    expect(outcomeOfAnswer(answer(status, {}, { 'x-message-id': ID }), NOW)).toMatchObject({ kind: 'uncertain' })
  })
})

describe('a refusal', () => {
  it.each([
    [400, 'personalizations.0.to.0.email', 'recipient'],
    [400, 'personalizations.0.to', 'recipient'],
    [400, 'from.email', 'credentials'],
    [400, 'from', 'credentials'],
    [400, 'reply_to.email', 'credentials'],
    [400, 'asm.group_id', 'credentials'],
    [400, 'categories', 'credentials'],
    [400, 'content.0.value', 'content'],
    [400, 'subject', 'content'],
    [400, 'headers', 'content'],
    [400, 'fromage', 'content'],
    [400, 'null', 'content'],
    [400, null, 'content'],
    [401, null, 'credentials'],
    [403, 'from', 'credentials'],
    [404, null, 'credentials'],
    [405, null, 'credentials'],
    [413, null, 'content'],
    [302, null, 'credentials'],
  ])('%i about %j is because of the %s', (status, field, reason) => {
    const outcome = refused(status, field)
    expect(outcome).toMatchObject({
      kind: 'rejected',
      reason,
      code: String(status),
      detail: expect.stringMatching(/\S/),
    })
    expect(JSON.stringify(outcome)).not.toMatch(/ann/i)
  })

  it('about several fields is about the person, where one of them is the address', () => {
    const json = { errors: [{ field: 'subject' }, { field: 'from' }, { field: 'personalizations.0.to.0.email' }] }
    expect(outcomeOfAnswer(answer(400, json), NOW)).toMatchObject({ reason: 'recipient' })
  })

  it.each([undefined, null, [], {}, { errors: 'no' }, { errors: [null, 7, { field: 9 }] }])(
    'that says %j is read by its status',
    (json) => {
      expect(outcomeOfAnswer(answer(400, json), NOW)).toMatchObject({ kind: 'rejected', reason: 'content' })
    },
  )
})

describe('a limit', () => {
  it.each([
    [{ 'x-ratelimit-reset': String(NOW / 1000 + 9) }, 9_000],
    [{ 'x-ratelimit-reset': String(NOW / 1000 + 86_400) }, 3_600_000],
    [{ 'x-ratelimit-reset': String(NOW / 1000 - 1) }, 5_000],
    [{ 'x-ratelimit-reset': 'soon' }, 5_000],
    [{ 'retry-after': '3', 'x-ratelimit-reset': String(NOW / 1000 + 9) }, 3_000],
    [{}, 5_000],
  ])('with %j is over in %i ms', (headers, afterMs) => {
    expect(refused(429, null, headers as Record<string, string>)).toMatchObject({ kind: 'retry', afterMs })
  })
})

describe('no clear answer', () => {
  it.each([500, 502, 503, 504])('%i may have come after the mail was taken', (status) => {
    expect(refused(status)).toMatchObject({ kind: 'uncertain' })
  })

  it('a lost answer is uncertain, a request that never left is tried again', () => {
    expect(outcomeOfAnswer({ kind: 'ambiguous', detail: 'd' }, NOW)).toEqual({ kind: 'uncertain', detail: 'd' })
    expect(outcomeOfAnswer({ kind: 'not-sent', detail: 'd' }, NOW)).toMatchObject({ kind: 'retry', detail: 'd' })
  })
})

describe('the check of a key', () => {
  it.each([
    [200, { scopes: ['mail.send', 'alerts.read'] }, 'good'],
    [200, { scopes: ['alerts.read', 'mail.sender'] }, 'refused'],
    [200, { scopes: 'mail.send' }, 'unknown'],
    [200, undefined, 'unknown'],
    [401, errors(401, 'authorization required').body, 'refused'],
    [403, errors(403, 'access forbidden').body, 'refused'],
    [429, undefined, 'unknown'],
    [500, undefined, 'unknown'],
  ])('that is answered %i with %j is %s', (status, json, kind) => {
    expect(checkOf(answer(status, json)).kind).toBe(kind)
  })
})
