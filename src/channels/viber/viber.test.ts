import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import {
  startViber,
  VIBER_BOT,
  VIBER_SUBSCRIBER,
  VIBER_TOKEN,
  type ViberFakeOptions,
} from '../../../test/fakes/viber.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Content, ContentType } from '../../domain/content.ts'
import { addressOf } from '../../domain/recipient.ts'
import type { Channel, Outgoing } from '../../engine/ports/channel.ts'
import { viber } from './viber.ts'

type Config = Parameters<typeof viber.create>[0]
const REF = outgoingOf({}).attemptRef
const SETTINGS = { authToken: VIBER_TOKEN, senderName: 'My Shop' }
const never = new AbortController().signal

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: Partial<Config> = {}, options: ViberFakeOptions = {}) {
  const fake = await startViber(options)
  closers.push(fake.close)
  const world = channelWorld({ callbackUrl: 'https://messages.example.com/callbacks/viber' })
  const channel = viber.create({ ...SETTINGS, baseUrl: fake.url, ...config }, world)
  closers.push(() => channel.close?.())
  return { fake, channel }
}

const send = (channel: Channel, over: Partial<Outgoing> = {}) =>
  channel.send(outgoingOf({ outgoing: { channel: 'Viber', address: VIBER_SUBSCRIBER } }, over), never)
const saying = (type: ContentType, content: Content): Partial<Outgoing> => ({
  content: { type, content, ...(content.text !== undefined && { text: content.text }) },
})

describe('what is sent', () => {
  it('is the text to the subscriber, with our reference as tracking data', async () => {
    const { fake, channel } = await start()
    expect(await send(channel)).toEqual({ kind: 'accepted', providerRef: '4912661846655238145' })
    expect(fake.messages[0]?.body).toEqual({
      receiver: VIBER_SUBSCRIBER,
      min_api_version: 1,
      sender: { name: 'My Shop' },
      tracking_data: REF,
      type: 'text',
      text: 'Your table is ready.',
    })
  })

  it('may be a picture, with words or without', async () => {
    const { fake, channel } = await start({ senderAvatar: 'https://a.example/me.png' })
    const url = 'https://a.example/b.jpg'
    await send(channel, saying('image', { url, image: { thumbnail: 'https://a.example/s.jpg' } }))
    await send(channel, saying('image', { url, text: 'Look' }))
    expect(fake.messages.map(({ body }) => body)).toMatchObject([
      {
        type: 'picture',
        media: url,
        text: '',
        thumbnail: 'https://a.example/s.jpg',
        sender: { name: 'My Shop', avatar: 'https://a.example/me.png' },
      },
      { type: 'picture', media: url, text: 'Look' },
    ])
  })

  it('may be a place', async () => {
    const { fake, channel } = await start()
    const location = { latitude: 1.28, longitude: 103.85, name: 'Raffles' }
    expect((await send(channel, saying('location', { location }))).kind).toBe('accepted')
    expect(fake.messages[0]?.body).toMatchObject({ type: 'location', location: { lat: 1.28, lon: 103.85 } })
  })

  it.each([
    ['text', {}],
    ['image', { text: 'no url' }],
    ['location', {}],
    ['location', { location: { latitude: '1.28', longitude: 1 } }],
    ['video', { url: 'https://a.example/b.mp4' }],
  ] as [ContentType, Content][])('cannot be made of %s from %j', async (type, content) => {
    const { fake, channel } = await start()
    expect(await send(channel, saying(type, content))).toMatchObject({ kind: 'rejected', reason: 'content' })
    expect(fake.requests).toHaveLength(0)
  })

  it('keeps every character of the text', async () => {
    const { fake, channel } = await start()
    const text = 'Grüße & "100 %" \\ 😀\nline two'
    await send(channel, saying('text', { text }))
    expect(fake.messages[0]?.body).toMatchObject({ text })
  })

  it('keeps the path of a base URL, with a slash at its end as well', async () => {
    const { fake } = await start({}, { prefix: '/stand-in/pa' })
    for (const baseUrl of [fake.url, `${fake.url}/`]) {
      const channel = viber.create({ ...SETTINGS, baseUrl }, channelWorld())
      closers.push(() => channel.close?.())
      expect((await send(channel)).kind).toBe('accepted')
    }
  })

  it('logs in with the first of two tokens', async () => {
    const { channel } = await start({ authToken: [VIBER_TOKEN, 'old'] })
    expect((await send(channel)).kind).toBe('accepted')
  })
})

describe('to whom', () => {
  it('is the id that the channel knows, before any other address', () => {
    const user = { msisdn: '+6591234567', email: 'ann@example.com', channelUserId: VIBER_SUBSCRIBER, contactId: 'c-1' }
    expect(addressOf(user, 'Viber', viber.abilities('Viber', SETTINGS).address)).toBe(VIBER_SUBSCRIBER)
  })

  it.each(['+6591234567', '6591234567', 'ann@example.com', 'US.13491208655302741918', 'crm:ann-7', 'ann', ''])(
    'is not %j, which is rejected before anybody is asked',
    async (address) => {
      const { fake, channel } = await start()
      expect(await send(channel, { address })).toMatchObject({ kind: 'rejected', reason: 'recipient' })
      expect(fake.requests).toHaveLength(0)
    },
  )

  it('is nobody who does not subscribe, which suppresses nothing', async () => {
    const { channel } = await start({}, { subscribers: [] })
    const outcome = await send(channel)
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'recipient', code: '6' })
    expect(outcome).not.toHaveProperty('suppress')
  })
})

describe('the check of the login', () => {
  it('tells the bot, and whether its webhook is ours', async () => {
    const ours = await start({}, { webhook: 'https://messages.example.com/callbacks/viber' })
    expect(await ours.channel.check?.(never)).toEqual({ kind: 'good', detail: VIBER_BOT })
    const none = await start()
    expect(await none.channel.check?.(never)).toEqual({ kind: 'good', detail: `${VIBER_BOT}, without a webhook` })
  })
})

describe('what may be waited for', () => {
  it('is reading; that a message is sent is not told apart', () => {
    expect(viber.abilities('Viber', SETTINGS)).toMatchObject({
      reports: ['accepted', 'delivered', 'read'],
      hearsReplies: true,
    })
  })
})

describe('a configuration', () => {
  it.each([
    [{}, true],
    [{ authToken: ['new', 'old'] }, true],
    [{ authToken: '' }, false],
    [{ authToken: [] }, false],
    [{ senderName: '' }, false],
    [{ senderName: 'x'.repeat(28) }, true],
    [{ senderName: 'x'.repeat(29) }, false],
    [{ senderName: 'My\nShop' }, false],
    [{ senderAvatar: 'me.png' }, false],
  ])('with %j is right: %s', (more, good) => {
    expect(Value.Check(viber.config, { ...SETTINGS, ...more })).toBe(good)
  })
})
