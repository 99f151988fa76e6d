import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const NAMES = ['port', 'publicUrl', 'databaseUrl', 'logLevel']

test.each([
  ['prot', 'port'],
  ['publicurl', 'publicUrl'],
  ['databasUrl', 'databaseUrl'],
  ['loglevle', 'logLevel'],
])('%s was most likely meant to be %s', (wrong, right) => {
  expect(nearest(wrong, NAMES)).toBe(right)
})

test('a name that is like none of them has no nearest', () => {
  expect(nearest('retries', NAMES)).toBeUndefined()
  expect(nearest('x', [])).toBeUndefined()
})
