import { describe, expect, it } from 'vitest'
import { error, result } from '../../../test/fakes/mailchimp-transactional.ts'
import type { HttpAnswer } from '../../http/http-client.ts'
import { checkOf, outcomeOfAnswer } from './mailchimp-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const ID = 'abc123abc123abc123abc123abc123'

function answer(status: number, json: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return { kind: 'answered', status, headers, text: JSON.stringify(json) ?? '', json, complete: true }
}
const said = (status: string, more: Readonly<Record<string, unknown>> = {}) =>
  outcomeOfAnswer(answer(200, result('ann@example.org', status, more).body), NOW)
const failed = (status: number, name: string, message = 'ann@example.org: no') =>
  outcomeOfAnswer(answer(status, error(status, -1, name, message).body), NOW)

describe('what became of the one recipient', () => {
  it.each([
    ['sent', null],
    ['queued', 'multiple-recipients'],
    ['queued', 'hourly-quota-exhausted'],
    ['queued', 'sending-paused'],
    ['queued', null],
    ['scheduled', null],
  ])('%s (%s) is taken', (status, queued_reason) => {
    expect(said(status, { queued_reason, _id: ID })).toEqual({ kind: 'accepted', providerRef: ID })
  })

  it('may have no id: events find the attempt by our reference', () => {
    expect(said('sent', { _id: 7 })).toEqual({ kind: 'accepted' })
  })

  it.each([
    ['hard-bounce', 'recipient', 'bad-address'],
    ['spam', 'recipient', 'blocked'],
    ['unsub', 'recipient', 'opted-out'],
    ['soft-bounce', 'recipient', undefined],
    ['custom', 'recipient', undefined],
    ['invalid', 'recipient', undefined],
    ['invalid-sender', 'credentials', undefined],
    ['unsigned', 'credentials', undefined],
    ['test-mode-limit', 'credentials', undefined],
    ['rule', 'content', undefined],
    ['toString', 'content', undefined],
    ['something-new', 'content', undefined],
  ])('rejected for %s is because of the %s, and suppresses as %s', (reject_reason, reason, suppress) => {
    const outcome = said('rejected', { reject_reason, _id: ID })
    expect(outcome).toMatchObject({
      kind: 'rejected',
      reason,
      code: reject_reason,
      detail: expect.stringMatching(/\S/),
    })
    expect((outcome as { suppress?: string }).suppress).toBe(suppress)
  })

  it('invalid is about the address', () => {
    expect(said('invalid', { _id: ID })).toMatchObject({ kind: 'rejected', reason: 'recipient', code: 'invalid' })
  })

  it('rejected without a reason, or with one that quotes somebody, says no more than that', () => {
    for (const reject_reason of [null, undefined, 7, 'ann@example.org has asked us not to write to her']) {
      expect(said('rejected', { reject_reason })).toEqual({
        kind: 'rejected',
        reason: 'content',
        detail: 'Mailchimp refused it: Mailchimp does not say why',
      })
    }
  })

  it.each([[], {}, null, undefined, 'PONG!', [null], [{}], [{ status: 7 }], [{ status: 'levitated', _id: ID }]])(
    'is not known from %j',
    (json) => {
      expect(outcomeOfAnswer(answer(200, json), NOW)).toMatchObject({ kind: 'uncertain' })
    },
  )
})

describe('an error', () => {
  it.each([
    [401, 'Invalid_Key', 'credentials'],
    [500, 'Invalid_Key', 'credentials'],
    [402, 'PaymentRequired', 'credentials'],
    [500, 'PaymentRequired', 'credentials'],
    [402, 'MC_Exception_PaymentRequired', 'credentials'],
    [404, 'Unknown_Subaccount', 'credentials'],
    [500, 'PoorReputation', 'credentials'],
    [404, 'Unknown_Method', 'credentials'],
    [400, 'Something_New', 'content'],
  ])('%i %s is because of the %s', (status, name, reason) => {
    const outcome = failed(status, name)
    expect(outcome).toMatchObject({ kind: 'rejected', reason })
    expect(JSON.stringify(outcome)).not.toContain('ann@')
  })

  it.each([
    ['{"message":{"from_email":"An email address must contain a single @"}}', 'credentials'],
    ['{"message":{"from_name":"x"}}', 'credentials'],
    ['You must specify a key value', 'credentials'],
    ['{"message":{"tags":["x"]}}', 'credentials'],
    ['{"message":{"to":[{"email":"Please enter a value"}]}}', 'recipient'],
    ['{"message":{"subject":"too long"}}', 'content'],
    ['', 'content'],
  ])('of validation that says %s is because of the %s', (words, reason) => {
    for (const status of [400, 422, 500]) {
      const outcome = failed(status, 'ValidationError', `Validation error: ${words}`)
      expect(outcome).toMatchObject({ kind: 'rejected', reason, code: 'ValidationError' })
    }
  })

  it('of maintenance passes: nothing was sent', () => {
    expect(failed(503, 'ServiceUnavailable')).toMatchObject({ kind: 'retry', afterMs: 30_000 })
    expect(failed(500, 'ServiceUnavailable')).toMatchObject({ kind: 'retry' })
  })

  it.each([
    [500, 'GeneralError'],
    [502, 'toString'],
    [503, 'GeneralError'],
    [504, ''],
  ])('%i %s may have come after the mail was taken', (status, name) => {
    expect(failed(status, name)).toMatchObject({ kind: 'uncertain' })
  })

  it('without Mailchimp’s words is read by its status', () => {
    expect(outcomeOfAnswer(answer(403, undefined), NOW)).toMatchObject({ reason: 'credentials' })
    expect(outcomeOfAnswer(answer(429, undefined), NOW)).toMatchObject({ kind: 'retry', afterMs: 5_000 })
    expect(outcomeOfAnswer(answer(404, '<html>'), NOW)).toMatchObject({ reason: 'credentials' })
    expect(outcomeOfAnswer(answer(500, { status: 'error', name: 7 }), NOW)).toMatchObject({ kind: 'uncertain' })
    expect(outcomeOfAnswer(answer(500, { name: 'Invalid_Key' }), NOW)).toMatchObject({ kind: 'uncertain' })
  })

  it('that never came leaves the send uncertain, and a request that never left is tried again', () => {
    expect(outcomeOfAnswer({ kind: 'ambiguous', detail: 'd' }, NOW)).toEqual({ kind: 'uncertain', detail: 'd' })
    expect(outcomeOfAnswer({ kind: 'not-sent', detail: 'd' }, NOW)).toMatchObject({ kind: 'retry', detail: 'd' })
  })
})

describe('the check of a key', () => {
  it.each([
    [200, { PING: 'PONG!' }, 'good'],
    [200, 'PONG!', 'unknown'],
    [200, undefined, 'unknown'],
    [401, error(401, -1, 'Invalid_Key', 'x').body, 'refused'],
    [500, error(500, -1, 'Invalid_Key', 'x').body, 'refused'],
    [403, undefined, 'refused'],
    [500, error(500, -99, 'GeneralError', 'x').body, 'unknown'],
  ])('that is answered %i with %j is %s', (status, json, kind) => {
    expect(checkOf(answer(status, json)).kind).toBe(kind)
  })
})
