import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { pino } from 'pino'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { badgePath, openBadgeHouse, ScriptedWatch } from '../../test/support/badge-house.ts'
import { systemClock } from '../system/clock.ts'
import { MovableClock } from '../system/movable-clock.ts'
import type { BadgeJwt } from './badge-options.ts'
import { BadgeTokens } from './badge-tokens.ts'

const ANN = 'ann|1'
const SECRET = 'a shared secret of thirty-two bytes or more'
const START = Date.UTC(2026, 4, 5, 9)
const NOW = START / 1000
const GOOD = { sub: ANN, exp: NOW + 600 }
const RIGHT = { iss: 'https://id.example.com', aud: 'badge' }

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function open(jwt: BadgeJwt) {
  const watch = new ScriptedWatch()
  watch.set(ANN, 2)
  const clock = new MovableClock(START)
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const { app, close } = openBadgeHouse(watch, clock, { jwt, perMinute: 1 }, logger)
  closers.push(close)
  const ask = async (token?: string, consumer = ANN) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const { statusCode, body } = await app.inject({ url: badgePath(consumer), headers })
    return [statusCode, statusCode === 200 ? body : JSON.parse(body).message]
  }
  return { app, watch, clock, lines, ask }
}

function shared(claims: JWTPayload, { alg = 'HS256', secret = SECRET } = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))
}

const YES = [200, '{"unreadByConsumer":true}']

describe('a token with a shared secret', () => {
  test.each(['HS256', 'HS384', 'HS512'])('is good with %s', async (alg) => {
    const { ask } = open({ secret: SECRET })
    expect(await ask(await shared(GOOD, { alg }))).toEqual(YES)
  })

  test('is asked for in a sentence', async () => {
    const { app, ask } = open({ secret: SECRET })
    expect(await ask()).toEqual([401, expect.stringMatching(/Authorization: Bearer.*\?token=/)])
    const { headers } = await app.inject({ url: badgePath(ANN) })
    expect(headers['www-authenticate']).toBe('Bearer')
  })

  test('may stand in the URL, for who can set no header, and is not logged', async () => {
    const { app, lines } = open({ secret: SECRET })
    const good = await shared(GOOD)
    expect((await app.inject({ url: `${badgePath(ANN)}?token=${good}` })).statusCode).toBe(200)
    const bad = await app.inject({ url: `${badgePath(ANN)}?token=${good}x` })
    expect(bad.statusCode).toBe(401)
    const [, claims = '', signature = ''] = good.split('.')
    for (const part of [claims, signature]) expect(lines.join('') + bad.body).not.toContain(part)
    expect(lines.join('')).toContain('request refused')
  })

  test('is of one consumer only', async () => {
    const { ask, watch } = open({ secret: SECRET })
    expect(await ask(await shared(GOOD), 'bob')).toEqual([403, expect.stringContaining('its sub must be')])
    expect(watch.asked).toEqual([])
  })

  test('is good until it expires, by our clock and to the second', async () => {
    const { ask, clock } = open({ secret: SECRET })
    const token = await shared(GOOD)
    await clock.advance(599_999)
    expect(await ask(token)).toEqual(YES)
    await clock.advance(1)
    expect(await ask(token)).toEqual([401, 'token: has expired'])
    await clock.advance(3_600_000)
    expect(await ask(token)).toEqual([401, 'token: has expired'])
  })

  test('asks for patience until it is valid, but for clocks that differ a little', async () => {
    const { ask } = open({ secret: SECRET })
    expect(await ask(await shared({ ...GOOD, nbf: NOW + 20 }))).toEqual(YES)
    expect(await ask(await shared({ ...GOOD, nbf: NOW + 120 }))).toEqual([401, 'token: is not valid yet (nbf)'])
  })

  test.each<[string, JWTPayload, string]>([
    ['no end', { ...RIGHT, sub: ANN }, 'its exp is missing'],
    ['no consumer', { ...RIGHT, exp: NOW + 600 }, 'its sub is missing'],
    ['no issuer', { ...GOOD, aud: 'badge' }, 'its iss is missing'],
    ['another issuer', { ...GOOD, iss: 'https://other.example', aud: 'badge' }, 'its iss is missing or not the right'],
    [
      'another audience',
      { ...GOOD, iss: 'https://id.example.com', aud: 'shop' },
      'its aud is missing or not the right',
    ],
  ])('is refused with %s', async (_, claims, sentence) => {
    const { ask } = open({ secret: SECRET, issuer: 'https://id.example.com', audience: 'badge' })
    expect(await ask(await shared(claims))).toEqual([401, expect.stringContaining(sentence)])
  })

  test('is good with the issuer and the audience that are wanted', async () => {
    const { ask } = open({ secret: SECRET, issuer: 'https://id.example.com', audience: 'badge' })
    expect(await ask(await shared({ ...GOOD, iss: 'https://id.example.com', aud: ['shop', 'badge'] }))).toEqual(YES)
  })

  test('is refused when it is forged', async () => {
    const { ask } = open({ secret: SECRET })
    const { privateKey } = await generateKeyPair('RS256')
    const forged: [string, string][] = [
      [await shared(GOOD, { secret: 'another secret of thirty-two bytes or more' }), 'its signature does not match'],
      [await new SignJWT(GOOD).setProtectedHeader({ alg: 'RS256' }).sign(privateKey), 'its alg must be one of HS256'],
      [new UnsecuredJWT(GOOD).encode(), 'its alg must be one of HS256'],
      ['not.a.token', 'is not a signed JWT'],
      ['x'.repeat(5000), 'is not a signed JWT'],
    ]
    for (const [token, sentence] of forged) expect(await ask(token)).toEqual([401, expect.stringContaining(sentence)])
  })

  test('may be signed with the old secret or the new one while it is changed', async () => {
    const old = 'the secret of last year, also thirty-two bytes'
    const { ask } = open({ secret: [SECRET, old] })
    expect(await ask(await shared(GOOD))).toEqual(YES)
    expect(await ask(await shared(GOOD, { secret: old }))).toEqual(YES)
    expect(await ask(await shared({ ...GOOD, exp: NOW }, { secret: old }))).toEqual([401, 'token: has expired'])
    expect(await ask(await shared(GOOD, { secret: 'neither of them, but as long as they are' }))).toEqual([
      401,
      'token: its signature does not match',
    ])
  })

  test('does away with limits: nobody can guess', async () => {
    const { ask } = open({ secret: SECRET })
    for (let i = 0; i < 5; i++)
      expect(await ask(await shared({ ...GOOD, sub: `c${i}` }), `c${i}`)).toEqual([200, expect.anything()])
  })
})

