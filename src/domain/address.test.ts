import { expect, test } from 'vitest'
import { e164Of, isChannelId, isEmailAddress, isName, isTimeZone, languageOf } from './address.ts'

test.each([
  ['+6590000001', '+6590000001'],
  ['6590000001', '+6590000001'],
  ['+49 (170) 123-45.67', '+491701234567'],
  ['+0170123456', undefined],
  ['+4917', undefined],
  ['+1234567890123456', undefined],
  ['call me', undefined],
  ['', undefined],
])('the phone number %j is %j', (text, number) => {
  expect(e164Of(text)).toBe(number)
})

test.each([
  ['de', 'de'],
  ['DE', 'de'],
  ['pt_br', 'pt-BR'],
  ['zh-hant-tw', 'zh-Hant-TW'],
  ['ger', 'de'],
  ['english', undefined],
  ['de_DE.UTF-8', undefined],
  ['', undefined],
  ['x', undefined],
  [`de-${'x-abcdefgh'.repeat(9)}`, undefined],
])('the language %j is %j', (text, tag) => {
  expect(languageOf(text)).toBe(tag)
})

test.each([
  ['Europe/Berlin', true],
  ['europe/berlin', true],
  ['UTC', true],
  ['Etc/GMT+5', true],
  ['America/Argentina/Buenos_Aires', true],
  ['+02:00', false],
  ['GMT+2', false],
  ['Mars/Olympus', false],
  ['', false],
])('the time zone %j: %j', (text, good) => {
  expect(isTimeZone(text)).toBe(good)
})

test.each([
  ['ann@example.org', true],
  ["o'brien+chat@mail.example", true],
  ['Ann <ann@example.org>', false],
  ['ann@example.org, bob@example.org', false],
  ['ann@', false],
  ['ann@example.org\r\nBcc: all@example.org', false],
  [`${'a'.repeat(250)}@example.org`, false],
])('the e-mail address %j: %j', (text, good) => {
  expect(isEmailAddress(text)).toBe(good)
})

test('ids have no spaces, names have no line breaks, and both have an end', () => {
  expect(['U123', 'a b', '', 'x'.repeat(256)].map(isChannelId)).toEqual([true, false, false, false])
  expect(['Ann Ö', 'Ann\nOe', '', 'x'.repeat(201)].map(isName)).toEqual([true, false, false, false])
})
