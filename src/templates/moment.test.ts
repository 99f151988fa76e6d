import { expect, test } from 'vitest'
import { formatMoment, isTimeZone } from './moment.ts'

const AT = Date.parse('2026-03-01T23:05:09.500Z')
const inEnglish = { language: 'en', timeZone: 'UTC' }

test.each([
  ['%Y-%m-%d %H:%M:%S', '2026-03-01 23:05:09'],
  ['%y %-m %-d %e %I:%M %p %P %l', '26 3 1  1 11:05 PM pm 11'],
  ['%a %A %b %B %^a', 'Sun Sunday Mar March SUN'],
  ['%F %T %R %z %Z %s %%', '2026-03-01 23:05:09 23:05 +0000 UTC 1772406309 %'],
  ['day', 'March 1, 2026'],
  ['time', '11:05 PM'],
  ['full', 'Mar 1, 2026, 11:05 PM'],
])('%s', (format, words) => {
  expect(formatMoment(AT, format, inEnglish)).toBe(words)
})

test('in the language and the zone of the person, summer time included', () => {
  const berlin = { language: 'de', timeZone: 'Europe/Berlin' }
  expect(formatMoment(AT, '%A, %-d. %B %H:%M %z', berlin)).toBe('Montag, 2. März 00:05 +0100')
  expect(formatMoment(Date.parse('2026-07-01T22:30:00Z'), '%F %R %z', berlin)).toBe('2026-07-02 00:30 +0200')
  expect(formatMoment(AT, '%F %R %z', { language: 'en', timeZone: 'Asia/Kolkata' })).toBe('2026-03-02 04:35 +0530')
  expect(formatMoment(AT, '%Y %H', { language: 'ar-EG', timeZone: 'UTC' })).toBe('2026 23')
})

test('what is no code, no style or no zone is an error', () => {
  expect(() => formatMoment(AT, '%Q', inEnglish)).toThrow('%Q')
  expect(() => formatMoment(AT, 'full %', inEnglish)).toThrow('%')
  expect(() => formatMoment(AT, 'toString', inEnglish)).toThrow('toString')
  expect(() => formatMoment(AT, '%constructor', inEnglish)).toThrow('%c')
  expect([isTimeZone('Europe/Berlin'), isTimeZone('UTC'), isTimeZone('Mars/Phobos')]).toEqual([true, true, false])
})
