import { describe, expect, it } from 'vitest'
import { vonageError } from '../../../test/fakes/vonage.ts'
import type { HttpAnswer } from '../../http/http-client.ts'
import { outcomeOfCheck, outcomeOfRevoke, outcomeOfSend } from './vonage-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const UUID = 'aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab'

function answer(status: number, json?: unknown, headers: Record<string, string> = {}): HttpAnswer {
  return { kind: 'answered', status, headers, text: JSON.stringify(json) ?? '', json, complete: true }
}
const refused = (status: number, code: number | string, headers?: Record<string, string>) =>
  outcomeOfSend(answer(status, vonageError(`messages#${code}`, 'No.', 'Said of 6591234567'), headers), NOW)

describe('an acceptance', () => {
  it('brings the id of the message', () => {
    const outcome = { kind: 'accepted', providerRef: UUID }
    expect(outcomeOfSend(answer(202, { message_uuid: UUID }), NOW)).toEqual(outcome)
    expect(outcomeOfSend(answer(202, { message_uuid: UUID, workflow_id: 'w' }), NOW)).toEqual(outcome)
  })

  it.each([
    undefined,
    {},
    [],
    null,
    'ok',
    { message_uuid: 7 },
    { message_uuid: '' },
    { message_uuid: 'x'.repeat(101) },
  ])('that reads %j may have come from somebody else', (json) => {
    expect(outcomeOfSend(answer(202, json), NOW)).toMatchObject({ kind: 'uncertain' })
  })
})

describe('a refusal', () => {
  it.each([
    [422, 1120, 'credentials'],
    [422, 1420, 'credentials'],
    [422, 1160, 'credentials'],
    [402, 1070, 'credentials'],
    [401, 'unauthorized', 'credentials'],
    [404, 'not-found', 'credentials'],
    [422, 1170, 'recipient'],
    [422, 1240, 'recipient'],
    [422, 1300, 'recipient'],
    [422, 1430, 'recipient'],
    [422, 1020, 'content'],
    [422, 1022, 'content'],
    [422, 1340, 'content'],
    [422, 1440, 'content'],
    [422, 1999, 'content'],
    [422, 'invalid-json', 'content'],
    // What passes by itself elsewhere does not as an answer to this request.
    [422, 1100, 'content'],
    [422, 1180, 'content'],
  ])('%i with %s is because of the %s', (status, code, reason) => {
    expect(refused(status, code)).toMatchObject({ kind: 'rejected', reason })
  })

  it.each([
    [1240, 'opted-out'],
    [1170, 'bad-address'],
    [1190, 'bad-address'],
    [1300, undefined],
    [1430, undefined],
  ])('with %i suppresses the address as %s', (code, suppress) => {
    const outcome = refused(422, code)
    expect(outcome.kind === 'rejected' ? outcome.suppress : 'not rejected').toBe(suppress)
  })

  it('says in our words what Vonage’s may say with a number in them', () => {
    expect(refused(422, 1300)).toMatchObject({ detail: 'Vonage answered 422: the person is not on this channel' })
    const unknown = 'Vonage answered 422: error 1999, see https://developer.vonage.com/en/api-errors/messages'
    expect(refused(422, 1999)).toMatchObject({ detail: unknown, code: '1999' })
  })

  it.each([
    [429, 1000, { 'retry-after': '3' }, 3_000],
    [429, 'throttled', undefined, 5_000],
    [422, 1000, undefined, 5_000],
    [422, 1000, { 'retry-after': '9' }, 9_000],
  ])('%i with %s and %j passes by itself', (status, code, headers, afterMs) => {
    expect(refused(status, code, headers)).toMatchObject({ kind: 'retry', afterMs })
  })

  it('is not read off what only looks like a code', () => {
    for (const json of [
      { type: '#12' },
      { type: 'https://x/#toString' },
      { title: '1240 or so' },
      { type: 1240 },
      [],
    ]) {
      const outcome = { kind: 'rejected', reason: 'content', detail: 'answered 422 Unprocessable Entity', code: '422' }
      expect(outcomeOfSend(answer(422, json), NOW)).toEqual(outcome)
    }
  })
})

describe('no clear answer', () => {
  it.each([500, 502, 503, 504])('%i may have come after the message was taken', (status) => {
    expect(refused(status, 1430)).toMatchObject({ kind: 'uncertain' })
  })

  it('a lost answer is uncertain, a request that never left is tried again', () => {
    expect(outcomeOfSend({ kind: 'ambiguous', detail: 'd' }, NOW)).toEqual({ kind: 'uncertain', detail: 'd' })
    expect(outcomeOfSend({ kind: 'not-sent', detail: 'd' }, NOW)).toMatchObject({ kind: 'retry', detail: 'd' })
  })
})

it.each([
  answer(202),
  answer(401, vonageError('#unauthorized', 'No.', 'x')),
  answer(422, vonageError('messages#1020', 'No.', 'x')),
  answer(500),
  { kind: 'ambiguous', detail: 'cut' } as const,
  { kind: 'not-sent', detail: 'refused' } as const,
])('no answer to a recall tells whether the message was stopped', (result) => {
  expect(outcomeOfRevoke(result)).toMatchObject({ kind: 'unclear', detail: expect.stringMatching(/\S/) })
})

it.each([
  [answer(200, { value: 10.284, autoReload: false }), { kind: 'good', detail: 'a balance of 10.28 EUR' }],
  [answer(200, { value: 0 }), { kind: 'good', detail: 'a balance of 0.00 EUR' }],
  [answer(200, { value: '10' }), { kind: 'unknown', detail: 'Vonage answered 200' }],
  [answer(200, '<html>'), { kind: 'unknown', detail: 'Vonage answered 200' }],
  [answer(401), { kind: 'refused', detail: 'Vonage does not take this key and secret' }],
  [answer(500), { kind: 'unknown', detail: 'Vonage answered 500' }],
  [{ kind: 'not-sent', detail: 'refused' } as const, { kind: 'unknown', detail: 'refused' }],
])('the answer %j to a question for the balance is %j', (result, outcome) => {
  expect(outcomeOfCheck(result)).toEqual(outcome)
})