test('tokens need a secret or the address of keys, not both', () => {
  const clock = new MovableClock(START)
  for (const jwt of [{}, { secret: SECRET, jwksUrl: 'https://id.example.com/jwks' }]) {
    expect(() => new BadgeTokens(jwt, clock)).toThrow('exactly one of secret and jwksUrl')
  }
})

describe('a token with a published key', () => {
  type Pair = Awaited<ReturnType<typeof generateKeyPair>>
  let rsa: Pair
  let pss: Pair
  let ec: Pair
  let ed: Pair
  beforeAll(async () => {
    rsa = await generateKeyPair('RS256', { extractable: true })
    pss = await generateKeyPair('PS384', { extractable: true })
    ec = await generateKeyPair('ES256', { extractable: true })
    ed = await generateKeyPair('EdDSA', { extractable: true })
  })

  /** An identity provider's key list; `answer` says what it gives. */
  async function startKeys(...keys: [string, Pair][]) {
    const list = await Promise.all(keys.map(async ([kid, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid })))
    const provider = { status: 200, body: JSON.stringify({ keys: list }), asked: 0, url: '' }
    const server: Server = createServer((_request, response) => {
      provider.asked++
      response.writeHead(provider.status, { 'content-type': 'application/json' }).end(provider.body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(async () => {
      server.closeAllConnections()
      server.close()
    })
    provider.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
    return provider
  }
  const signed = ({ privateKey }: Pair, alg: string, kid?: string, claims: JWTPayload = GOOD) =>
    new SignJWT(claims).setProtectedHeader({ alg, ...(kid !== undefined && { kid }) }).sign(privateKey)

  test('is good with RSA, elliptic curves and Edwards curves; the keys are fetched once', async () => {
    const keys = await startKeys(['r', rsa], ['p', pss], ['e', ec], ['d', ed])
    const { ask } = open({ jwksUrl: keys.url })
    for (const [pair, alg, kid] of [
      [rsa, 'RS256', 'r'],
      [pss, 'PS384', 'p'],
      [ec, 'ES256', 'e'],
      [ed, 'EdDSA', 'd'],
    ] as const) {
      expect(await ask(await signed(pair, alg, kid)), alg).toEqual(YES)
    }
    expect(keys.asked).toBe(1)
  })

  test('cannot be forged with the public key as a secret, or without a signature', async () => {
    const keys = await startKeys(['r', rsa])
    const { ask } = open({ jwksUrl: keys.url })
    const pem = await exportSPKI(rsa.publicKey)
    const forged = [
      await shared(GOOD, { secret: pem }),
      await shared(GOOD, { secret: keys.body }),
      new UnsecuredJWT(GOOD).encode(),
    ]
    for (const token of forged) expect(await ask(token)).toEqual([401, expect.stringContaining('its alg must be')])
    expect(keys.asked).toBe(0)
  })

  test('is refused when its key is not listed, or not named among several', async () => {
    const keys = await startKeys(['r', rsa])
    const { ask } = open({ jwksUrl: keys.url })
    expect(await ask(await signed(ec, 'ES256', 'e'))).toEqual([401, expect.stringContaining('jwksUrl does not list')])
    expect(keys.asked).toBe(1) // a list that came this moment is not fetched again
    const other = await generateKeyPair('RS256', { extractable: true })
    expect(await ask(await signed(other, 'RS256', 'r'))).toEqual([401, 'token: its signature does not match'])
    const two = await startKeys(['r', rsa], ['s', other])
    const { ask: askTwo } = open({ jwksUrl: two.url })
    expect(await askTwo(await signed(rsa, 'RS256'))).toEqual([401, expect.stringContaining('must name its key')])
  })

  test('is still of one consumer, and of a certain time', async () => {
    const { ask, clock } = open({ jwksUrl: (await startKeys(['r', rsa])).url })
    const token = await signed(rsa, 'RS256', 'r')
    expect(await ask(token, 'bob')).toEqual([403, expect.stringContaining('its sub must be')])
    await clock.advance(600_000)
    expect(await ask(token)).toEqual([401, 'token: has expired'])
  })

  test.each([
    ['an error', 500, 'down'],
    ['HTML', 200, '<html>'],
    ['something else', 200, '{"key":[]}'],
    ['a redirect', 302, ''],
  ])('waits while the keys answer %s, and does not ask again at once', async (_, status, body) => {
    const keys = await startKeys(['r', rsa])
    const good = keys.body
    Object.assign(keys, { status, body })
    const { ask, clock } = open({ jwksUrl: keys.url })
    const token = await signed(rsa, 'RS256', 'r')
    for (let i = 0; i < 3; i++) expect(await ask(token)).toEqual([503, expect.stringContaining('try again later')])
    expect(keys.asked).toBe(1)
    Object.assign(keys, { status: 200, body: good })
    await clock.advance(30_000)
    expect(await ask(token)).toEqual(YES)
  })

  test('is checked with the keys that were seen last while their address is away', async () => {
    const keys = await startKeys(['r', rsa])
    const { ask } = open({ jwksUrl: keys.url })
    const token = await signed(rsa, 'RS256', 'r')
    expect(await ask(token)).toEqual(YES)
    // The library tells by the machine's own clock how old a list is.
    vi.useFakeTimers({ toFake: ['Date'], now: systemClock.now() + 660_000 })
    closers.push(async () => vi.useRealTimers())
    keys.status = 500
    for (let i = 0; i < 3; i++) expect(await ask(token)).toEqual(YES)
    expect(await ask(await signed(ec, 'ES256', 'e'))).toEqual([401, expect.stringContaining('jwksUrl does not list')])
    expect(keys.asked).toBe(2)
  })
})
