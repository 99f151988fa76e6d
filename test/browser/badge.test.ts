import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { SignJWT } from 'jose'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { BadgeConfig } from '../../src/api/badge-options.ts'
import { systemClock } from '../../src/system/clock.ts'
import { ACCOUNT, type BadgeHouse, badgePath, openBadgeHouse, ScriptedWatch } from '../support/badge-house.ts'
import { openBrowser } from '../support/browser.ts'

const ANN = 'google-oauth2|108308539834916378321'
const SECRET = 'a shared secret of thirty-two bytes or more'

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser.close())

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A website of its own origin: each path is one page. */
async function startSite() {
  const pages = new Map<string, string>()
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(pages.get(request.url ?? '') ?? '')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  // `localhost` and 127.0.0.1 are two hosts to a browser.
  return { pages, origin: `http://localhost:${(server.address() as AddressInfo).port}` }
}

/** The service, a website and a browser that shows it. */
async function open(config: Partial<BadgeConfig> = {}) {
  const site = await startSite()
  const watch = new ScriptedWatch()
  const started: BadgeHouse[] = []
  const start = async (port?: number) => {
    const house = openBadgeHouse(watch, systemClock, { origins: [site.origin], perMinute: 1000, ...config })
    started.push(house)
    return await house.listen(port)
  }
  const url = await start()
  const stop = async () => {
    for (const house of started.splice(0)) await house.close()
  }
  closers.push(stop)
  const context: BrowserContext = await browser.newContext()
  closers.push(() => context.close())
  const trouble: string[] = []
  /** Shows a page; `prepare` runs in it before anything else. */
  const show = async (html: string, prepare?: string): Promise<Page> => {
    const path = `/${site.pages.size}`
    site.pages.set(path, html)
    const page = await context.newPage()
    page.on('pageerror', (error) => trouble.push(error.message))
    if (prepare !== undefined) await page.addInitScript({ content: prepare })
    await page.goto(site.origin + path)
    return page
  }
  /** The tag as the guide gives it. */
  const tag = (more = '', how = '') =>
    `<script ${how} src="${url}/badge.js" data-account="${ACCOUNT}" data-consumer="${ANN}" data-show="#badge" data-count="#count" ${more}></script>`
  const restart = async () => {
    await stop()
    await start(Number(new URL(url).port))
  }
  return { watch, show, tag, url, stop, start, restart, trouble, context, site }
}

const BODY = '<a href="#chat">Chat</a> <b id="badge" style="display: none">new</b> <i id="count"></i>'
const PAGE = (tag: string) =>
  `<!doctype html><html lang="en"><head><title>Shop</title>${tag}</head><body>${BODY}</body></html>`

