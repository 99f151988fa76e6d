import { expect, test } from 'vitest'
import { bodyHmac, isBodySignedBy } from './body-hmac.ts'

const BODY = Buffer.from('what do ya want for nothing?')
const OF_JEFE = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'

test('the signature is the one of RFC 4231', () => {
  expect(bodyHmac('Jefe', BODY)).toBe(OF_JEFE)
})

test('any of several secrets is good, and no other', () => {
  expect(isBodySignedBy(['new', 'Jefe'], OF_JEFE, BODY)).toBe(true)
  expect(isBodySignedBy(['new'], OF_JEFE, BODY)).toBe(false)
  expect(isBodySignedBy([], OF_JEFE, BODY)).toBe(false)
  for (const signature of ['', OF_JEFE.toUpperCase(), OF_JEFE.slice(1), `${OF_JEFE} `]) {
    expect(isBodySignedBy(['Jefe'], signature, BODY)).toBe(false)
  }
  expect(isBodySignedBy(['Jefe'], OF_JEFE, Buffer.from('what do ya want for nothing!'))).toBe(false)
})

test('bytes that are no UTF-8 are signed as they are', () => {
  const [one, other] = [Buffer.from([0xff]), Buffer.from([0xfe])]
  expect(isBodySignedBy(['k'], bodyHmac('k', one), one)).toBe(true)
  expect(isBodySignedBy(['k'], bodyHmac('k', one), other)).toBe(false)
})
