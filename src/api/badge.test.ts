import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { badgePath, openBadgeHouse, ScriptedWatch } from '../../test/support/badge-house.ts'
import { MovableClock } from '../system/movable-clock.ts'
import type { BadgeConfig } from './badge-options.ts'

const ANN = 'google-oauth2|108308539834916378321'
const SHOP = 'https://www.example.com'
const START = Date.UTC(2026, 4, 5, 9)

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function open(config: Partial<BadgeConfig> = {}) {
  const watch = new ScriptedWatch()
  const clock = new MovableClock(START)
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const { app, close } = openBadgeHouse(watch, clock, { origins: [SHOP], ...config }, logger)
  closers.push(close)
  type Method = 'GET' | 'HEAD' | 'OPTIONS'
  const call = (url: string, headers: Record<string, string> = {}, method: Method = 'GET', from = '192.0.2.1') =>
    app.inject({ method, url, headers, remoteAddress: from })
  return { watch, clock, lines, call }
}

describe('the answer', () => {
  test('has exactly the documented shape', async () => {
    const { watch, call } = open()
    expect((await call(badgePath(ANN))).body).toBe('{"unreadByConsumer":false}')
    watch.set(ANN, 3)
    const answer = await call(badgePath(ANN))
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.body).toBe('{"unreadByConsumer":true}')
    expect(watch.asked).toEqual([ANN, ANN])
  })

  test('counts when asked to', async () => {
    const { watch, call } = open()
    watch.set(ANN, 3)
    expect((await call(`${badgePath(ANN)}?count=1`)).body).toBe('{"unreadByConsumer":true,"count":3}')
    expect((await call(`${badgePath(ANN)}?count=0`)).body).toBe('{"unreadByConsumer":true}')
    expect((await call(`${badgePath('bob')}?count=1`)).body).toBe('{"unreadByConsumer":false,"count":0}')
  })

  test('does not tell whether an account or a consumer exists', async () => {
    const { watch, call } = open()
    watch.set(ANN, 3)
    const known = await call(badgePath('nobody'))
    const unknown = await call(badgePath(ANN, '999'))
    const { date: _, 'x-request-id': __, ...headers } = known.headers
    expect(unknown.statusCode).toBe(200)
    expect(unknown.body).toBe(known.body)
    expect(unknown.headers).toMatchObject(headers)
  })

  test('knows ids of up to 512 characters, with anything in them', async () => {
    const { watch, call } = open()
    for (const id of ['a/b?c=d&e#f', 'José Ñandú 😀', '%2F', 'x'.repeat(512)]) {
      watch.set(id, 1)
      expect((await call(badgePath(id))).body, id).toBe('{"unreadByConsumer":true}')
    }
    expect((await call(badgePath('x'.repeat(513)))).statusCode).toBe(414)
    expect((await call('/helpers/msghist/12345678/%zz/unreadByConsumer')).statusCode).toBe(400)
  })

  test('an id with a NUL is nobody, and the database is not asked', async () => {
    const { watch, call } = open()
    expect((await call(badgePath('a\0b'))).body).toBe('{"unreadByConsumer":false}')
    expect(watch.asked).toEqual([])
  })

  test('is sent again only when it is another one', async () => {
    const { watch, call } = open()
    const first = await call(badgePath(ANN))
    expect(first.headers['cache-control']).toBe('private, no-cache')
    const etag = String(first.headers.etag)
    expect(etag).toMatch(/^"[^"]+"$/)
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await call(badgePath(ANN), { 'if-none-match': known })
      expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag])
    }
    watch.set(ANN, 1)
    const changed = await call(badgePath(ANN), { 'if-none-match': etag })
    expect([changed.statusCode, changed.body]).toEqual([200, '{"unreadByConsumer":true}'])
  })

  test('is another one when the number is', async () => {
    const { watch, call } = open()
    const url = `${badgePath(ANN)}?count=1`
    watch.set(ANN, 1)
    const etag = String((await call(url)).headers.etag)
    watch.set(ANN, 2)
    expect((await call(url, { 'if-none-match': etag })).statusCode).toBe(200)
  })

  test('may be asked for by HEAD', async () => {
    const { call } = open()
    const answer = await call(badgePath(ANN), {}, 'HEAD')
    expect([answer.statusCode, answer.body, answer.headers['content-length']]).toEqual([200, '', '26'])
    expect(answer.headers.etag).toBeDefined()
  })

  test('is an error, and not "nothing unread", when the database is away', async () => {
    const { watch, call, lines } = open()
    watch.trouble = new Error('connection lost')
    const answer = await call(badgePath(ANN), { origin: SHOP })
    expect([answer.statusCode, answer.json().code]).toEqual([500, 2000])
    expect(answer.headers['access-control-allow-origin']).toBe(SHOP)
    expect(lines.join('')).not.toContain('108308539834916378321')
  })
})