const shown = (page: Page, selector = '#badge') => page.locator(selector).waitFor({ state: 'visible' })
const hidden = (page: Page, selector = '#badge') => page.locator(selector).waitFor({ state: 'hidden' })
const displayOf = (page: Page, selector = '#badge') =>
  page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).display`)
/** What a page of one part calls when its visitor comes, changes or goes. */
const set = (page: Page, changes: object) => page.evaluate(`untilreadBadge.set(${JSON.stringify(changes)})`)

// What runs in the page is text here: it knows the page, and this file does not.
const KEEP_ANNOUNCEMENTS = `said = []; document.addEventListener('untilread', function (event) { said.push(event.detail) })`
const NO_STREAMS = 'delete window.EventSource'

/** Resolves when the page has announced this; what it announced is kept from the start. */
async function announced(page: Page, key: 'unread' | 'error', value: unknown): Promise<void> {
  await page.waitForFunction(`said.some(function (detail) { return detail.${key} === ${value} })`)
}

describe('the badge', () => {
  test('turns on and off with each change, and counts', async () => {
    const { watch, show, tag, trouble } = await open()
    const page = await show(PAGE(tag()), KEEP_ANNOUNCEMENTS)
    await announced(page, 'unread', false)
    for (let round = 0; round < 3; round++) {
      watch.set(ANN, 2)
      await shown(page)
      expect(await page.textContent('#count')).toBe('2')
      watch.set(ANN, 0)
      await hidden(page)
      expect(await page.textContent('#count')).toBe('')
    }
    expect(trouble).toEqual([])
  })

  test.each([
    ['in the head', '', false],
    ['at the end', '', true],
    ['async', 'async', false],
    ['deferred', 'defer', false],
  ])('works with its tag %s', async (_, how, atEnd) => {
    const { watch, show, tag, trouble } = await open()
    watch.set(ANN, 1)
    const html = atEnd ? PAGE('').replace('</body>', `${tag('', how)}</body>`) : PAGE(tag('', how))
    const page = await show(html)
    await shown(page)
    expect(await page.textContent('#count')).toBe('1')
    expect(trouble).toEqual([])
  })

  test('works on a page of the nineties', async () => {
    const { watch, show, tag, trouble } = await open()
    const page = await show(
      `<HTML><HEAD><TITLE>Shop</TITLE>${tag('data-display=inline')}</HEAD><BODY BGCOLOR=#FFFFFF><TABLE WIDTH=100%><TR>` +
        `<TD><FONT SIZE=2>Chat <SPAN ID=badge STYLE=display:none>new!</SPAN> <SPAN ID=count></SPAN></FONT></TABLE></BODY></HTML>`,
    )
    expect(await page.evaluate('document.compatMode')).toBe('BackCompat')
    watch.set(ANN, 4)
    await shown(page)
    expect([await displayOf(page), await page.textContent('#count')]).toEqual(['inline', '4'])
    expect(trouble).toEqual([])
  })

  test('gives elements the display that they had, that was asked for, or one that shows', async () => {
    const { watch, show, tag } = await open()
    const styled = '<style>.sheet { display: none }</style>'
    const elements =
      '<b class="x" id="flex" style="display: flex">x</b><b class="x" id="attribute" hidden>x</b><b class="x sheet" id="sheet">x</b>'
    const html = PAGE(styled + tag('data-show=".x"').replace('data-show="#badge" ', '')).replace(BODY, elements)
    const page = await show(html, KEEP_ANNOUNCEMENTS)
    await announced(page, 'unread', false)
    const displays = () => Promise.all(['#flex', '#attribute', '#sheet'].map((each) => displayOf(page, each)))
    expect(await displays()).toEqual(['none', 'none', 'none'])
    watch.set(ANN, 1)
    await shown(page, '#sheet')
    expect(await displays()).toEqual(['flex', 'block', 'block'])
    await set(page, { display: 'table' })
    expect(await displays()).toEqual(['table', 'table', 'table'])
  })

  test('comes back after the service was restarted, with what has changed meanwhile', async () => {
    const { watch, show, tag, stop, start, url, trouble } = await open()
    const page = await show(PAGE(tag()), KEEP_ANNOUNCEMENTS)
    await announced(page, 'unread', false)
    await stop()
    watch.set(ANN, 1)
    await start(Number(new URL(url).port))
    await shown(page)
    watch.set(ANN, 0)
    await hidden(page)
    expect(trouble).toEqual([])
  })

  test('works without EventSource: it asks every now and then', async () => {
    const { watch, show, tag, trouble, restart } = await open()
    const page = await show(PAGE(tag('data-every="1"')), NO_STREAMS)
    await page.waitForResponse((response) => response.url().includes('unreadByConsumer?count=1'))
    watch.set(ANN, 3)
    await shown(page)
    expect(await page.textContent('#count')).toBe('3')
    expect(watch.followers).toBe(0)
    await restart()
    watch.set(ANN, 0)
    await hidden(page)
    expect(trouble).toEqual([])
  })

  test('polls while no stream can be had', async () => {
    const { watch, show, tag, context } = await open()
    await context.route('**/stream?*', (route) => route.fulfill({ status: 502, body: '<html>Bad gateway</html>' }))
    const page = await show(PAGE(tag()))
    await page.waitForResponse((response) => response.url().includes('unreadByConsumer?count=1'))
    watch.set(ANN, 1)
    await shown(page)
    expect(watch.followers).toBe(0)
  })

  test('rests while nobody sees the page', async () => {
    const { watch, show, tag } = await open()
    const page = await show(PAGE(tag()), KEEP_ANNOUNCEMENTS)
    await announced(page, 'unread', false)
    const turn = (isHidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} })
        document.dispatchEvent(new Event('visibilitychange'))`)
    await turn(true)
    await watch.alone()
    watch.set(ANN, 1)
    await turn(false)
    await shown(page)
  })

  test('can be told later who the visitor is, and forgets one who has left', async () => {
    const { watch, show, tag, trouble } = await open()
    watch.set(ANN, 1)
    const unnamed = tag().replace(`data-consumer="${ANN}"`, '')
    const page = await show(PAGE(unnamed), KEEP_ANNOUNCEMENTS)
    expect(watch.asked).toEqual([])
    await set(page, { consumer: ANN })
    await shown(page)
    await set(page, { consumer: '' })
    await hidden(page)
    await watch.alone()
    watch.set('bob', 5)
    await set(page, { consumer: 'bob' })
    await shown(page)
    expect(await page.textContent('#count')).toBe('5')
    // Elements that came later are dressed as soon as the page says so.
    await page.evaluate(`document.body.innerHTML += '<u id="later" style="display: none">new</u>'`)
    await set(page, { show: '#later' })
    await shown(page, '#later')
    expect(trouble).toEqual([])
  })

  test('takes what the page had set before the script came, and a second tag speaks to the first', async () => {
    const { watch, show, tag } = await open()
    watch.set('bob', 2)
    const before = `<script>var untilreadBadge = { consumer: 'bob' }</script>`
    const page = await show(PAGE(before + tag()))
    await shown(page)
    expect(watch.asked).not.toContain(ANN)
    await page.evaluate(`document.body.append(document.createRange().createContextualFragment(\`${tag()}\`))`)
    await hidden(page)
    await watch.onlyFollowed(ANN)
  })

  test('does not disturb a page that uses it wrongly', async () => {
    const { show, url, trouble } = await open()
    const page = await show(
      PAGE(
        `<script src="${url}/badge.js" data-account="${ACCOUNT}" data-consumer="${ANN}" data-show="##" data-every="x"></script>` +
          `<script>untilreadBadge.set(); untilreadBadge.set(null); untilreadBadge.set({ consumer: '\\ud800' }); untilreadBadge.set({ host: 'http://[', consumer: 'x' }); document.title = 'alive'</script>`,
      ),
    )
    expect(await page.title()).toBe('alive')
    expect(trouble).toEqual([])
  })

  test('is not for pages of other origins', async () => {
    const { watch, show, tag, context } = await open({ origins: ['https://www.example.com'] })
    watch.set(ANN, 1)
    const refused = ['/stream?', 'unreadByConsumer?'].map((part) =>
      context.waitForEvent('requestfailed', (request) => request.url().includes(part)),
    )
    const page = await show(PAGE(tag()))
    await Promise.all(refused)
    expect(await page.locator('#badge').isVisible()).toBe(false)
    expect(watch.asked).toEqual([])
  })
})

