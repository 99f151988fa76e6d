import { describe, expect, it } from 'vitest'
import { isSignedBy, joined, sign } from './signature.ts'

// The vectors with which Twilio's own libraries are tested.
const TOKEN = '12345'
const URL_CALLED = 'https://mycompany.com/myapp.php?foo=1&bar=2'
const FORM = {
  CallSid: 'CA1234567890ABCDE',
  Caller: '+14158675309',
  Digits: '1234',
  From: '+14158675309',
  To: '+18005551212',
}
const OF_FORM = 'RSOYDt4T1cUTdK1PDd93/VVr8B8='
const JSON_BODY = '{"property": "value", "boolean": true}'
const JSON_HASH = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620'
const OF_JSON = 'a9nBmqA0ju/hNViExpshrM61xv4='

const form = (fields: Record<string, string> = FORM) => Buffer.from(new URLSearchParams(fields).toString())
const signed = (signature: string, url = URL_CALLED, body = form()) => isSignedBy([TOKEN], { signature, url, body })

describe('a form', () => {
  it('is signed over its URL and its fields by name', () => {
    expect(signed(OF_FORM)).toBe(true)
    expect(signed(OF_FORM, URL_CALLED, form(Object.fromEntries(Object.entries(FORM).reverse())))).toBe(true)
  })

  it.each([
    ['another value', URL_CALLED, form({ ...FORM, Digits: '1235' })],
    ['a field more', URL_CALLED, form({ ...FORM, Extra: '', X: '1' })],
    ['another path', 'https://mycompany.com/myapp?foo=1&bar=2', form()],
    ['another query', 'https://mycompany.com/myapp.php?foo=1&bar=3', form()],
    ['another host', 'https://mycompany.net/myapp.php?foo=1&bar=2', form()],
    ['plain HTTP', 'http://mycompany.com/myapp.php?foo=1&bar=2', form()],
    ['no body', URL_CALLED, Buffer.alloc(0)],
  ])('with %s is not what was signed', (_, url, body) => {
    expect(signed(OF_FORM, url, body)).toBe(false)
  })

  it.each(['', 'x', 'RSOYDt4T1cUTdK1PDd93/VVr8B8', `${OF_FORM},${OF_FORM}`])('is not proved by %j', (signature) => {
    expect(signed(signature)).toBe(false)
  })

  it('may be signed by the old token or the new one', () => {
    const call = { signature: OF_FORM, url: URL_CALLED, body: form() }
    expect(isSignedBy(['new', TOKEN], call)).toBe(true)
    expect(isSignedBy([TOKEN, 'new'], call)).toBe(true)
    expect(isSignedBy(['new'], call)).toBe(false)
    expect(isSignedBy([], call)).toBe(false)
  })

  it('may be signed with the port in the URL or without it', () => {
    const fields = joined(new URLSearchParams(form().toString()))
    const withUsual = sign(TOKEN, `https://mycompany.com:443/myapp.php?foo=1&bar=2${fields}`)
    expect(signed(withUsual)).toBe(true)
    const withOwn = sign(TOKEN, `https://mycompany.com:1234/myapp.php?foo=1&bar=2${fields}`)
    expect(signed(withOwn, 'https://mycompany.com:1234/myapp.php?foo=1&bar=2')).toBe(true)
    expect(signed(OF_FORM, 'https://mycompany.com:1234/myapp.php?foo=1&bar=2')).toBe(true)
    expect(signed(withOwn)).toBe(false)
  })

  it('counts values of one name once each, in order, and sorts capitals before small letters', () => {
    expect(joined(new URLSearchParams('b=2&B=3&a=z&a=y&a=z&c=%C3%BC+%2B'))).toBe('B3ayazb2cü +')
  })
})

describe('a body that is no form', () => {
  const url = `${URL_CALLED}&bodySHA256=${JSON_HASH}`

  it('is covered by its hash, and the hash by the signature', () => {
    expect(signed(OF_JSON, url, Buffer.from(JSON_BODY))).toBe(true)
    expect(signed(OF_JSON, url, Buffer.from(JSON_BODY.replace('true', 'false')))).toBe(false)
    expect(signed(OF_JSON, URL_CALLED, Buffer.from(JSON_BODY))).toBe(false)
  })
})
