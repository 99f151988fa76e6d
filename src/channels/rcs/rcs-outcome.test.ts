import { describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../http/http-client.ts'
import { outcomeOfAnswer, revocationOf } from './rcs-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const ID = '5d1a2b7c-0000-5000-8000-000000000001'

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { kind: 'answered', status, headers, text, json: typeof body === 'string' ? undefined : body, complete: true }
}
const failure = (status: number, code: unknown) =>
  answer(status, { error: { code: status, message: 'Number +6591234567 …', status: code } })
const outcome = (given: HttpAnswer) => outcomeOfAnswer(given, ID, NOW)

describe('a message that Google takes', () => {
  it('is known under our own id', () => {
    const body = { name: `phones/+6591234567/agentMessages/${ID}`, sendTime: '2026-03-01T12:00:00Z' }
    expect(outcome(answer(200, body))).toEqual({ kind: 'accepted', providerRef: ID })
  })

  it('is the same when it has had it before', () => {
    expect(outcome(failure(409, 'ALREADY_EXISTS'))).toEqual({ kind: 'accepted', providerRef: ID })
    expect(outcome(answer(200, {}))).toEqual({ kind: 'accepted', providerRef: ID })
  })

  it.each(['', '<html>ok</html>', 'ok'])('is not one that is answered with %j', (text) => {
    expect(outcome(answer(200, text))).toMatchObject({ kind: 'uncertain' })
  })
})

describe('a refusal', () => {
  it.each([
    [404, 'NOT_FOUND', 'recipient', 'cannot be reached by RCS'],
    [400, 'INVALID_ARGUMENT', 'content', 'not right for the agent'],
    [400, 'OUT_OF_RANGE', 'content', 'not right for the agent'],
    [400, 'FAILED_PRECONDITION', 'credentials', 'not ready to send'],
    [401, 'UNAUTHENTICATED', 'credentials', 'token'],
    [403, 'PERMISSION_DENIED', 'credentials', 'no tester of it'],
    [400, 'UNHEARD_OF', 'content', 'UNHEARD_OF'],
    [403, 'UNHEARD_OF', 'credentials', 'UNHEARD_OF'],
  ])('%i %s is because of the %s', (status, code, reason, words) => {
    const refused = outcome(failure(status, code))
    expect(refused).toMatchObject({ kind: 'rejected', reason, code, detail: expect.stringContaining(words) })
    expect(JSON.stringify(refused)).not.toContain('6591234567')
  })

  it('that is not Google’s own is read by its status, and a page that is not there says nothing of the phone', () => {
    expect(outcome(answer(404, '<html>'))).toMatchObject({
      reason: 'credentials',
      detail: expect.stringMatching(/baseUrl/),
    })
    expect(outcome(failure(404, 'not a code'))).toMatchObject({ reason: 'credentials' })
    expect(outcome(failure(404, 404))).toMatchObject({ reason: 'credentials' })
    expect(outcome(answer(404, { error: 'NOT_FOUND' }))).toMatchObject({ reason: 'credentials' })
    expect(outcome(answer(400, []))).toMatchObject({ reason: 'content', code: '400' })
    expect(outcome(answer(302, ''))).toMatchObject({ reason: 'credentials' })
  })
})

describe('what passes, or is not clear', () => {
  it('too many at a time are tried again', () => {
    expect(outcome(failure(429, 'RESOURCE_EXHAUSTED'))).toMatchObject({ kind: 'retry', afterMs: 5_000 })
    expect(outcome(answer(429, '', { 'retry-after': '9' }))).toMatchObject({ kind: 'retry', afterMs: 9_000 })
  })

  it.each([
    [500, 'INTERNAL'],
    [503, 'UNAVAILABLE'],
    [504, 'DEADLINE_EXCEEDED'],
    [409, 'ABORTED'],
    [499, 'CANCELLED'],
    // Not even a code that would be clear elsewhere makes it certain.
    [500, 'NOT_FOUND'],
  ])('%i %s may have come after the message was taken', (status, code) => {
    expect(outcome(failure(status, code))).toMatchObject({ kind: 'uncertain' })
  })

  it('a lost answer is uncertain, a request that never left is tried again', () => {
    expect(outcomeOfAnswer({ kind: 'ambiguous', detail: 'd' }, ID, NOW)).toEqual({ kind: 'uncertain', detail: 'd' })
    expect(outcomeOfAnswer({ kind: 'not-sent', detail: 'd' }, ID, NOW)).toMatchObject({ kind: 'retry', detail: 'd' })
  })
})

describe('taking a message back', () => {
  it.each([
    [answer(200, {}), true, { kind: 'revoked' }],
    [answer(200, {}), false, { kind: 'revoked' }],
    [failure(404, 'NOT_FOUND'), true, { kind: 'too-late', status: 'delivered' }],
    // Nobody knows that Google ever had it.
    [failure(404, 'NOT_FOUND'), false, { kind: 'unclear' }],
    [answer(404, '<html>'), true, { kind: 'unclear' }],
    [answer(200, '<html>'), true, { kind: 'unclear' }],
    [failure(403, 'PERMISSION_DENIED'), true, { kind: 'unclear' }],
    [failure(500, 'INTERNAL'), true, { kind: 'unclear' }],
    [{ kind: 'ambiguous', detail: 'd' } as const, true, { kind: 'unclear', detail: 'd' }],
  ])('%# is what the answer says and no more', (given, wasTaken, expected) => {
    expect(revocationOf(given, wasTaken)).toMatchObject(expected)
  })
})