describe('with tokens', () => {
  const tokenFor = (sub: string, seconds: number) =>
    new SignJWT({ sub, exp: Math.ceil(systemClock.now() / 1000) + seconds })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET))

  test('shows the visitor his own, by stream and by polling', async () => {
    const { watch, show, tag } = await open({ jwt: { secret: SECRET } })
    watch.set(ANN, 1)
    const html = PAGE(tag(`data-token="${await tokenFor(ANN, 600)}"`))
    await shown(await show(html))
    expect(watch.followers).toBe(1)
    await shown(await show(html, NO_STREAMS))
  })

  test('says when a token is refused or at its end, and goes on with a new one', async () => {
    const { watch, show, tag, trouble } = await open({ jwt: { secret: SECRET } })
    watch.set(ANN, 1)
    const page = await show(PAGE(tag(`data-token="${await tokenFor('bob', 600)}"`)), KEEP_ANNOUNCEMENTS)
    await announced(page, 'error', 403)
    await set(page, { token: await tokenFor(ANN, 2) })
    await shown(page)
    await announced(page, 'error', 401)
    await watch.alone()
    expect(await page.locator('#badge').isVisible()).toBe(true)
    const again = page.waitForResponse((response) => response.url().includes('/stream?') && response.ok())
    await set(page, { token: await tokenFor(ANN, 600) })
    await again
    watch.set(ANN, 0)
    await hidden(page)
    expect(trouble).toEqual([])
  })
})

test('the documented snippet of before works as it is', async () => {
  const { watch, show, url } = await open()
  watch.set(ANN, 1)
  const script = `fetch('${url}${badgePath(ANN)}').then(function (answer) { return answer.json() }).then(function (answer) {
    if (answer.unreadByConsumer) document.getElementById('new-messages-notification').style.display = 'table' })`
  const notice = '<div id="new-messages-notification" style="display: none">New messages</div>'
  const page = await show(PAGE('').replace('</body>', `${notice}<script>${script}</script></body>`))
  await shown(page, '#new-messages-notification')
  expect(await displayOf(page, '#new-messages-notification')).toBe('table')
})

test('the example page shows its badge, with a token that its server made', async () => {
  const watch = new ScriptedWatch()
  const house = openBadgeHouse(watch, systemClock, { origins: ['*'], jwt: { secret: SECRET } })
  closers.push(house.close)
  const url = await house.listen()
  const env = { ...process.env, PORT: '0', UNTILREAD_URL: url, ACCOUNT, CONSUMER: 'ann-17', BADGE_SECRET: SECRET }
  const example: ChildProcess = spawn(process.execPath, ['examples/badge/server.ts'], {
    cwd: new URL('../..', import.meta.url),
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  closers.push(async () => {
    const ended = once(example, 'exit')
    if (example.exitCode === null && example.kill()) await ended
  })
  if (example.stdout === null) throw new Error('the example has no output')
  const { value } = await createInterface(example.stdout)[Symbol.asyncIterator]().next()
  const context = await browser.newContext()
  closers.push(() => context.close())
  const page = await context.newPage()
  await page.goto(String(value))
  expect(await page.locator('#dot').isVisible()).toBe(false)
  watch.set('ann-17', 3)
  await shown(page, '#dot')
  expect(await page.textContent('#dot')).toBe('3')
  await shown(page, '#new-messages')
})
