import { describe, expect, it } from 'vitest'
import { type Meaning, outcomeOfCode, outcomeOfMeaning, suppressedBy } from './error-meaning.ts'

const REFUSAL = { detail: 'it says no', code: '17', afterMs: 5_000 }
const GONE: Meaning = { fault: 'recipient', words: 'the number is gone', suppress: 'bad-address' }
const BUSY: Meaning = { fault: 'later', words: 'too many' }

describe('a refusal', () => {
  it('that passes by itself is tried again, another is final', () => {
    expect(outcomeOfMeaning(BUSY, REFUSAL)).toEqual({ kind: 'retry', afterMs: 5_000, detail: 'it says no' })
    expect(outcomeOfMeaning(GONE, REFUSAL)).toEqual({
      kind: 'rejected',
      reason: 'recipient',
      detail: 'it says no',
      code: '17',
      suppress: 'bad-address',
    })
  })

  it('has no code and suppresses nobody where there is neither', () => {
    const outcome = outcomeOfMeaning({ fault: 'content' }, { detail: 'it says no', afterMs: 5_000 })
    expect(Object.keys(outcome)).toEqual(['kind', 'reason', 'detail'])
  })
})

describe('a code beside a status', () => {
  const rejected = { kind: 'rejected', reason: 'credentials', detail: 'answered 403', code: '403' } as const
  const retry = { kind: 'retry', afterMs: 60_000, detail: 'answered 429' } as const

  it('says whose fault it is', () => {
    expect(outcomeOfCode(rejected, GONE, REFUSAL)).toMatchObject({ reason: 'recipient', code: '17' })
    expect(outcomeOfCode(rejected, BUSY, REFUSAL)).toMatchObject({ kind: 'retry', afterMs: 5_000 })
  })

  it('that we do not know leaves that to the status', () => {
    expect(outcomeOfCode(rejected, undefined, REFUSAL)).toMatchObject({ reason: 'credentials', code: '17' })
  })

  it('does not make final what the status says will pass', () => {
    expect(outcomeOfCode(retry, GONE, REFUSAL)).toEqual({ ...retry, detail: 'it says no' })
    expect(outcomeOfCode(retry, undefined, REFUSAL)).toEqual({ ...retry, detail: 'it says no' })
    expect(outcomeOfCode(retry, BUSY, REFUSAL)).toMatchObject({ kind: 'retry', afterMs: 5_000 })
  })
})

it('nobody is suppressed of whom it is not known', () => {
  expect(suppressedBy(GONE, 'SMS', '+6591234567')).toEqual([
    { kind: 'suppress', channel: 'SMS', address: '+6591234567', reason: 'bad-address' },
  ])
  expect(suppressedBy(BUSY, 'SMS', '+6591234567')).toEqual([])
  expect(suppressedBy(undefined, 'SMS', '+6591234567')).toEqual([])
  expect(suppressedBy(GONE, undefined, '+6591234567')).toEqual([])
  expect(suppressedBy(GONE, 'SMS', undefined)).toEqual([])
})
