import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import { OTHER_VAPID, startPushService, VAPID } from '../../../test/fakes/web-push.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { webPush } from './web-push.ts'

type Config = Parameters<typeof webPush.create>[0]
const CALLBACK_URL = 'https://messages.example.com/callbacks/push'
const SECRET = 'a-beacon-secret-of-32-characters'
const REF = outgoingOf({}).attemptRef

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(over: Partial<Config> = {}) {
  const fake = await startPushService()
  closers.push(fake.close)
  const config = { subject: 'mailto:push@example.com', ...VAPID, beaconSecret: SECRET, baseUrl: fake.url, ...over }
  const channel = webPush.create(config, channelWorld({ callbackUrl: CALLBACK_URL }))
  closers.push(() => channel.close?.())
  const subscription = fake.subscribe()
  /** `push` goes beside the subscription, `text` is what is said. */
  const send = (push: object = {}, more: Partial<Outgoing> = {}, text = 'Your table is ready.') => {
    const content = { text, push: { subscription, ...push } }
    const outgoing = outgoingOf({}, { channel: 'Push', content: { type: 'text', text, content }, ...more })
    return channel.send(outgoing, new AbortController().signal)
  }
  /** What the service worker gets, and the headers that it came with. */
  const sent = async (...given: Parameters<typeof send>) => {
    expect(await send(...given)).toMatchObject({ kind: 'accepted' })
    const message = fake.messages.at(-1)
    return { notification: JSON.parse(message?.text ?? ''), headers: message?.headers ?? {}, message }
  }
  return { fake, channel, subscription, send, sent }
}

describe('what the service worker gets', () => {
  it('is the text, a tag, and two beacons', async () => {
    const { sent } = await start()
    const { notification } = await sent()
    expect(notification).toEqual({
      text: 'Your table is ready.',
      tag: REF,
      beacons: {
        delivered: expect.stringMatching(`^${CALLBACK_URL}\\?attempt=${REF}&status=delivered&signature=[\\w-]{43}$`),
        read: expect.stringMatching(`^${CALLBACK_URL}\\?attempt=${REF}&status=read&signature=[\\w-]{43}$`),
      },
    })
  })

  it('has what the message says of it', async () => {
    const { sent } = await start({ title: 'Shop' })
    const push = { title: 'Booking', url: '/bookings/42', icon: '/icon.png', tag: 'booking-42' }
    expect((await sent(push)).notification).toMatchObject(push)
    expect((await sent({ title: ' ', url: 7, icon: null, tag: '' })).notification).toEqual({
      text: 'Your table is ready.',
      title: 'Shop',
      tag: REF,
      beacons: expect.anything(),
    })
  })

  it('has no beacons without a secret to sign them', async () => {
    const { sent } = await start({ beaconSecret: undefined as never })
    expect((await sent()).notification).toEqual({ text: 'Your table is ready.', tag: REF })
  })

  it('has beacons by the first of several secrets, and each of them is good', async () => {
    const { channel, sent } = await start({ beaconSecret: [SECRET, 'b'.repeat(32)] })
    const { notification } = await sent()
    const { pathname, search } = new URL(notification.beacons.read)
    const request = { method: 'POST', url: pathname + search, headers: {}, body: Buffer.alloc(0) }
    expect(await channel.receive?.(request)).toMatchObject({ receipts: [{ attemptRef: REF }] })
    const old = webPush.create({ subject: '', ...VAPID, beaconSecret: ['c'.repeat(32), SECRET] }, channelWorld())
    closers.push(() => old.close?.())
    expect(await old.receive?.(request)).toMatchObject({ kind: 'receipts' })
  })

  it('keeps every character, up to the last byte that fits', async () => {
    const { send, sent } = await start({ beaconSecret: undefined as never })
    const text = 'Grüße & 世界 😀\n"two"'
    expect((await sent({}, {}, text)).notification.text).toBe(text)
    const room = 3_993 - JSON.stringify({ text: '', tag: REF }).length
    expect((await sent({}, {}, 'x'.repeat(room))).message?.text).toHaveLength(3_993)
    expect(await send({}, {}, 'x'.repeat(room + 1))).toMatchObject({ kind: 'rejected', reason: 'content' })
    expect(await send({}, {}, 'ü'.repeat(room / 2 + 1))).toMatchObject({ kind: 'rejected', reason: 'content' })
  })
})

