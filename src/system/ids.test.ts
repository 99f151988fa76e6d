import { expect, test } from 'vitest'
import { newId } from './ids.ts'

test('ids rise in the order in which they are made, also many in one millisecond', () => {
  const ids = Array.from({ length: 20_000 }, newId)
  expect(ids).toEqual(ids.toSorted())
  expect(new Set(ids).size).toBe(ids.length)
})

test('an id is a UUIDv7 that tells the time and cannot be guessed from the one before', () => {
  const before = Date.now()
  const [one, other] = [newId(), newId()]
  expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const madeAt = Number.parseInt(one.replace('-', '').slice(0, 12), 16)
  expect(madeAt).toBeGreaterThanOrEqual(before - 1000)
  expect(other.slice(26)).not.toBe(one.slice(26))
})
