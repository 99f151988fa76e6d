import { describe, expect, it } from 'vitest'
import { twilioError } from '../../../test/fakes/twilio.ts'
import type { HttpAnswer } from '../../http/http-client.ts'
import { outcomeOfAnswer } from './twilio-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const SID = `SM${'0a'.repeat(16)}`

function answer(status: number, text: string, headers: Record<string, string> = {}): HttpAnswer {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {}
  return { kind: 'answered', status, headers, text, json, complete: true }
}
const refused = (status: number, code: number, headers?: Record<string, string>) =>
  outcomeOfAnswer(answer(status, twilioError(status, code, "To number: +6591234567, 'x@y'"), headers), NOW)

describe('an acceptance', () => {
  it('brings the id of the message', () => {
    expect(outcomeOfAnswer(answer(201, `{"sid":"${SID}","status":"queued"}`), NOW)).toEqual({
      kind: 'accepted',
      providerRef: SID,
    })
  })

  it.each(['', '<html>ok</html>', '{}', '{"sid":7}', '{"sid":"CA123"}', '[]', 'null', `{"sid":"${SID} "}`])(
    'that reads %j may have come from somebody else',
    (text) => {
      expect(outcomeOfAnswer(answer(201, text), NOW)).toMatchObject({ kind: 'uncertain' })
    },
  )
})

describe('a refusal', () => {
  it.each([
    [400, 21211, 'recipient'],
    [400, 21610, 'recipient'],
    [400, 21612, 'recipient'],
    [400, 21614, 'recipient'],
    [400, 21635, 'recipient'],
    [400, 21617, 'content'],
    [400, 21602, 'content'],
    [401, 20003, 'credentials'],
    [404, 20404, 'credentials'],
    [400, 21408, 'credentials'],
    [400, 21606, 'credentials'],
    [400, 21608, 'credentials'],
    [400, 21659, 'credentials'],
    [400, 21999, 'content'],
    [403, 21999, 'credentials'],
    [400, 63003, 'recipient'],
    [400, 63007, 'credentials'],
    [400, 63016, 'content'],
    [400, 63024, 'recipient'],
    [400, 63032, 'recipient'],
    [400, 63049, 'recipient'],
    [400, 63112, 'credentials'],
    [400, 21655, 'content'],
    [400, 21656, 'content'],
  ])('%i with %i is because of the %s', (status, code, reason) => {
    expect(refused(status, code)).toMatchObject({ kind: 'rejected', reason, code: String(code) })
  })

  it.each([
    [21610, 'opted-out'],
    [21211, 'bad-address'],
    [21614, 'bad-address'],
    [21635, 'bad-address'],
    [63014, 'blocked'],
    [63003, undefined],
    [63024, undefined],
    [21612, undefined],
  ])('with %i suppresses the address as %s', (code, suppress) => {
    const outcome = refused(400, code)
    expect(outcome.kind === 'rejected' ? outcome.suppress : 'not rejected').toBe(suppress)
  })

  it('says in our words what Twilio’s may say with a number in them', () => {
    expect(refused(400, 21610)).toMatchObject({
      detail: 'Twilio answered 400: the person has opted out (STOP) of messages from this sender',
    })
    expect(refused(400, 21999)).toMatchObject({
      detail: 'Twilio answered 400: error 21999, see https://www.twilio.com/docs/api/errors/21999',
    })
  })

  it.each([
    [429, 20429, { 'retry-after': '3' }, 3_000],
    [429, 20429, undefined, 5_000],
    [400, 21611, undefined, 60_000],
    [400, 30001, undefined, 60_000],
    [400, 63012, undefined, 60_000],
    [400, 63018, undefined, 60_000],
  ])('%i with %i and %j passes by itself', (status, code, headers, afterMs) => {
    expect(refused(status, code, headers)).toMatchObject({ kind: 'retry', afterMs })
  })

  it('that is not Twilio’s own is read by its status', () => {
    expect(outcomeOfAnswer(answer(403, '<html>blocked</html>'), NOW)).toMatchObject({ reason: 'credentials' })
    expect(outcomeOfAnswer(answer(400, '{"code":"21211"}'), NOW)).toMatchObject({ reason: 'content', code: '400' })
    expect(outcomeOfAnswer(answer(429, 'slow down'), NOW)).toMatchObject({ kind: 'retry', afterMs: 5_000 })
    expect(outcomeOfAnswer(answer(302, ''), NOW)).toMatchObject({ kind: 'rejected', reason: 'credentials' })
  })
})

describe('no clear answer', () => {
  it.each([500, 502, 503, 504])('%i may have come after the message was made', (status) => {
    expect(refused(status, 20500)).toMatchObject({ kind: 'uncertain' })
    // Not even a code that would be clear elsewhere makes it certain.
    expect(refused(status, 21211)).toMatchObject({ kind: 'uncertain' })
  })

  it('503 with a time to come back says that nothing was done', () => {
    expect(refused(503, 20503, { 'retry-after': '9' })).toMatchObject({ kind: 'retry', afterMs: 9_000 })
  })

  it('a lost answer is uncertain, a request that never left is tried again', () => {
    expect(outcomeOfAnswer({ kind: 'ambiguous', detail: 'd' }, NOW)).toEqual({ kind: 'uncertain', detail: 'd' })
    expect(outcomeOfAnswer({ kind: 'not-sent', detail: 'd' }, NOW)).toMatchObject({ kind: 'retry', detail: 'd' })
  })
})