describe('the headers', () => {
  it('are those of the protocol, with a login for this push service of at most a day', async () => {
    const { sent } = await start()
    const { headers, message } = await sent()
    expect(headers).toMatchObject({ urgency: 'normal', 'content-encoding': 'aes128gcm', ttl: '2419200' })
    expect(headers).not.toHaveProperty('topic')
    expect(message?.claims).toMatchObject({
      aud: 'https://updates.push.services.mozilla.com',
      sub: 'mailto:push@example.com',
    })
  })

  it.each([
    [61_900, '61'],
    [10, '1'],
    [2_419_200_000, '2419200'],
    [9_000_000_000, '2419200'],
  ])('of a step of %i ms let the message wait for %s seconds', async (validForMs, ttl) => {
    const { sent } = await start()
    expect((await sent({}, { validForMs })).headers).toMatchObject({ ttl })
  })

  it('have the urgency and the topic of the connection, or the topic of the message', async () => {
    const { sent } = await start({ urgency: 'high', topic: 'news' })
    expect((await sent()).headers).toMatchObject({ urgency: 'high', topic: 'news' })
    expect((await sent({ topic: 'booking-0042' })).headers).toMatchObject({ topic: 'booking-0042' })
  })

  it.each(['x', 'five5', 'with spaces', 'x'.repeat(33), 'ümlaut', 'a\r\nb: c'])(
    'have no topic that a push service refuses: %j',
    async (topic) => {
      const { fake, send } = await start()
      expect(await send({ topic })).toMatchObject({ kind: 'rejected', reason: 'content' })
      expect(fake.requests).toEqual([])
    },
  )
})

describe('where it goes', () => {
  it('is below the base URL, with the path of the endpoint after its own', async () => {
    const { fake, subscription } = await start()
    const config = { subject: 'mailto:push@example.com', ...VAPID, baseUrl: `${fake.url}/prefix//` }
    const channel = webPush.create(config, channelWorld())
    closers.push(() => channel.close?.())
    const endpoint = `${subscription.endpoint}?token=a%2Fb`
    const content = { text: 'Hi', push: { subscription: { ...subscription, endpoint } } }
    const outgoing = outgoingOf({}, { content: { type: 'text', text: 'Hi', content } })
    await channel.send(outgoing, new AbortController().signal)
    expect(fake.requests.map(({ path, query }) => [path, query.get('token')])).toEqual([
      [`/prefix${new URL(endpoint).pathname}`, 'a/b'],
    ])
  })

  it.each([
    [{ subscription: undefined }, 'brings no subscription'],
    [{ subscription: { endpoint: 'https://fcm.googleapis.com/x' } }, 'is no subscription'],
    [{ subscription: 'https://fcm.googleapis.com/x' }, 'is no subscription'],
  ])('is nowhere without a subscription: %j', async (push, words) => {
    const { fake, send } = await start()
    expect(await send(push)).toMatchObject({
      kind: 'rejected',
      reason: 'recipient',
      detail: expect.stringContaining(words),
    })
    expect(fake.requests).toEqual([])
  })

  it('is nowhere for content without fields of its own', async () => {
    const { send } = await start()
    for (const push of [undefined, null, 'x', []]) {
      const content = { type: 'text' as const, text: 'Hi', content: { text: 'Hi', push } }
      expect(await send({}, { content })).toMatchObject({ kind: 'rejected', reason: 'recipient' })
    }
  })

  it('is no host but those of the list, which the operator may change', async () => {
    const { fake, send, subscription } = await start()
    const { pathname } = new URL(subscription.endpoint)
    const at = (host: string) => ({ subscription: { ...subscription, endpoint: `https://${host}${pathname}` } })
    for (const host of ['push.example.com', '127.0.0.1', '169.254.169.254', new URL(fake.url).host]) {
      expect(await send(at(host))).toMatchObject({ kind: 'rejected', reason: 'recipient' })
    }
    expect(fake.requests).toEqual([])
    const own = await start({ pushServices: ['push.example.com'] })
    // It gets there, where the fake has no such browser.
    expect(await own.send(at('push.example.com'))).toMatchObject({ kind: 'rejected', code: '404' })
    expect(await own.send()).toMatchObject({ detail: expect.stringContaining('pushServices') })
  })

  it('is nowhere without a text', async () => {
    const { fake, send } = await start()
    expect(await send({}, {}, '')).toMatchObject({ kind: 'rejected', reason: 'content' })
    expect(fake.requests).toEqual([])
  })
})

