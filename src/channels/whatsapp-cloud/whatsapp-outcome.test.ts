import { describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../http/http-client.ts'
import { checkOfAnswer, outcomeOfAnswer } from './whatsapp-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

function answer(status: number, json: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof json === 'string' ? json : JSON.stringify(json)
  return { kind: 'answered', status, headers, text, json: typeof json === 'string' ? undefined : json, complete: true }
}
const error = (code: unknown, more: object = {}) => ({
  error: { message: `(#${code}) +6591234567`, type: 'OAuthException', code, ...more },
})
const refused = (status: number, code: unknown, more?: object, headers?: Record<string, string>) =>
  outcomeOfAnswer(answer(status, error(code, more), headers), NOW)

describe('an acceptance', () => {
  it.each([undefined, 'accepted', 'held_for_quality_assessment', 'paused'])(
    'brings the id of the message, also when it is %s',
    (message_status) => {
      const json = { messaging_product: 'whatsapp', contacts: [], messages: [{ id: 'wamid.HBgL', message_status }] }
      expect(outcomeOfAnswer(answer(200, json), NOW)).toEqual({ kind: 'accepted', providerRef: 'wamid.HBgL' })
    },
  )

  it.each([
    {},
    [],
    null,
    'yes',
    { messages: [] },
    { messages: [{}] },
    { messages: [{ id: 7 }] },
    { messages: 'wamid.x' },
  ])('that reads %j may have come from somebody else', (json) => {
    expect(outcomeOfAnswer(answer(200, json), NOW)).toMatchObject({ kind: 'uncertain' })
  })
})

describe('a refusal', () => {
  it.each([
    [130472, 'recipient'],
    [130497, 'recipient'],
    [131021, 'recipient'],
    [131026, 'recipient'],
    [131047, 'recipient'],
    [131049, 'recipient'],
    [131062, 'recipient'],
    [137000, 'recipient'],
    [100, 'content'],
    [131008, 'content'],
    [131009, 'content'],
    [131051, 'content'],
    [131052, 'content'],
    [131053, 'content'],
    [132000, 'content'],
    [132001, 'content'],
    [132005, 'content'],
    [132007, 'content'],
    [132008, 'content'],
    [132012, 'content'],
    [0, 'credentials'],
    [3, 'credentials'],
    [10, 'credentials'],
    [102, 'credentials'],
    [104, 'credentials'],
    [190, 'credentials'],
    [200, 'credentials'],
    [294, 'credentials'],
    [299, 'credentials'],
    [368, 'credentials'],
    [803, 'credentials'],
    [131005, 'credentials'],
    [131030, 'credentials'],
    [131031, 'credentials'],
    [131037, 'credentials'],
    [131042, 'credentials'],
    [131044, 'credentials'],
    [131045, 'credentials'],
    [131048, 'credentials'],
    [131063, 'credentials'],
    [131064, 'credentials'],
    [132015, 'credentials'],
    [132016, 'credentials'],
    [132068, 'credentials'],
    [132069, 'credentials'],
    [133010, 'credentials'],
    [139200, 'credentials'],
  ])('with %i is because of the %s, whatever the HTTP status', (code, reason) => {
    for (const status of [400, 403, 500]) {
      const outcome = refused(status, code)
      expect(outcome).toEqual({ kind: 'rejected', reason, code: String(code), detail: expect.stringMatching(/\S/) })
      expect(JSON.stringify(outcome)).not.toContain('6591234567')
    }
  })

  it('of somebody who has stopped marketing suppresses the address', () => {
    expect(refused(400, 131050)).toMatchObject({ kind: 'rejected', reason: 'recipient', suppress: 'opted-out' })
  })

  it.each([
    [400, 100, { error_subcode: 33 }],
    [404, 100, {}],
    [404, 803, {}],
  ])('%i with %i and %j means that the sender is not there', (status, code, more) => {
    expect(refused(status, code, more)).toMatchObject({
      reason: 'credentials',
      detail: expect.stringContaining('no such phone number id'),
    })
  })

  it('with a code that we do not know is read by its status, and tells where to look', () => {
    expect(refused(400, 139999)).toMatchObject({ kind: 'rejected', reason: 'content', code: '139999' })
    expect(refused(403, 139999)).toMatchObject({ kind: 'rejected', reason: 'credentials' })
    expect(refused(429, 139999)).toMatchObject({ kind: 'retry', afterMs: 5_000 })
    expect(refused(500, 139999)).toMatchObject({ kind: 'uncertain' })
    expect(refused(200, 139999)).toMatchObject({ kind: 'uncertain' })
    expect(refused(400, 139999)).toMatchObject({ detail: expect.stringContaining('error 139999, see https://') })
    expect(refused(400, 139999, { is_transient: true })).toMatchObject({ kind: 'retry' })
    expect(refused(500, 139999, { is_transient: true })).toMatchObject({ kind: 'uncertain' })
  })

  it('that has no code is read by its status alone', () => {
    for (const code of ['190', null, -1, 1.5, {}]) {
      expect(refused(400, code)).toMatchObject({ kind: 'rejected', reason: 'content', code: '400' })
    }
    expect(outcomeOfAnswer(answer(400, { error: 'no' }), NOW)).toMatchObject({ reason: 'content', code: '400' })
    expect(outcomeOfAnswer(answer(404, '<html>'), NOW)).toMatchObject({ reason: 'credentials', code: '404' })
    expect(outcomeOfAnswer(answer(302, ''), NOW)).toMatchObject({ reason: 'credentials' })
  })
})

describe('what passes by itself', () => {
  it.each([
    [4, 60_000],
    [17, 60_000],
    [80007, 60_000],
    [130429, 5_000],
    [131056, 6_000],
    [131016, 5_000],
    [131057, 60_000],
    [2, 5_000],
  ])('%i is tried again after %i ms, or when Meta says', (code, afterMs) => {
    for (const status of [400, 429, 500, 503]) expect(refused(status, code)).toMatchObject({ kind: 'retry', afterMs })
    expect(refused(429, code, {}, { 'retry-after': '3' })).toMatchObject({ kind: 'retry', afterMs: 3_000 })
  })
})

describe('no clear answer', () => {
  it.each([1, 131000, 135000])('%i may come after the message was taken when Meta fails, and not otherwise', (code) => {
    expect(refused(500, code)).toMatchObject({ kind: 'uncertain' })
    expect(refused(400, code)).toMatchObject({ kind: 'retry', afterMs: 5_000 })
  })

  it('is a 5xx without a code, and an answer that was lost', () => {
    expect(outcomeOfAnswer(answer(502, '<html>'), NOW)).toMatchObject({ kind: 'uncertain' })
    expect(outcomeOfAnswer({ kind: 'ambiguous', detail: 'd' }, NOW)).toEqual({ kind: 'uncertain', detail: 'd' })
    expect(outcomeOfAnswer({ kind: 'not-sent', detail: 'd' }, NOW)).toMatchObject({ kind: 'retry', detail: 'd' })
  })
})

describe('the answer to the question for the sender', () => {
  it('tells its name and its quality', () => {
    const json = { id: '1', verified_name: 'Jasper’s Market', quality_rating: 'YELLOW' }
    expect(checkOfAnswer(answer(200, json), NOW)).toEqual({
      kind: 'good',
      detail: 'Jasper’s Market, quality YELLOW',
    })
    expect(checkOfAnswer(answer(200, { id: '1' }), NOW)).toEqual({ kind: 'good' })
  })

  it.each([
    [401, 190, 'refused'],
    [400, 100, 'refused'],
    [429, 4, 'unknown'],
    [500, 2, 'unknown'],
    [500, 131000, 'unknown'],
  ])('%i with %i leaves the login %s', (status, code, kind) => {
    expect(checkOfAnswer(answer(status, error(code)), NOW)).toMatchObject({ kind, detail: expect.stringMatching(/\S/) })
  })

  it('tells nothing where somebody else has answered, or nobody', () => {
    expect(checkOfAnswer(answer(200, '<html>'), NOW)).toMatchObject({ kind: 'unknown' })
    expect(checkOfAnswer({ kind: 'not-sent', detail: 'd' }, NOW)).toEqual({ kind: 'unknown', detail: 'd' })
  })
})
