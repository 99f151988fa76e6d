import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { webPush } from '../../src/channels/web-push/web-push.ts'
import type { Channel, Receipt } from '../../src/engine/ports/channel.ts'
import { outgoingOf } from '../contract/channel-harness.ts'
import { startPushService, VAPID } from '../fakes/web-push.ts'
import { openBrowser } from '../support/browser.ts'
import { channelWorld } from '../support/channel-world.ts'
import { blockWith } from '../support/guide-blocks.ts'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A server on a port of its own; answers its address. */
async function serve(answer: Parameters<typeof createServer>[1] & object): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A headless Chromium has no notifications. These keep to the standard as far as a service worker can tell. */
const NOTIFICATIONS = `
self.shown = []
self.registration.showNotification = async (title, options) => { self.shown.push({ title, ...options }) }
self.click = async (notification) => {
  const waits = []
  const event = Object.assign(new Event('notificationclick'), {
    notification: { ...notification, close() {} },
    waitUntil: (promise) => waits.push(promise),
  })
  self.dispatchEvent(event)
  await Promise.all(waits)
}
`

/** A website that has the guide's service worker, on a host of its own. */
async function startSite(): Promise<string> {
  const worker = NOTIFICATIONS + blockWith('web-push', 'js', "addEventListener('push'")
  const port = await serve((request, response) => {
    const isWorker = request.url === '/sw.js'
    response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html; charset=utf-8')
    response.end(isWorker ? worker : '<!doctype html><html lang="en"><head><title>Shop</title></head></html>')
  })
  return `http://localhost:${port}`
}

/** Where our service takes callbacks; what the channel makes of each comes in turn. */
async function startCallbacks(receive: () => NonNullable<Channel['receive']>) {
  const receipts: Receipt[] = []
  const methods: string[] = []
  let waiting = Promise.withResolvers<void>()
  const port = await serve(async (request, response) => {
    const { method = '', url = '' } = request
    methods.push(method)
    const result = await receive()({ method, url, headers: {}, body: Buffer.alloc(0) })
    if (result.kind === 'receipts') receipts.push(...result.receipts)
    response.writeHead(result.kind === 'receipts' ? 200 : 401).end('{}')
    waiting.resolve()
    waiting = Promise.withResolvers()
  })
  const heard = async (count: number) => {
    while (receipts.length < count) await waiting.promise
    return receipts
  }
  return { url: `http://127.0.0.1:${port}/callbacks/push`, heard, methods }
}

test('a message is shown by a real browser with the service worker of the guide, and is delivered, then read', async () => {
  const service = await startPushService()
  closers.push(service.close)
  let channel: Channel | undefined
  const callbacks = await startCallbacks(() => channel?.receive as NonNullable<Channel['receive']>)
  const config = { subject: 'mailto:push@example.com', ...VAPID, beaconSecret: 's'.repeat(32), baseUrl: service.url }
  channel = webPush.create(config, channelWorld({ callbackUrl: callbacks.url }))
  closers.push(() => channel?.close?.())

  const origin = await startSite()
  const context = await browser.newContext()
  closers.push(() => context.close())
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  const registered = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      const active = versions.find(({ status }) => status === 'activated')
      if (active !== undefined) resolve(active.registrationId)
    })
  })
  await session.send('ServiceWorker.enable')
  await page.goto(origin)
  await page.evaluate("navigator.serviceWorker.register('/sw.js')")
  const registrationId = await registered

  const text = 'Your table is ready.'
  const push = { subscription: service.subscribe(), title: 'Example Restaurant', url: '/bookings/42' }
  const outgoing = outgoingOf({}, { channel: 'Push', content: { type: 'text', text, content: { text, push } } })
  expect(await channel.send(outgoing, new AbortController().signal)).toMatchObject({ kind: 'accepted' })

  // The way from the push service to the browser is the only part that is not real.
  const [message] = service.messages
  await session.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: message?.text ?? '' })
  const { attemptRef } = outgoing
  const delivered = { attemptRef, report: { status: 'delivered', native: 'delivered' } }
  expect(await callbacks.heard(1)).toEqual([delivered])
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'))
  const data = { url: '/bookings/42', read: expect.stringContaining('status=read') }
  expect(await worker.evaluate('self.shown')).toEqual([
    { title: 'Example Restaurant', body: text, tag: attemptRef, data },
  ])

  await worker.evaluate('self.click(self.shown[0])')
  expect(await callbacks.heard(2)).toEqual([delivered, { attemptRef, report: { status: 'read', native: 'read' } }])
  // Another host without a word on CORS: the browser asked for no leave before.
  expect(callbacks.methods).toEqual(['POST', 'POST'])
})
