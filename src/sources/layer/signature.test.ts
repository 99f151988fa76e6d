import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isSignedBy } from './signature.ts'

const SECRET = 'layer-test-secret'

describe('a signature', () => {
  it.each([
    [
      '{"event":{"created_at":"2016-05-04T09:00:00.000Z","type":"message.sent","id":"e1"}}',
      '3cb64fd031927dbf979035dd52c16a76ce1e02ab',
    ],
    ['{"text":"Café 😀"}', '72ca42e9b8f23eaa237f9078d1bf14516d3ca74b'],
  ])('of %s matches', (body, signature) => {
    expect(isSignedBy([SECRET], Buffer.from(body), signature)).toBe(true)
    expect(isSignedBy([SECRET], Buffer.from(`${body} `), signature)).toBe(false)
    expect(isSignedBy(['another'], Buffer.from(body), signature)).toBe(false)
  })

  it('covers the bytes as they came: numeric keys out of order, blanks, and bytes that are no UTF-8', () => {
    for (const body of [
      Buffer.from('{ "12345":"read", "999":"sent", "111":"sent" }'),
      Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    ]) {
      expect(isSignedBy([SECRET], body, createHmac('sha1', SECRET).update(body).digest('hex'))).toBe(true)
    }
  })

  it('is good with any one of the secrets, while one is being changed', () => {
    const body = Buffer.from('{}')
    const signature = createHmac('sha1', 'old').update(body).digest('hex')
    expect(isSignedBy(['new', 'old'], body, signature)).toBe(true)
    expect(isSignedBy(['new'], body, signature)).toBe(false)
  })

  it.each([undefined, '', 'abc', 'z'.repeat(40), '3cb64fd031927dbf979035dd52c16a76ce1e02ab00'])(
    'that reads %j is none',
    (signature) => {
      expect(isSignedBy([SECRET], Buffer.from('{}'), signature)).toBe(false)
    },
  )
})
