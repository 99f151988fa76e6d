import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { septetsOf, smsParts } from './sms-text.ts'

const SMILE = '😀' // two UTF-16 units
const FAMILY = '👨‍👩‍👧' // three of them and two joiners: eight units

describe('what a text takes', () => {
  test.each([
    ['nothing', '', 'GSM7', 0, 1],
    ['one message to the brim', 'a'.repeat(160), 'GSM7', 160, 1],
    ['one septet more', 'a'.repeat(161), 'GSM7', 161, 2],
    ['two parts to the brim', 'a'.repeat(306), 'GSM7', 306, 2],
    ['one more than two parts', 'a'.repeat(307), 'GSM7', 307, 3],
    ['ten parts to the brim', 'a'.repeat(1530), 'GSM7', 1530, 10],
    ['one more than ten parts', 'a'.repeat(1531), 'GSM7', 1531, 11],
    ['a line feed and a carriage return', 'a\r\nb', 'GSM7', 4, 1],
    ['euro signs', '€'.repeat(80), 'GSM7', 160, 1],
    ['one euro sign too many', '€'.repeat(81), 'GSM7', 162, 2],
    ['a euro sign where one septet of the part is left', `${'a'.repeat(152)}€${'a'.repeat(152)}`, 'GSM7', 306, 3],
    ['the same, moved by one', `${'a'.repeat(151)}€${'a'.repeat(153)}`, 'GSM7', 306, 2],
    ['letters that only look foreign', 'ÄÖÜäöüßÑñÉéÇØåΔΩ¿¡', 'GSM7', 18, 1],
    ['a cedilla in lower case', 'ça', 'UCS2', 2, 1],
    ['Chinese to the brim', '好'.repeat(70), 'UCS2', 70, 1],
    ['one character more', '好'.repeat(71), 'UCS2', 71, 2],
    ['two parts of UCS-2 to the brim', '好'.repeat(134), 'UCS2', 134, 2],
    ['one more than two parts of UCS-2', '好'.repeat(135), 'UCS2', 135, 3],
    ['emoji to the brim', SMILE.repeat(35), 'UCS2', 70, 1],
    ['one emoji more', SMILE.repeat(36), 'UCS2', 72, 2],
    ['an emoji where one unit of the part is left', `${'好'.repeat(66)}${SMILE}${'好'.repeat(66)}`, 'UCS2', 134, 3],
    ['the same, moved by one', `${'好'.repeat(65)}${SMILE}${'好'.repeat(67)}`, 'UCS2', 134, 2],
    ['an emoji made of several', FAMILY, 'UCS2', 8, 1],
    ['one foreign mark in a long text', `${'a'.repeat(159)}“`, 'UCS2', 160, 3],
  ])('%s', (_, text, encoding, units, parts) => {
    expect(smsParts(text, 'AUTO')).toMatchObject({ encoding, units, parts })
  })

  test('UCS-2 can be asked for, and then a euro sign is one unit', () => {
    expect(smsParts('€'.repeat(71), 'UCS2')).toEqual({ encoding: 'UCS2', units: 71, parts: 2 })
  })

  test('the first foreign character is named whole', () => {
    expect(smsParts(`5€ ${SMILE}“`, 'AUTO').foreign).toBe(SMILE)
    expect(smsParts(`5€ ${SMILE}“`, 'GSM7')).toEqual({ encoding: 'GSM7', units: 6, parts: 1, foreign: SMILE })
    expect(smsParts('5€', 'AUTO')).toEqual({ encoding: 'GSM7', units: 3, parts: 1 })
  })

  test('the alphabet has 127 characters beside the escape, and ten in its extension', () => {
    const costs = Array.from({ length: 0x1_0000 }, (_, code) => septetsOf(String.fromCharCode(code)))
    expect(costs.filter((cost) => cost === 1)).toHaveLength(127)
    expect(costs.filter((cost) => cost === 2)).toHaveLength(10)
    expect(septetsOf('\u001b')).toBeUndefined()
  })
})

describe('of any text', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', '\n', '€', '[', '好', '“', SMILE), maxLength: 800 })
  const encodings = fc.constantFrom('AUTO' as const, 'GSM7' as const, 'UCS2' as const)
  const gsmTexts = fc.string({ unit: fc.constantFrom('a', '€', '~', ' ', 'Ω'), minLength: 1, maxLength: 2000 })

  test('more of it never takes fewer parts', () => {
    fc.assert(
      fc.property(texts, texts, encodings, (text, more, encoding) => {
        expect(smsParts(text + more, encoding).parts).toBeGreaterThanOrEqual(smsParts(text, encoding).parts)
      }),
    )
  })

  test('a part loses at most one unit to a character that is not split', () => {
    fc.assert(
      fc.property(gsmTexts, (text) => {
        const { units, parts } = smsParts(text, 'AUTO')
        expect(units).toBeLessThanOrEqual(parts === 1 ? 160 : parts * 153)
        expect(units).toBeGreaterThan((parts - 1) * 152)
      }),
    )
  })

  test('AUTO takes UCS-2 if and only if something is foreign, and counts as that encoding does', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { encoding, foreign, ...counted } = smsParts(text, 'AUTO')
        expect(encoding).toBe(/[^a\n€[]/u.test(text) ? 'UCS2' : 'GSM7')
        expect(foreign === undefined).toBe(encoding === 'GSM7')
        expect(smsParts(text, encoding)).toMatchObject(counted)
      }),
    )
  })
})
