import { describe, expect, it } from 'vitest'
import { apiError, rejection } from '../../../test/fakes/infobip.ts'
import type { HttpAnswer } from '../../http/http-client.ts'
import { outcomeOfAnswer } from './infobip-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const ID = '0199c0de-0000-7000-8000-000000000001.1.1'

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { kind: 'answered', status, headers, text, json: typeof body === 'string' ? undefined : body, complete: true }
}
const said = (status: unknown, messageId: unknown = ID) =>
  outcomeOfAnswer(answer(200, { bulkId: '1', messages: [{ messageId, status, destination: '6591234567' }] }), ID, NOW)
const refused = (status: number, body: unknown, headers?: Record<string, string>) =>
  outcomeOfAnswer(answer(status, body, headers), ID, NOW)

describe('a 200', () => {
  it.each([
    { groupId: 0, id: 0 },
    { groupId: 1, id: 26, name: 'MESSAGE_ACCEPTED' },
    { groupId: 1, id: 7 },
    { groupId: 3, id: 5 },
    { groupName: 'PENDING' },
    { groupId: 72, groupName: 'ACCEPTED', id: 5 },
  ])('with the status %j is an acceptance', (status) => {
    expect(said(status)).toEqual({ kind: 'accepted', providerRef: ID })
  })

  it('brings Infobip’s id, or ours where it names none that is one', () => {
    expect(said({ groupId: 1, id: 26 }, '1688025180464000014')).toEqual({
      kind: 'accepted',
      providerRef: '1688025180464000014',
    })
    for (const id of [undefined, '', 7, 'x'.repeat(201)]) {
      expect(said({ groupId: 1, id: 26 }, id)).toEqual({ kind: 'accepted', providerRef: ID })
    }
  })

  it('that refuses a second message with the same id means that the first one went', () => {
    expect(said({ groupId: 5, id: 23, name: 'REJECTED_DUPLICATE_MESSAGE_ID' })).toEqual({
      kind: 'accepted',
      providerRef: ID,
    })
  })

  it.each([
    [6, 'recipient'],
    [8, 'recipient'],
    [20, 'recipient'],
    [51, 'recipient'],
    [24, 'content'],
    [25, 'content'],
    [100, 'content'],
    [11, 'credentials'],
    [12, 'credentials'],
    [13, 'credentials'],
    [17, 'credentials'],
    [18, 'credentials'],
    [19, 'credentials'],
    [4711, 'content'],
  ])('with the refusal %i is because of the %s, and suppresses nobody', (id, reason) => {
    const outcome = said({ groupId: 5, groupName: 'REJECTED', id })
    expect(outcome).toMatchObject({ kind: 'rejected', reason, code: String(id), detail: expect.stringMatching(/\S/) })
    expect(outcome).not.toHaveProperty('suppress')
  })

  it.each([
    [10, 'opted-out'],
    [14, 'blocked'],
    [52, 'bad-address'],
  ])('with the refusal %i suppresses the number: %s', (id, suppress) => {
    expect(said({ groupId: 5, id })).toMatchObject({ kind: 'rejected', reason: 'recipient', suppress })
  })

  it('with a refusal that passes by itself is tried again', () => {
    expect(said({ groupId: 5, id: 21 })).toMatchObject({ kind: 'retry', afterMs: 30_000 })
  })

  it('refuses with other groups too', () => {
    expect(said({ groupId: 2, id: 9 })).toMatchObject({ kind: 'rejected', reason: 'recipient', code: '9' })
    expect(said({ groupId: 4, id: 15 })).toMatchObject({ kind: 'rejected', reason: 'recipient', code: '15' })
    expect(said({ groupName: 'EXPIRED', id: 15 })).toMatchObject({ kind: 'rejected', reason: 'recipient', code: '15' })
  })

  it.each([
    [undefined],
    [null],
    [[]],
    ['ACCEPTED'],
    [{}],
    [{ groupId: '1', id: 26 }],
    [{ groupId: 9, id: 26 }],
    [{ groupName: 'OK', id: 26 }],
    [{ groupId: 5 }],
    [{ groupId: 5, id: 1e300 }],
  ])('with the status %j may have come from somebody else', (status) => {
    expect(said(status)).toMatchObject({ kind: 'uncertain' })
  })

  it.each(['', '<html>ok</html>', {}, { messages: [] }, { messages: 'one' }, [], null])(
    'that reads %j may have come from somebody else',
    (body) => {
      expect(outcomeOfAnswer(answer(200, body), ID, NOW)).toMatchObject({ kind: 'uncertain' })
    },
  )
})

describe('a refused request', () => {
  it.each([
    ['messages[0].destinations[0].to', 'recipient'],
    ['messages[0].sender', 'credentials'],
    ['messages[0].webhooks.delivery.url', 'credentials'],
    ['messages[0].content.body.text', 'content'],
    [undefined, 'content'],
  ])('for its %s is because of the %s', (property, reason) => {
    const { body } = apiError(400, 'E400', property)
    const outcome = refused(400, body)
    expect(outcome).toMatchObject({ kind: 'rejected', reason, code: 'E400' })
    if (property !== undefined) expect(outcome).toMatchObject({ detail: expect.stringContaining(property) })
    expect(JSON.stringify(outcome)).not.toContain('6591234567')
  })

  it('is read in the older shape as well', () => {
    const validationErrors = { 'destinations[0].to': ['must not be +6591234567'] }
    const body = {
      requestError: { serviceException: { messageId: 'BAD_REQUEST', text: 'Bad +6591234567', validationErrors } },
    }
    const outcome = refused(400, body)
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'recipient', code: 'BAD_REQUEST' })
    expect(JSON.stringify(outcome)).not.toContain('6591234567')
  })

  it('shows no name of a field that may be something else', () => {
    const { body } = apiError(400, 'E400', 'the number +6591234567')
    expect(JSON.stringify(refused(400, body))).not.toContain('6591234567')
    expect(refused(400, { errorCode: 'no code', violations: 'none' })).toMatchObject({ code: '400' })
  })

  it.each([401, 403])('%i is a matter of the login', (status) => {
    expect(refused(status, apiError(status, `E${status}`).body)).toMatchObject({
      reason: 'credentials',
      code: `E${status}`,
    })
  })

  it('429 is tried again, when Infobip says or a little later', () => {
    expect(refused(429, {}, { 'retry-after': '3' })).toMatchObject({ kind: 'retry', afterMs: 3_000 })
    expect(refused(429, {})).toMatchObject({ kind: 'retry', afterMs: 5_000 })
  })
})

describe('no clear answer', () => {
  it.each([500, 502, 504])('%i may have come after the message was taken', (status) => {
    expect(refused(status, rejection(52, 'REJECTED_DESTINATION').body)).toMatchObject({ kind: 'uncertain' })
  })

  it('a lost answer is uncertain, a request that never left is tried again', () => {
    expect(outcomeOfAnswer({ kind: 'ambiguous', detail: 'd' }, ID, NOW)).toEqual({ kind: 'uncertain', detail: 'd' })
    expect(outcomeOfAnswer({ kind: 'not-sent', detail: 'd' }, ID, NOW)).toMatchObject({ kind: 'retry' })
  })
})
