import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/system/clock.ts'
import { openBrowser } from '../support/browser.ts'
import { type Service, startService } from '../support/service.ts'

// The whole way: an event comes to the built service, and a page on another origin shows it.
let browser: Browser
let site: Server
let service: Service
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
  site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><title>Shop</title>
      <b id="badge" style="display: none">new messages: <i id="count"></i></b>
      <script src="${service.url}/badge.js" data-account="default" data-consumer="ann" data-show="#badge" data-count="#count"></script>`)
  }).listen(0, '127.0.0.1')
  await once(site, 'listening')
  const origin = `http://localhost:${(site.address() as AddressInfo).port}`
  service = await startService({ config: `sandbox: true\nbadge: { origins: ['${origin}'] }\n` })
  page = await browser.newPage()
  await page.goto(origin)
})
afterAll(async () => {
  await browser.close()
  site.closeAllConnections()
  site.close()
  await service.cleanUp()
})

const tell = (event: object) =>
  service.call('POST', '/api/v1/subaccounts/default/events', { conversation: 'c', ...event })
const wrote = (id: string) =>
  tell({ type: 'message.sent', id, text: 'Are you there?', author: { id: 'ben' }, recipients: ['ann'] })

/** How long after the event was answered the page shows it, in milliseconds. */
async function timed(event: Promise<unknown>, seen: () => Promise<unknown>): Promise<number> {
  const from = systemClock.now()
  await event
  await seen()
  return systemClock.now() - from
}
const shown = (count: string) =>
  page.waitForFunction(`document.querySelector('#count').textContent === '${count}'
  && getComputedStyle(document.querySelector('#badge')).display !== 'none'`)

test('the badge turns on, counts and turns off in a browser within a second of the event', async () => {
  const took: number[] = []
  for (let round = 0; round < 5; round++) {
    const ids = [`${round}-1`, `${round}-2`]
    took.push(await timed(wrote(ids[0] ?? ''), () => shown('1')))
    await wrote(ids[1] ?? '')
    await shown('2')
    const read = tell({ type: 'message.read', person: 'ann', ids })
    took.push(await timed(read, () => page.locator('#badge').waitFor({ state: 'hidden' })))
  }
  // Of ten the middle one: a crowded machine may be away for a moment.
  expect(took.sort((a, b) => a - b)[5]).toBeLessThan(1000)
})

test('the documented address answers for whoever is asked about', async () => {
  await tell({ type: 'message.sent', id: 'for-bob', author: { id: 'ben' }, recipients: ['bob'] })
  const ask = async (person: string) =>
    (await fetch(`${service.url}/helpers/msghist/default/${person}/unreadByConsumer`)).json()
  expect(await ask('bob')).toEqual({ unreadByConsumer: true })
  expect(await ask('ann')).toEqual({ unreadByConsumer: false })
  expect(await ask('nobody')).toEqual({ unreadByConsumer: false })
})