describe('pages of other origins', () => {
  test('may ask when they are listed, and are named one by one', async () => {
    const { call } = open({ origins: [SHOP, 'https://help.example.com/'] })
    for (const origin of [SHOP, 'https://help.example.com']) {
      const { headers } = await call(badgePath(ANN), { origin })
      expect(headers['access-control-allow-origin']).toBe(origin)
      expect(headers.vary).toBe('Origin')
      expect(headers['access-control-allow-credentials']).toBeUndefined()
    }
  })

  test('are refused when they are not', async () => {
    const { call, watch } = open()
    for (const origin of ['https://evil.example', 'http://www.example.com', `${SHOP}.evil.example`, 'null']) {
      for (const method of ['GET', 'OPTIONS'] as const) {
        const answer = await call(badgePath(ANN), { origin }, method)
        expect([answer.statusCode, answer.headers['access-control-allow-origin']]).toEqual([403, undefined])
        expect(answer.headers.vary).toBe('Origin')
      }
    }
    expect(watch.asked).toEqual([])
  })

  test('may all ask where the list says so', async () => {
    const { call } = open({ origins: ['*'] })
    const { headers } = await call(badgePath(ANN), { origin: 'https://anybody.example' })
    expect([headers['access-control-allow-origin'], headers.vary]).toEqual(['https://anybody.example', 'Origin'])
  })

  test('are told what they may send', async () => {
    const { call } = open()
    for (const url of [badgePath(ANN), `${badgePath(ANN)}/stream`]) {
      const { statusCode, headers } = await call(
        url,
        { origin: SHOP, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
        'OPTIONS',
      )
      expect(statusCode).toBe(204)
      expect(headers['access-control-allow-origin']).toBe(SHOP)
      expect(headers['access-control-allow-methods']).toContain('GET')
      expect(headers['access-control-allow-headers']).toContain('authorization')
      expect(Number(headers['access-control-max-age'])).toBeGreaterThan(0)
    }
  })
})

describe('without tokens', () => {
  test('who asks for many consumers is slowed down, and a page goes on with its own', async () => {
    const { call, clock } = open({ perMinute: 60 })
    const statuses = []
    for (let i = 0; i < 20; i++) statuses.push((await call(badgePath(`guess ${i}`))).statusCode)
    expect(statuses).toEqual([...Array(15).fill(200), ...Array(5).fill(429)])
    const refused = await call(badgePath('guess 20'), { origin: SHOP })
    expect(refused.headers['retry-after']).toBe('4')
    expect(refused.headers['access-control-expose-headers']).toContain('retry-after')
    expect(refused.headers['access-control-allow-origin']).toBe(SHOP)
    expect((await call(badgePath('guess 3'))).statusCode).toBe(200)
    await clock.advance(4_000)
    expect((await call(badgePath('guess 20'))).statusCode).toBe(200)
    expect((await call(badgePath('guess 21'))).statusCode).toBe(429)
  })

  test('no address may ask more often than it is allowed to', async () => {
    const { call, clock } = open({ perMinute: 60 })
    for (let i = 0; i < 60; i++) expect((await call(badgePath(ANN))).statusCode).toBe(200)
    const refused = await call(badgePath(ANN))
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1'])
    expect((await call(badgePath(ANN), {}, 'GET', '192.0.2.2')).statusCode).toBe(200)
    await clock.advance(1_000)
    expect((await call(badgePath(ANN))).statusCode).toBe(200)
    expect((await call(badgePath(ANN))).statusCode).toBe(429)
  })

  test('what a caller writes into X-Forwarded-For counts only from our own proxies', async () => {
    const direct = open({ perMinute: 4 })
    const hop = (url: string, i: number) => ({ url, headers: { 'x-forwarded-for': `203.0.113.${i}` } })
    const ask = async ({ call }: typeof direct) => {
      const statuses = []
      for (let i = 0; i < 5; i++) {
        const { url, headers } = hop(badgePath(ANN), i)
        statuses.push((await call(url, headers)).statusCode)
      }
      return statuses
    }
    expect(await ask(direct)).toEqual([200, 200, 200, 200, 429])
    expect(direct.lines.filter((line) => line.includes('badge.proxies'))).toHaveLength(1)
    expect(await ask(open({ perMinute: 4, proxies: 1 }))).toEqual([200, 200, 200, 200, 200])
  })
})

describe('the script', () => {
  test('is served to any page, and kept for a while', async () => {
    const { call } = open()
    const { statusCode, headers, body } = await call('/badge.js', { origin: 'https://anybody.example' })
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8'])
    expect(headers['cache-control']).toMatch(/^public, max-age=\d+$/)
    expect(headers['cross-origin-resource-policy']).toBe('cross-origin')
    expect(body).toContain('untilread')
    const again = await call('/badge.js', { 'if-none-match': String(headers.etag) })
    expect([again.statusCode, again.body]).toEqual([304, ''])
    expect((await call('/badge.js', {}, 'HEAD')).statusCode).toBe(200)
  })
})
