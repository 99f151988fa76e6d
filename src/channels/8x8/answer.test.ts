import { describe, expect, it } from 'vitest'
import { eightError } from '../../../test/fakes/8x8.ts'
import type { HttpAnswer } from '../../http/http-client.ts'
import { outcomeOfAnswer } from './answer.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const UMID = '0f4a1f6e-3b62-4cf1-9b93-000000000001'

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { kind: 'answered', status, headers, text, json: typeof body === 'string' ? undefined : body, complete: true }
}
const said = (body: unknown) => outcomeOfAnswer(answer(200, body), NOW)
const refused = (status: number, code: number, headers?: Record<string, string>) =>
  outcomeOfAnswer(answer(status, eightError(status, code).body, headers), NOW)

describe('a 200', () => {
  it('of either API is an acceptance with the umid', () => {
    for (const status of [
      { state: 'queued', timestamp: '2026-03-01T12:00:00Z' },
      { code: 'QUEUED', description: 'yes' },
    ]) {
      expect(said({ umid: UMID, status })).toEqual({ kind: 'accepted', providerRef: UMID })
    }
  })

  it('may refuse the message in it', () => {
    const status = { state: 'rejected', errorCode: 3038, errorMessage: 'Template of +6591234567 not found' }
    expect(said({ umid: UMID, status })).toEqual({
      kind: 'rejected',
      reason: 'content',
      code: '3038',
      detail: '8x8 refused the message: there is no such template in this language',
    })
    expect(said({ umid: UMID, status: { code: 'REJECTED', description: '+6591234567 is wrong' } })).toEqual({
      kind: 'rejected',
      reason: 'content',
      detail: '8x8 refused the message: it gives no code',
    })
    expect(said({ umid: UMID, status: { state: 'rejected', errorCode: 1002 } })).toMatchObject({ reason: 'recipient' })
    expect(said({ umid: UMID, status: { state: 'rejected', errorCode: 1400 } })).toMatchObject({ kind: 'retry' })
  })

  it.each([
    '',
    '<html>ok</html>',
    {},
    { umid: UMID },
    { status: { state: 'queued' } },
    { umid: 7, status: { state: 'queued' } },
    [],
    null,
  ])('that reads %j may have come from somebody else', (body) => {
    expect(said(body)).toMatchObject({ kind: 'uncertain' })
  })
})

describe('a refusal', () => {
  it.each([
    [400, 1002, 'recipient'],
    [400, 1009, 'recipient'],
    [400, 3003, 'recipient'],
    [400, 1004, 'content'],
    [400, 1006, 'content'],
    [400, 3006, 'content'],
    [400, 3038, 'content'],
    [400, 3999, 'content'],
    [400, 1001, 'credentials'],
    [400, 1005, 'credentials'],
    [400, 3020, 'credentials'],
    [400, 3027, 'credentials'],
    [401, 1200, 'credentials'],
    [403, 1201, 'credentials'],
    [404, 1300, 'credentials'],
    [426, 1014, 'credentials'],
  ])('%i with %i is because of the %s', (status, code, reason) => {
    const outcome = refused(status, code)
    expect(outcome).toMatchObject({ kind: 'rejected', reason, code: String(code) })
    expect(JSON.stringify(outcome)).not.toContain('6591234567')
  })

  it('that we have no words for says where to look', () => {
    expect(refused(400, 3999)).toMatchObject({ detail: expect.stringContaining('code 3999, see https://') })
  })

  it.each([
    [429, 429, { 'retry-after': '3' }, 3_000],
    [429, 429, undefined, 30_000],
    [400, 1400, undefined, 30_000],
    [429, 3999, undefined, 5_000],
  ])('%i with %i and %j passes by itself', (status, code, headers, afterMs) => {
    expect(refused(status, code, headers)).toMatchObject({ kind: 'retry', afterMs })
  })

  it('that is not 8x8’s own is read by its status', () => {
    expect(outcomeOfAnswer(answer(403, '<html>blocked</html>'), NOW)).toMatchObject({
      reason: 'credentials',
      code: '403',
    })
    expect(outcomeOfAnswer(answer(400, { code: '1002' }), NOW)).toMatchObject({ reason: 'content', code: '400' })
  })
})

describe('no clear answer', () => {
  it.each([500, 502, 504])('%i may have come after the message was taken', (status) => {
    expect(refused(status, 1002)).toMatchObject({ kind: 'uncertain' })
  })
})
