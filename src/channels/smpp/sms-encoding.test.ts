import smpp from 'smpp'
import { describe, expect, it } from 'vitest'
import { GSM_ALPHABET } from '../../domain/gsm-alphabet.ts'
import { decodeText, encodeText, partsOf } from './sms-encoding.ts'

function encoded(text: string, encoding?: string) {
  const found = encodeText(text, encoding)
  if (found === undefined) throw new Error('it cannot be encoded')
  return { dataCoding: found.dataCoding, bytes: Buffer.concat(found.characters), parts: partsOf(found) }
}

describe('the default alphabet', () => {
  it('has 128 places, and is the one that another implementation knows', () => {
    expect([...GSM_ALPHABET.basic]).toHaveLength(128)
    expect(GSM_ALPHABET.basic).toBe(smpp.gsmCoder.GSM.chars)
  })

  it('has the extension that another implementation knows', () => {
    const { extChars, escChars, chars } = smpp.gsmCoder.GSM
    const theirs = [...extChars].map((char, index) => [char, chars.indexOf(escChars[index] ?? '')])
    expect(GSM_ALPHABET.extension).toEqual(Object.fromEntries(theirs))
  })

  it.each([
    ['Your table', '596f7572207461626c65'],
    ['@£$¥èéùìòÇ', '00010203040506070809'],
    ['Ä_Δ\n\r ', '5b11100a0d20'],
    ['€{}', '1b651b281b29'],
  ])('writes %j a septet in each octet', (text, bytes) => {
    expect(encoded(text)).toMatchObject({ dataCoding: 0, bytes: Buffer.from(bytes, 'hex') })
  })

  it('reads back whatever it can write', () => {
    const all = GSM_ALPHABET.basic.replace('\u001b', '') + Object.keys(GSM_ALPHABET.extension).join('')
    expect(decodeText(encoded(all).bytes, 0)).toBe(all)
  })
})

describe('what the default alphabet has not', () => {
  it.each([
    ['ç', '00e7'],
    ['Привет', '041f04400438043204350442'],
    ['☺', '263a'],
    ['😀', 'd83dde00'],
    ['\u001b', '001b'],
    ['\t', '0009'],
  ])('%j goes as UCS-2, most significant octet first', (text, bytes) => {
    expect(encoded(text)).toMatchObject({ dataCoding: 8, bytes: Buffer.from(bytes, 'hex') })
    expect(decodeText(Buffer.from(bytes, 'hex'), 8)).toBe(text)
  })

  it('is refused where the default alphabet is asked for', () => {
    expect(encodeText('Привет', 'GSM7')).toBeUndefined()
    expect(encoded('Hello', 'GSM7')).toMatchObject({ dataCoding: 0 })
  })

  it('may be asked for where it is not needed', () => {
    expect(encoded('Hi', 'UCS2')).toMatchObject({ dataCoding: 8, bytes: Buffer.from('00480069', 'hex') })
  })
})

describe('parts', () => {
  it.each([
    ['a', 160, [160]],
    ['a', 161, [153, 8]],
    ['a', 306, [153, 153]],
    ['a', 307, [153, 153, 1]],
    ['€', 80, [160]],
    ['€', 81, [152, 10]], // an escape is never left at the end of a part
    ['я', 70, [140]],
    ['я', 71, [134, 8]],
    ['😀', 35, [140]],
    ['😀', 36, [132, 12]], // nor one half of a pair
  ])('of %j, %i times, are as long as handsets want them', (char, times, lengths) => {
    const { parts, bytes } = encoded(char.repeat(times))
    expect(parts.map(({ length }) => length)).toEqual(lengths)
    expect(Buffer.concat(parts)).toEqual(bytes)
  })
})

describe('what people write', () => {
  it.each([
    [0x00, '53544f50', 'STOP'],
    [0xf1, '00', '@'], // with a class of message
    [0x11, '00', '@'],
    [0x19, '0041', 'A'],
    [0x01, '40', '@'],
    [0x03, 'fc', 'ü'],
    [0x08, '00fc', 'ü'],
    [0x08, '00fc41', 'ü'], // an octet too many
    [0x00, '1b', ''],
    [0x00, '1b7f', 'à'],
    [0x00, 'ff', '\ufffd'],
  ])('under %i as %s is %j', (coding, bytes, text) => {
    expect(decodeText(Buffer.from(bytes, 'hex'), coding)).toBe(text)
  })

  it.each([0x02, 0x04, 0xf5, 0x06])('under %i is no text that we can read', (coding) => {
    expect(decodeText(Buffer.from('4142', 'hex'), coding)).toBeUndefined()
  })
})
