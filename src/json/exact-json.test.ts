import { expect, test } from 'vitest'
import { parseExactJson } from './exact-json.ts'

test('a whole number that would lose digits stays the digits that it was', () => {
  expect(parseExactJson('{"token":4912661846655238145,"list":[9007199254740993,-9007199254740993]}')).toEqual({
    token: '4912661846655238145',
    list: ['9007199254740993', '-9007199254740993'],
  })
})

test('all else reads as JSON reads', () => {
  const text = '{"a":9007199254740991,"b":1.5,"c":1e300,"d":"4912661846655238145","e":[null,true,{}]}'
  expect(parseExactJson(text)).toEqual(JSON.parse(text))
})

test.each(['', '{', 'undefined', '\ufffd', '<html>'])('%j is none', (text) => {
  expect(parseExactJson(text)).toBeUndefined()
})
