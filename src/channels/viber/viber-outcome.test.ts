import { describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../../http/http-client.ts'
import { checkOfAnswer, outcomeOfAnswer } from './viber-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const OURS = 'https://messages.example.com/callbacks/viber'

function answer(text: string, status = 200, headers: Record<string, string> = {}): HttpAnswer {
  return { kind: 'answered', status, headers, text, json: undefined, complete: true }
}
const says = (status: unknown, more: object = {}) =>
  answer(JSON.stringify({ status, status_message: 'for 01234567890A=', ...more }))

describe('an acceptance', () => {
  it('brings the token of the message with every digit', () => {
    const text = '{"status":0,"status_message":"ok","message_token":4912661846655238145,"billing_status":1}'
    expect(outcomeOfAnswer(answer(text), NOW)).toEqual({ kind: 'accepted', providerRef: '4912661846655238145' })
  })

  it('may write the token as a text or a small number, or leave it out', () => {
    const tokens = ['4912661846655238145', 7, undefined, null, {}, ''].map((message_token) => {
      const outcome = outcomeOfAnswer(says(0, { message_token }), NOW)
      return outcome.kind === 'accepted' ? outcome.providerRef : outcome
    })
    expect(tokens).toEqual(['4912661846655238145', '7', undefined, undefined, undefined, undefined])
  })

  it.each(['', '<html>ok</html>', '{}', '[]', 'null', '{"status":"0"}', '{"status":0.5}', '{"status":0'])(
    'that reads %j may have come from somebody else',
    (text) => {
      expect(outcomeOfAnswer(answer(text), NOW)).toMatchObject({ kind: 'uncertain' })
    },
  )

  it('that broke off is none', () => {
    expect(outcomeOfAnswer({ ...says(0), complete: false }, NOW)).toMatchObject({ kind: 'uncertain' })
  })
})

describe('a refusal', () => {
  it.each([
    [1, 'credentials'],
    [2, 'credentials'],
    [3, 'content'],
    [4, 'content'],
    [5, 'recipient'],
    [6, 'recipient'],
    [7, 'credentials'],
    [8, 'credentials'],
    [9, 'credentials'],
    [10, 'credentials'],
    [11, 'recipient'],
    [13, 'content'],
    [14, 'content'],
    [15, 'credentials'],
    [16, 'content'],
    [17, 'content'],
    [18, 'content'],
    [19, 'content'],
    [20, 'content'],
    [99, 'content'],
    [-1, 'content'],
  ])('with %i is because of the %s, in our words', (status, reason) => {
    // Also none that suppresses: who never subscribed has refused nothing, and no event tells of a first message.
    expect(outcomeOfAnswer(says(status), NOW)).toEqual({
      kind: 'rejected',
      reason,
      code: String(status),
      detail: expect.not.stringContaining('01234567890A='),
    })
  })

  it('with 12 passes by itself', () => {
    expect(outcomeOfAnswer(says(12), NOW)).toMatchObject({ kind: 'retry', afterMs: 5_000 })
    expect(outcomeOfAnswer({ ...says(12), headers: { 'retry-after': '3' } }, NOW)).toMatchObject({ afterMs: 3_000 })
  })
})

describe('no answer of Viber’s', () => {
  it('is read by its HTTP status', () => {
    expect(outcomeOfAnswer(answer('', 500), NOW)).toMatchObject({ kind: 'uncertain' })
    expect(outcomeOfAnswer(answer('', 429), NOW)).toMatchObject({ kind: 'retry' })
    expect(outcomeOfAnswer(answer('', 404), NOW)).toMatchObject({ kind: 'rejected' })
    expect(outcomeOfAnswer({ kind: 'ambiguous', detail: 'd' }, NOW)).toEqual({ kind: 'uncertain', detail: 'd' })
    expect(outcomeOfAnswer({ kind: 'not-sent', detail: 'd' }, NOW)).toMatchObject({ kind: 'retry' })
  })
})

describe('the answer to the question for the account', () => {
  it.each([
    [{ name: 'Shop', webhook: OURS }, 'Shop'],
    [{ name: 'Shop', webhook: '' }, 'Shop, without a webhook'],
    [{ name: 'Shop' }, 'Shop, without a webhook'],
    [{ name: 'Shop', webhook: 'https://other.example/' }, 'Shop, whose webhook is another address than ours'],
    [{ webhook: OURS }, 'a bot without a name'],
  ])('%j is told as %j', (account, detail) => {
    expect(checkOfAnswer(says(0, account), OURS)).toEqual({ kind: 'good', detail })
  })

  it.each([
    [says(2), 'refused'],
    [says(9), 'refused'],
    [says(12), 'unknown'],
    [answer('<html>'), 'unknown'],
    [answer('', 500), 'unknown'],
    [{ kind: 'not-sent', detail: 'd' } as const, 'unknown'],
  ])('%j leaves the login %s', (result, kind) => {
    expect(checkOfAnswer(result, OURS)).toMatchObject({ kind, detail: expect.stringMatching(/\S/) })
  })
})
