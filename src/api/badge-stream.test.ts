import { SignJWT } from 'jose'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { ACCOUNT, badgePath, openBadgeHouse, ScriptedWatch } from '../../test/support/badge-house.ts'
import { EventStreamReader } from '../client/event-stream.ts'
import { MovableClock } from '../system/movable-clock.ts'
import type { BadgeConfig } from './badge-options.ts'

const ANN = 'google-oauth2|108308539834916378321'
const SHOP = 'https://www.example.com'
const START = Date.UTC(2026, 4, 5, 9)
const SECRET = 'a shared secret of thirty-two bytes or more'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function open(config: Partial<BadgeConfig> = {}) {
  const watch = new ScriptedWatch()
  const clock = new MovableClock(START)
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const house = openBadgeHouse(watch, clock, { origins: [SHOP], perMinute: 1000, ...config }, logger)
  const url = await house.listen()
  closers.push(house.close)

  /** A page that follows: each call of `next` gives the next event, or `ended`; `nextPiece` gives comments too. */
  const follow = async (query = '', headers: Record<string, string> = {}, consumer = ANN, account = ACCOUNT) => {
    const leaving = new AbortController()
    closers.push(async () => leaving.abort())
    const response = await fetch(`${url}${badgePath(consumer, account)}/stream${query}`, {
      headers,
      signal: leaving.signal,
    })
    const reader = response.body?.getReader()
    const events = new EventStreamReader()
    const waiting: string[] = []
    const nextPiece = async (): Promise<string> => {
      while (waiting.length === 0) {
        const piece = await reader?.read()
        if (piece?.value === undefined) return 'ended'
        waiting.push(...(new TextDecoder().decode(piece.value).match(/^:.*$/gm) ?? []))
        waiting.push(...events.push(piece.value).map(({ event, data }) => `${event} ${data}`))
      }
      return waiting.shift() ?? ''
    }
    const next = async (): Promise<string> => {
      const piece = await nextPiece()
      return piece.startsWith(':') ? next() : piece
    }
    return { status: response.status, headers: response.headers, next, nextPiece, leave: () => leaving.abort() }
  }
  return { ...house, watch, clock, lines, follow, url }
}

test('tells the present state at once, and each change after it', async () => {
  const { watch, clock, follow } = await open()
  const page = await follow()
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toContain('text/event-stream')
  expect(await page.next()).toBe('unread {"unreadByConsumer":false}')
  watch.set(ANN, 1)
  await clock.advance(1000)
  expect(await page.next()).toBe('unread {"unreadByConsumer":true}')
  watch.set(ANN, 0)
  await clock.advance(1000)
  expect(await page.next()).toBe('unread {"unreadByConsumer":false}')
})

test('tells only what the page sees change: the number when asked for, else whether there is one', async () => {
  const { watch, clock, follow } = await open()
  watch.set(ANN, 1)
  const plain = await follow()
  const counting = await follow('?count=1')
  expect(await plain.next()).toBe('unread {"unreadByConsumer":true}')
  expect(await counting.next()).toBe('unread {"unreadByConsumer":true,"count":1}')
  watch.set(ANN, 2)
  await clock.advance(1000)
  watch.set(ANN, 0)
  await clock.advance(1000)
  expect(await counting.next()).toBe('unread {"unreadByConsumer":true,"count":2}')
  expect(await counting.next()).toBe('unread {"unreadByConsumer":false,"count":0}')
  expect(await plain.next()).toBe('unread {"unreadByConsumer":false}')
})

test('many changes at once are one', async () => {
  const { watch, clock, follow } = await open()
  const page = await follow('?count=1')
  await page.next()
  const before = watch.asked.length
  for (let i = 1; i <= 50; i++) watch.set(ANN, i)
  await clock.advance(1000)
  expect(await page.next()).toBe('unread {"unreadByConsumer":true,"count":50}')
  expect(watch.asked.length - before).toBe(1)
})

test('says of an unknown account what it says of somebody who has read everything, and stays open', async () => {
  const { follow, watch, clock } = await open()
  const page = await follow('', {}, ANN, '999')
  expect(await page.next()).toBe('unread {"unreadByConsumer":false}')
  await clock.advance(16_000)
  expect(await page.nextPiece()).toBe(': keep-alive')
  expect(watch.asked).toEqual([])
})

test('keeps the line alive, and sees within a minute what nobody told it', async () => {
  const { watch, clock, follow } = await open()
  const page = await follow()
  await page.next()
  watch.setSilently(ANN, 1)
  await clock.advance(61_000)
  for (let i = 0; i < 3; i++) expect(await page.nextPiece()).toBe(': keep-alive')
  expect(await page.next()).toBe('unread {"unreadByConsumer":true}')
})

test('a page may come back with any Last-Event-ID', async () => {
  const { follow } = await open()
  for (const id of ['7', 'something else', '']) {
    const page = await follow('', { 'last-event-id': id })
    expect(await page.next()).toBe('unread {"unreadByConsumer":false}')
  }
})

test('is for pages of listed origins', async () => {
  const { follow } = await open()
  const page = await follow('', { origin: SHOP })
  expect(page.headers.get('access-control-allow-origin')).toBe(SHOP)
  expect(page.headers.get('vary')).toBe('Origin')
  expect((await follow('', { origin: 'https://evil.example' })).status).toBe(403)
})

test('ends when the token does', async () => {
  const { clock, follow, watch, lines } = await open({ jwt: { secret: SECRET } })
  const token = await new SignJWT({ sub: ANN, exp: START / 1000 + 90 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(SECRET))
  expect((await follow()).status).toBe(401)
  expect((await follow(`?token=${token}`, {}, 'bob')).status).toBe(403)
  const page = await follow(`?token=${token}`)
  expect(await page.next()).toBe('unread {"unreadByConsumer":false}')
  await clock.advance(89_000)
  expect(watch.followers).toBe(1)
  await clock.advance(1_000)
  expect(await page.next()).toBe('ended')
  await watch.alone()
  expect((await follow(`?token=${token}`)).status).toBe(401)
  expect(lines.join('')).not.toContain(token.slice(-20))
})

test('is let go when the page leaves, when the service stops, and when the database fails', async () => {
  const { close, follow, watch, lines } = await open()
  const first = await follow()
  await first.next()
  first.leave()
  await watch.alone()

  watch.trouble = new Error('connection lost')
  const second = await follow()
  expect(await second.next()).toBe('ended')
  await watch.alone()
  expect(lines.join('')).toContain('badge stream failed')
  expect(lines.join('')).not.toContain(ANN)
  watch.trouble = undefined

  const third = await follow()
  await third.next()
  await close()
  expect(await third.next()).toBe('ended')
  expect(watch.followers).toBe(0)
})

test('one address has so many streams and no more; a place that is left is free again', async () => {
  const { follow, watch } = await open()
  const pages = await Promise.all(Array.from({ length: 100 }, () => follow()))
  const refused = await follow('', { origin: SHOP })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
  for (const page of pages) page.leave()
  await watch.alone()
  expect((await follow()).status).toBe(200)
})

test('opening one counts against guessing', async () => {
  const { follow } = await open({ perMinute: 4 })
  expect((await follow('', {}, 'guess 1')).status).toBe(200)
  expect((await follow('', {}, 'guess 2')).status).toBe(429)
})