describe('a browser that has unsubscribed', () => {
  it('is a bad address when the address stands for the subscription, and a refusal when it stands for the person', async () => {
    const { fake, send, subscription } = await start()
    fake.unsubscribe(subscription)
    const device = { address: 'laptop', user: { channelUserId: 'laptop', msisdn: '+6591234567' } }
    expect(await send({}, device)).toMatchObject({ kind: 'rejected', reason: 'recipient', suppress: 'bad-address' })
    for (const user of [{ contactId: 'ann' }, { msisdn: 'ann' }]) {
      const outcome = await send({}, { address: 'ann', user })
      expect(outcome).toMatchObject({ kind: 'rejected', reason: 'recipient' })
      expect(outcome).not.toHaveProperty('suppress')
    }
  })

  it('or subscribed with another key says nothing of the connection', async () => {
    const { fake, send } = await start()
    const subscription = fake.subscribe(OTHER_VAPID.publicKey)
    expect(await send({ subscription })).toMatchObject({ kind: 'rejected', reason: 'recipient', code: 'other-keys' })
  })
})

it('a login that the service does not take is the operator’s to mend', async () => {
  const signedByAnother = await start({ privateKey: OTHER_VAPID.privateKey })
  expect(await signedByAnother.send()).toMatchObject({ kind: 'rejected', reason: 'credentials', code: '401' })
})

describe('the configuration', () => {
  const good = { subject: 'mailto:push@example.com', ...VAPID }
  const problems = (over: object) => webPush.check?.({ ...good, ...over }).map(({ field }) => field)

  it('wants two halves of one pair', () => {
    expect(problems({})).toEqual([])
    expect(problems(OTHER_VAPID)).toEqual([])
    expect(problems({ privateKey: OTHER_VAPID.privateKey })).toEqual(['privateKey'])
    expect(problems({ privateKey: 'A'.repeat(43) })).toEqual(['privateKey'])
    expect(problems({ privateKey: '_'.repeat(43) })).toEqual(['privateKey'])
  })

  it('wants beacon secrets that nobody guesses', () => {
    expect(problems({ beaconSecret: 'x'.repeat(24) })).toEqual([])
    expect(problems({ beaconSecret: 'x'.repeat(23) })).toEqual(['beaconSecret'])
    expect(problems({ beaconSecret: ['x'.repeat(24), 'short'] })).toEqual(['beaconSecret'])
  })

  it.each([
    ['subject', ['mailto:a@b.example', 'https://shop.example', 'https://shop.example/contact']],
    ['topic', ['ab', 'news', 'x'.repeat(32), 'abc']],
    ['pushServices', [['push.example.com'], ['push.example.com:8443']]],
  ])('takes a right %s', (field, values) => {
    for (const value of values) expect(Value.Check(webPush.config, { ...good, [field]: value })).toBe(true)
  })

  it.each([
    [
      'subject',
      ['a@b.example', 'mailto: a@b.example', 'mailto:push@localhost', 'https://localhost', 'http://shop.example'],
    ],
    ['publicKey', [VAPID.privateKey, `${VAPID.publicKey}=`, `A${VAPID.publicKey.slice(1)}`]],
    ['privateKey', [VAPID.publicKey, `${VAPID.privateKey}=`]],
    ['topic', ['', 'x', 'fives', 'x'.repeat(29), 'x'.repeat(33), 'a b']],
    ['pushServices', [[], ['https://push.example.com'], ['localhost'], ['*.example.com'], ['Push.example.com']]],
    ['urgency', ['urgent']],
  ])('takes no wrong %s', (field, values) => {
    for (const value of values) {
      expect(Value.Check(webPush.config, { ...good, [field]: value }), String(value)).toBe(false)
    }
  })

  it('decides what can be waited for', () => {
    expect(webPush.abilities('Push', good).reports).toEqual(['accepted'])
    expect(webPush.abilities('Push', { ...good, beaconSecret: SECRET }).reports).toEqual([
      'accepted',
      'delivered',
      'read',
    ])
  })
})
