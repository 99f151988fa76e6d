import { describe, expect, test } from 'vitest'
import { orderOf } from './connection-choice.ts'

const first = (choices: Parameters<typeof orderOf>[0], messages: number) => {
  const counts: Record<string, number> = {}
  for (let n = 0; n < messages; n++) {
    const [id = 'none'] = orderOf(choices, { country: undefined, seed: `message-${n}.1` })
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}

describe('the order of connections', () => {
  test('is that of the list where none has a weight', () => {
    const choices = [{ connection: 'a' }, { connection: 'b' }]
    expect(first(choices, 50)).toEqual({ a: 50 })
    expect(orderOf(choices, { country: 'SG', seed: 'x' })).toEqual(['a', 'b'])
  })

  test('follows the weights, message by message', () => {
    const counts = first([{ connection: 'a', weight: 3 }, { connection: 'b' }], 4000)
    expect(counts.a).toBeGreaterThan(2850)
    expect(counts.a).toBeLessThan(3150)
    expect((counts.a ?? 0) + (counts.b ?? 0)).toBe(4000)
  })

  test('is the same for the same message, and holds each connection once', () => {
    const choices = ['a', 'b', 'c'].map((connection) => ({ connection, weight: 2 }))
    const order = orderOf(choices, { country: undefined, seed: 'one' })
    expect(orderOf(choices, { country: undefined, seed: 'one' })).toEqual(order)
    expect(order.toSorted()).toEqual(['a', 'b', 'c'])
    const all = new Set(Array.from({ length: 60 }, (_, n) => orderOf(choices, { country: 'SG', seed: `${n}` }).join()))
    expect(all.size).toBe(6)
  })

  test('has a weight of 0 come last', () => {
    expect(
      first(
        [
          { connection: 'reserve', weight: 0 },
          { connection: 'a', weight: 1 },
        ],
        200,
      ),
    ).toEqual({ a: 200 })
    const choices = [{ connection: 'reserve', weight: 0 }, { connection: 'a' }]
    expect(orderOf(choices, { country: undefined, seed: 'x' })).toEqual(['a', 'reserve'])
  })
})

test('a connection for some countries is none for the others, nor for a person of an unknown one', () => {
  const choices = [{ connection: 'asia', countries: ['SG', 'MY'] }, { connection: 'world' }]
  expect(orderOf(choices, { country: 'SG', seed: 'x' })).toEqual(['asia', 'world'])
  expect(orderOf(choices, { country: 'DE', seed: 'x' })).toEqual(['world'])
  expect(orderOf(choices, { country: undefined, seed: 'x' })).toEqual(['world'])
  expect(orderOf(choices.slice(0, 1), { country: 'DE', seed: 'x' })).toEqual([])
})
