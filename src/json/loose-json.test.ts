import { describe, expect, it } from 'vitest'
import { idIn, lookUp, objectsIn, textIn, timeIn } from './loose-json.ts'

describe('JSON of others', () => {
  it.each([
    [1_714_641_600_000, 1_714_641_600_000],
    ['1714641600000', 1_714_641_600_000],
    [1_714_641_600, 1_714_641_600_000],
    ['2024-05-02T09:20:00.000Z', 1_714_641_600_000],
  ])('has the moment %j in one of the ways in which moments are written', (value, at) => {
    expect(timeIn(value)).toBe(at)
  })

  it.each([undefined, null, '', 'soon', -1, 0, 12, Number.NaN, Number.POSITIVE_INFINITY, 1e15, {}, []])(
    'has no moment in %j',
    (value) => {
      expect(timeIn(value)).toBeUndefined()
    },
  )

  it('has ids and texts that say something, and nothing in the place of other shapes', () => {
    expect(idIn('m-3')).toBe('m-3')
    for (const value of ['', 7, null, {}, 'x'.repeat(101)]) expect(idIn(value)).toBeUndefined()
    expect(textIn('  Lee ')).toBe('Lee')
    for (const value of ['  ', 7, null, {}]) expect(textIn(value)).toBeUndefined()
    expect(objectsIn([{ a: 1 }, null, [], 'x'])).toEqual([{ a: 1 }])
    expect(objectsIn({ a: 1 })).toEqual([])
  })

  it('has words for which a table of ours has something, or not', () => {
    const table = { sent: 1, 7: 2 }
    expect(lookUp(table, 'sent')).toBe(1)
    expect(lookUp(table, 7)).toBe(2)
    for (const key of ['toString', '__proto__', 'read', 8, undefined, null, ['sent']]) {
      expect(lookUp(table, key)).toBeUndefined()
    }
  })
})
