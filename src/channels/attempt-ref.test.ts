import { expect, test } from 'vitest'
import { attemptRef } from '../engine/receipts.ts'
import { attemptRefIn, receiptsOf } from './attempt-ref.ts'

test('the reference that a send carries is read back', () => {
  const ref = attemptRef('0199c0de-0000-7000-8000-000000000001', 1)
  expect(attemptRefIn(ref)).toBe(ref)
})

test.each([undefined, null, 7, '', 'campaign', 'a.0', 'a.b', 'a.1 ', ' a.1', 'a.1.1', `${'a'.repeat(65)}.1`, {}])(
  '%j is somebody else’s',
  (value) => {
    expect(attemptRefIn(value)).toBeUndefined()
  },
)

test('a receipt goes by our own reference first, and is none without any', () => {
  const report = { status: 'delivered', native: 'DELIVRD' } as const
  expect(receiptsOf('a.1', 'theirs', report)).toEqual([{ attemptRef: 'a.1', report }])
  expect(receiptsOf(undefined, 'theirs', report)).toEqual([{ providerRef: 'theirs', report }])
  expect(receiptsOf(undefined, undefined, report)).toEqual([])
})
