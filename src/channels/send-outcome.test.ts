import { describe, expect, it } from 'vitest'
import type { HttpAnswer } from '../http/http-client.ts'
import { outcomeOf } from './send-outcome.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

describe('what a result means for a send', () => {
  const answer = (status: number, headers: Record<string, string> = {}): HttpAnswer => ({
    kind: 'answered',
    status,
    headers,
    text: '',
    json: undefined,
    complete: true,
  })

  it.each([
    [200, { kind: 'accepted' }],
    [204, { kind: 'accepted' }],
    [301, { kind: 'rejected', reason: 'credentials' }],
    [400, { kind: 'rejected', reason: 'content', code: '400' }],
    [401, { kind: 'rejected', reason: 'credentials', code: '401' }],
    [402, { kind: 'rejected', reason: 'credentials' }],
    [403, { kind: 'rejected', reason: 'credentials' }],
    [404, { kind: 'rejected', reason: 'content' }],
    [408, { kind: 'retry' }],
    [425, { kind: 'retry' }],
    [429, { kind: 'retry', afterMs: 5000 }],
    [500, { kind: 'uncertain', detail: 'answered 500 Internal Server Error' }],
    [503, { kind: 'uncertain' }],
    [599, { kind: 'uncertain', detail: 'answered 599' }],
  ])('%i', (status, outcome) => {
    expect(outcomeOf(answer(status), NOW)).toMatchObject(outcome)
  })

  it('503 with a time to come back says that nothing was taken', () => {
    expect(outcomeOf(answer(503, { 'retry-after': '30' }), NOW)).toMatchObject({ kind: 'retry', afterMs: 30_000 })
  })

  it('not sent is tried again, ambiguous is uncertain', () => {
    expect(outcomeOf({ kind: 'not-sent', detail: 'x' }, NOW)).toMatchObject({ kind: 'retry', detail: 'x' })
    expect(outcomeOf({ kind: 'ambiguous', detail: 'x' }, NOW)).toEqual({ kind: 'uncertain', detail: 'x' })
  })
})
