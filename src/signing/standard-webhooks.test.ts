import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../system/clock.ts'
import { SIGNING_SECRET_PATTERN, sign, TOLERANCE_MS, verify } from './standard-webhooks.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const SECONDS = NOW / 1000
const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(24)).toString('base64')}`
const SECRET = secretOf('a')
const OLD = secretOf('b')
const FOREIGN = secretOf('c')
const BODY = JSON.stringify({ text: 'Grüße, 世界' })

/** The standard's own library reads the machine's clock, so what it checks is signed for the present. */
const present = () => Math.floor(systemClock.now() / 1000)

describe('signatures', () => {
  it('what we sign is genuine to the library of the standard', () => {
    const theirs = new Webhook(SECRET)
    expect(theirs.verify(BODY, sign(SECRET, 'msg-1', present(), BODY))).toEqual({ text: 'Grüße, 世界' })
  })

  it('what we sign with two secrets is genuine to whoever knows either', () => {
    const headers = sign([SECRET, OLD], 'msg-1', present(), BODY)
    for (const secret of [SECRET, OLD]) expect(() => new Webhook(secret).verify(BODY, headers)).not.toThrow()
    expect(() => new Webhook(FOREIGN).verify(BODY, headers)).toThrow()
  })

  it('what the library of the standard signs is genuine to us', () => {
    const headers = {
      'webhook-id': 'msg-1',
      'webhook-timestamp': String(SECONDS),
      'webhook-signature': new Webhook(SECRET).sign('msg-1', new Date(NOW), BODY),
    }
    expect(verify(headers, BODY, [SECRET], NOW)).toEqual({ kind: 'genuine', id: 'msg-1', at: NOW })
    expect(verify(headers, Buffer.from(BODY), [OLD, SECRET], NOW).kind).toBe('genuine')
  })

  it('a fraction of a second is left out of the timestamp and of the signature alike', () => {
    const headers = sign(SECRET, 'msg-1', SECONDS + 0.999, BODY)
    expect(headers['webhook-timestamp']).toBe(String(SECONDS))
    expect(verify(headers, BODY, [SECRET], NOW).kind).toBe('genuine')
  })

  const genuine = sign(SECRET, 'msg-1', SECONDS, BODY)
  it.each([
    ['another body', genuine, `${BODY} `],
    ['another id', { ...genuine, 'webhook-id': 'msg-2' }, BODY],
    ['another time', { ...genuine, 'webhook-timestamp': String(SECONDS + 1) }, BODY],
    ['a foreign secret', sign(FOREIGN, 'msg-1', SECONDS, BODY), BODY],
    ['half a signature', { ...genuine, 'webhook-signature': genuine['webhook-signature'].slice(0, 20) }, BODY],
    [
      'another version of the scheme',
      { ...genuine, 'webhook-signature': genuine['webhook-signature'].replace('v1', 'v9') },
      BODY,
    ],
    ['an empty signature', { ...genuine, 'webhook-signature': '' }, BODY],
    ['no id', { ...genuine, 'webhook-id': undefined }, BODY],
    ['a time in words', { ...genuine, 'webhook-timestamp': 'noon' }, BODY],
    ['a time with a fraction', { ...genuine, 'webhook-timestamp': `${SECONDS}.5` }, BODY],
  ])('%s is refused', (_what, headers, body) => {
    expect(verify(headers, body, [SECRET, OLD], NOW).kind).toBe('refused')
  })

  it('with no secret nothing is genuine', () => {
    expect(verify(genuine, BODY, [], NOW).kind).toBe('refused')
  })

  it('a good signature among unknown ones is enough', () => {
    const many = `v1a,AAAA v1,AAAA ${genuine['webhook-signature']} junk`
    expect(verify({ ...genuine, 'webhook-signature': many }, BODY, [SECRET], NOW).kind).toBe('genuine')
  })

  it.each([
    [-TOLERANCE_MS - 1000, 'refused'],
    [-TOLERANCE_MS, 'genuine'],
    [TOLERANCE_MS, 'genuine'],
    [TOLERANCE_MS + 1000, 'refused'],
  ])('signed %i ms from now is %s', (away, kind) => {
    const headers = sign(SECRET, 'msg-1', (NOW + away) / 1000, BODY)
    expect(verify(headers, BODY, [SECRET], NOW).kind).toBe(kind)
  })

  it('who cannot sign is not told whether the time was right', () => {
    const late = sign(FOREIGN, 'msg-1', SECONDS - 86_400, BODY)
    const inTime = sign(FOREIGN, 'msg-1', SECONDS, BODY)
    expect(verify(late, BODY, [SECRET], NOW)).toEqual(verify(inTime, BODY, [SECRET], NOW))
  })

  it('a secret of nothing is a mistake and not a weak key', () => {
    expect(() => sign('whsec_', 'msg-1', SECONDS, BODY)).toThrow('whsec_')
  })

  it('the pattern takes secrets of 24 to 64 bytes and nothing else', () => {
    const pattern = new RegExp(SIGNING_SECRET_PATTERN)
    for (const bytes of [24, 25, 32, 64]) expect(`whsec_${randomBytes(bytes).toString('base64')}`).toMatch(pattern)
    for (const bytes of [0, 8, 23, 66]) expect(`whsec_${randomBytes(bytes).toString('base64')}`).not.toMatch(pattern)
    expect(randomBytes(32).toString('base64')).not.toMatch(pattern)
  })
})
