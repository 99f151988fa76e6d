import { createContext, runInContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { readMessage } from '../../src/api/read-message.ts'
import { SequenceReader } from '../../src/api/read-sequence.ts'
import { readSubscription } from '../../src/channels/web-push/subscription.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { CHANNEL_CATALOGUE } from '../../src/domain/channel-catalogue.ts'
import { VAPID } from '../fakes/web-push.ts'
import { blockWith, guideBlocks } from '../support/guide-blocks.ts'

const GUIDE = 'web-push'
const SITE = 'https://shop.example'
const SECRETS = { NEW_BEACON_SECRET: 'n'.repeat(32), OLD_BEACON_SECRET: 'o'.repeat(32) }
const ENVIRONMENT = {
  ...SECRETS,
  VAPID_PUBLIC_KEY: VAPID.publicKey,
  VAPID_PRIVATE_KEY: VAPID.privateKey,
  BEACON_SECRET: 'b'.repeat(32),
}

test('the configuration in the guide is right, with each of the lines that change it', () => {
  const [whole = '', ...lines] = guideBlocks(GUIDE, 'yaml')
  expect(lines).toHaveLength(2)
  const loaded = ['', ...lines].map((line) => {
    const [field] = line.trim().split(':')
    const kept = whole.split('\n').filter((each) => field === '' || !each.trim().startsWith(`${field}:`))
    const text = kept.join('\n') + line
    const { config } = loadConfig({ environment: ENVIRONMENT, readFile: () => text })
    return config.connections.map(({ definition, settings }) => [definition.id, settings])
  })
  const fields = { ...VAPID, subject: 'mailto:push@example.com', title: 'Example Shop' }
  expect(loaded[0]).toEqual([['web-push', expect.objectContaining({ ...fields, beaconSecret: 'b'.repeat(32) })]])
  expect(loaded[1]).toMatchObject([['web-push', { pushServices: expect.arrayContaining(['push.example.com:8443']) }]])
  expect(loaded[2]).toMatchObject([['web-push', { beaconSecret: Object.values(SECRETS) }]])
})

test('the message in the guide is taken, and its subscription is one', () => {
  const [json = ''] = guideBlocks(GUIDE, 'json')
  const sequences = new SequenceReader((name) => {
    const facts = CHANNEL_CATALOGUE.find((each) => each.name === name)
    return facts && { name, reports: facts.reports, connected: true }
  })
  const { fields, warnings } = readMessage(JSON.parse(json), {
    now: Date.parse('2026-03-01T12:00:00Z'),
    subAccountId: 'default',
    sequences,
    defaultSequence: undefined,
    templates: { lifeMs: () => undefined, policy: 'warn' },
    carries: () => ['text'],
  })
  expect(warnings).toEqual([])
  const { push } = fields.content as { push: { subscription: object } }
  expect(readSubscription(push.subscription)).toMatchObject({ endpoint: expect.stringContaining('mozilla') })
})

type Shown = { title: string; options: { body: string; tag: string; icon?: string; data: Record<string, unknown> } }
type Page = { url: string; focused: boolean }

/** Runs the guide's service worker where a browser would, with what it uses of a browser, and keeps what it does. */
function startWorker(pages: string[] = []) {
  const handlers = new Map<string, (event: object) => void>()
  const shown: Shown[] = []
  const reported: unknown[] = []
  const opened: string[] = []
  const open = pages.map((url): Page => ({ url, focused: false }))
  const clients = {
    matchAll: async () =>
      open.map((page) => ({
        url: page.url,
        focus: async () => {
          page.focused = true
        },
      })),
    openWindow: async (url: string) => void opened.push(url),
  }
  const self = {
    location: { origin: SITE },
    clients,
    registration: {
      showNotification: async (title: string, options: Shown['options']) => void shown.push({ title, options }),
    },
    addEventListener: (type: string, handler: (event: object) => void) => handlers.set(type, handler),
  }
  let online = true
  const fetch = async (url: string, how: object) => {
    reported.push([url, how])
    if (!online) throw new TypeError('Failed to fetch')
  }
  runInContext(blockWith(GUIDE, 'js', "addEventListener('push'"), createContext({ self, fetch, URL }))
  /** The browser lets a worker die as soon as nobody waits any more; so does this. */
  const tell = async (type: string, event: object) => {
    const waits: Promise<unknown>[] = []
    handlers.get(type)?.({ ...event, waitUntil: (promise: Promise<unknown>) => waits.push(promise) })
    expect(waits).toHaveLength(1)
    await Promise.all(waits)
  }
  return {
    shown,
    reported,
    opened,
    open,
    goOffline: () => {
      online = false
    },
    push: (data: object) => tell('push', { data: { json: () => data } }),
    click: async ({ options }: Shown) => {
      let closed = false
      const notification = {
        data: options.data,
        close: () => {
          closed = true
        },
      }
      await tell('notificationclick', { notification })
      return closed
    },
  }
}

const BEACONS = { delivered: 'https://messages.example.com/d', read: 'https://messages.example.com/r' }
const BY_POST = { method: 'POST', mode: 'no-cors', credentials: 'omit', keepalive: true }
const PUSHED = {
  text: 'Your table is ready.',
  tag: 'u.1',
  title: 'Shop',
  url: '/bookings/42',
  icon: '/i.png',
  beacons: BEACONS,
}

describe('the service worker in the guide', () => {
  test('shows the message, then reports that it is shown', async () => {
    const worker = startWorker()
    await worker.push(PUSHED)
    const data = { url: '/bookings/42', read: BEACONS.read }
    expect(worker.shown).toEqual([
      { title: 'Shop', options: { body: 'Your table is ready.', tag: 'u.1', icon: '/i.png', data } },
    ])
    expect(worker.reported).toEqual([[BEACONS.delivered, BY_POST]])
  })

  test('closes what was clicked, opens its page and reports that it was read', async () => {
    const worker = startWorker([`${SITE}/`])
    await worker.push(PUSHED)
    expect(await worker.click(worker.shown[0] as Shown)).toBe(true)
    expect(worker.opened).toEqual([`${SITE}/bookings/42`])
    expect(worker.reported).toEqual([
      [BEACONS.delivered, BY_POST],
      [BEACONS.read, BY_POST],
    ])
  })

  test('goes to a page that is open already', async () => {
    const worker = startWorker([`${SITE}/`, `${SITE}/bookings/42`])
    await worker.push(PUSHED)
    await worker.click(worker.shown[0] as Shown)
    expect(worker.opened).toEqual([])
    expect(worker.open.map(({ focused }) => focused)).toEqual([false, true])
  })

  test('shows a message of a connection without a beaconSecret, and calls nobody', async () => {
    const worker = startWorker()
    await worker.push({ text: 'Hi', tag: 'u.1' })
    await worker.click(worker.shown[0] as Shown)
    expect(worker.shown).toMatchObject([{ title: 'News for you', options: { body: 'Hi' } }])
    expect(worker.opened).toEqual([`${SITE}/`])
    expect(worker.reported).toEqual([])
  })

  test('shows and opens also when nobody can be called', async () => {
    const worker = startWorker()
    worker.goOffline()
    await worker.push(PUSHED)
    await worker.click(worker.shown[0] as Shown)
    expect([worker.shown.length, worker.opened.length, worker.reported.length]).toEqual([1, 1, 2])
  })
})
