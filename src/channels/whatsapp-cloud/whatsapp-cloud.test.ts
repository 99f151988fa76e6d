import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import {
  metaAnswer,
  startWhatsApp,
  WHATSAPP_APP_SECRET,
  WHATSAPP_NUMBER_ID,
  WHATSAPP_TOKEN,
  WHATSAPP_VERIFY_TOKEN,
  type WhatsAppFakeOptions,
} from '../../../test/fakes/whatsapp-cloud.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Content, ContentType } from '../../domain/content.ts'
import type { Channel, Outgoing } from '../../engine/ports/channel.ts'
import { whatsAppCloud } from './whatsapp-cloud.ts'

type Config = Parameters<typeof whatsAppCloud.create>[0]
const REF = outgoingOf({}).attemptRef
const LOGIN = { phoneNumberId: WHATSAPP_NUMBER_ID, accessToken: WHATSAPP_TOKEN }
const never = new AbortController().signal

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: Partial<Config> = {}, options: WhatsAppFakeOptions = {}) {
  const fake = await startWhatsApp(options)
  closers.push(fake.close)
  const channel = whatsAppCloud.create({ ...LOGIN, baseUrl: fake.url, ...config }, channelWorld())
  closers.push(() => channel.close?.())
  return { fake, channel }
}

const send = (channel: Channel, over: Partial<Outgoing> = {}) =>
  channel.send(outgoingOf({ outgoing: { channel: 'WhatsApp' } }, over), never)
const saying = (type: ContentType, content: Content): Partial<Outgoing> => ({
  content: { type, content, ...(content.text !== undefined && { text: content.text }) },
})

describe('what is sent', () => {
  it('is the text to the number, with our reference to come back', async () => {
    const { fake, channel } = await start()
    expect(await send(channel)).toEqual({ kind: 'accepted', providerRef: fake.messages[0]?.id })
    expect(fake.messages[0]?.body).toEqual({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: '+6591234567',
      type: 'text',
      text: { body: 'Your table is ready.', preview_url: false },
      biz_opaque_callback_data: REF,
    })
    expect(fake.requests[0]).toMatchObject({ method: 'POST', path: `/v23.0/${WHATSAPP_NUMBER_ID}/messages` })
  })

  it('goes to a business-scoped user id as a recipient', async () => {
    const { fake, channel } = await start()
    const user = { channelUserId: 'US.13491208655302741918' }
    expect((await send(channel, { address: user.channelUserId, user })).kind).toBe('accepted')
    expect(fake.messages[0]?.body).toMatchObject({ recipient: 'US.13491208655302741918' })
    expect(fake.messages[0]?.body).not.toHaveProperty('to')
  })

  const media = 'https://a.example/b'
  const place = { latitude: 1.28, longitude: 103.85 }
  const button = { type: 'button', body: { text: 'Coming?' }, action: { buttons: [] } }
  const components = [
    { type: 'header', parameters: [{ type: 'location', location: place }] },
    { type: 'body', parameters: [{ type: 'text', text: 'Ann' }] },
    { type: 'button', subType: 'QuickReply', index: 0, parameters: [{ type: 'payload', payload: 'YES' }] },
  ]
  it.each([
    ['image', { url: `${media}.jpg`, text: 'Look' }],
    ['audio', { url: `${media}.ogg`, text: 'Listen' }],
    ['video', { url: `${media}.mp4` }],
    ['file', { url: `${media}.pdf` }],
    ['location', { location: place }],
    ['interactive', { interactive: button }],
    ['template', { template: { name: 'reminder', language: 'en-US', components } }],
  ] as [ContentType, Content][])('may be %s, and is taken as it is written', async (type, content) => {
    expect(whatsAppCloud.abilities('WhatsApp', LOGIN).carries).toContain(type)
    const { channel } = await start()
    expect((await send(channel, saying(type, content))).kind).toBe('accepted')
  })

  it('keeps every character of the text', async () => {
    const { fake, channel } = await start()
    const text = 'Grüße & "100 %" \\ 😀\nline two'
    await send(channel, saying('text', { text }))
    expect(fake.messages[0]?.body).toMatchObject({ text: { body: text } })
  })

  it('goes below the path of a base URL, in the version that is configured', async () => {
    const { fake, channel } = await start({}, { prefix: '/graph' })
    expect((await send(channel)).kind).toBe('accepted')
    expect(fake.requests[0]?.path).toBe(`/graph/v23.0/${WHATSAPP_NUMBER_ID}/messages`)
    const slashed = whatsAppCloud.create({ ...LOGIN, baseUrl: `${fake.url}//` }, channelWorld())
    closers.push(() => slashed.close?.())
    expect((await send(slashed)).kind).toBe('accepted')
    const newer = whatsAppCloud.create({ ...LOGIN, baseUrl: fake.url, version: 'v99.0' }, channelWorld())
    closers.push(() => newer.close?.())
    expect(await send(newer)).toMatchObject({ kind: 'rejected', reason: 'credentials' })
  })

  it.each(['6591234567', 'ann@example.com', '', '+0591234567', 'whatsapp:+6591234567'])(
    'to %j is rejected before anybody is asked',
    async (address) => {
      const { fake, channel } = await start()
      expect(await send(channel, { address })).toMatchObject({ kind: 'rejected', reason: 'recipient' })
      expect(fake.requests).toHaveLength(0)
    },
  )

  it('without what its type needs is rejected before anybody is asked', async () => {
    const { fake, channel } = await start()
    expect(await send(channel, saying('image', {}))).toMatchObject({ kind: 'rejected', reason: 'content' })
    expect(fake.requests).toHaveLength(0)
  })
})

describe('Direct Send', () => {
  it('dies with its step', async () => {
    const { fake, channel } = await start({ directSend: 'utility' }, { directSend: true })
    expect((await send(channel, { validForMs: 90_000 })).kind).toBe('accepted')
    expect(fake.messages[0]?.body).toMatchObject({ category: 'utility', ttl_seconds: 90 })
  })

  it('of an account that is not let into it is told', async () => {
    const { channel } = await start({ directSend: 'utility' })
    expect(await send(channel)).toMatchObject({
      kind: 'rejected',
      reason: 'content',
      detail: expect.stringContaining('Direct Send is not enabled'),
    })
  })

  it('alone gives a message a life of its own', () => {
    expect(whatsAppCloud.abilities('WhatsApp', LOGIN)).not.toHaveProperty('validity')
    expect(whatsAppCloud.abilities('WhatsApp', { ...LOGIN, directSend: 'utility' }).validity).toEqual({
      minMs: 30_000,
      maxMs: 43_200_000,
    })
    expect(whatsAppCloud.abilities('WhatsApp', { ...LOGIN, directSend: 'authentication' }).validity).toEqual({
      minMs: 30_000,
      maxMs: 900_000,
    })
  })
})

describe('somebody who has stopped marketing', () => {
  const template = saying('template', { template: { name: 'offer', language: 'en' } })
  const options = { stoppedMarketing: ['6591234567'] }

  it('gets nothing more on the channel', async () => {
    const { channel } = await start({}, options)
    expect(await send(channel, template)).toMatchObject({ kind: 'rejected', code: '131050', suppress: 'opted-out' })
  })

  it('misses this message alone where the connection sends no marketing', async () => {
    const { channel } = await start({ onMarketingStop: 'ignore' }, options)
    const outcome = await send(channel, template)
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'recipient', code: '131050' })
    expect(outcome).not.toHaveProperty('suppress')
    expect((await send(channel)).kind).toBe('accepted')
  })
})

describe('the check of the login', () => {
  it('tells the name and the quality of the sender', async () => {
    const { fake, channel } = await start({}, { prefix: '/graph' })
    expect(await channel.check?.(never)).toEqual({ kind: 'good', detail: 'Jasper’s Market, quality GREEN' })
    expect(fake.requests[0]).toMatchObject({ method: 'GET', path: `/graph/v23.0/${WHATSAPP_NUMBER_ID}` })
    expect(fake.requests[0]?.query.get('fields')).toBe('verified_name,quality_rating,name_status')
  })

  it('finds out that the number is not there', async () => {
    const { channel } = await start({ phoneNumberId: '1' })
    expect(await channel.check?.(never)).toMatchObject({ kind: 'refused', detail: expect.stringMatching(/number id/) })
  })
})

describe('what may be waited for', () => {
  it('is reading, as long as webhooks can be checked', () => {
    const abilities = whatsAppCloud.abilities('WhatsApp', { ...LOGIN, appSecret: 's', verifyToken: 'v' })
    expect(abilities).toMatchObject({ reports: ['accepted', 'sent', 'delivered', 'read'], hearsReplies: true })
    expect(whatsAppCloud.abilities('WhatsApp', LOGIN).reports).toEqual(['accepted'])
    expect(whatsAppCloud.abilities('WhatsApp', LOGIN)).not.toHaveProperty('hearsReplies')
  })
})

describe('what Meta says', () => {
  it('is not repeated, for it quotes the number', async () => {
    const { fake, channel } = await start()
    fake.behave({ do: 'answer', answer: metaAnswer(400, 131009, `(#131009) to: +6591234567 is not valid`) })
    expect(JSON.stringify(await send(channel))).not.toContain('6591234567')
  })
})

describe('a configuration that cannot work', () => {
  it.each([
    [{}, []],
    [{ appSecret: WHATSAPP_APP_SECRET }, ['verifyToken']],
    [{ verifyToken: WHATSAPP_VERIFY_TOKEN }, ['appSecret']],
    [{ appSecret: ['new', 'old'], verifyToken: WHATSAPP_VERIFY_TOKEN }, []],
  ])('%j is told by its fields', (more, fields) => {
    expect(whatsAppCloud.check?.({ ...LOGIN, ...more }).map(({ field }) => field)).toEqual(fields)
  })

  it.each([
    [{ phoneNumberId: '106540352242922' }, true],
    [{ phoneNumberId: '+15550783881' }, false],
    [{ phoneNumberId: '' }, false],
    [{ accessToken: '' }, false],
    [{ version: 'v24.0' }, true],
    [{ version: '24' }, false],
    [{ version: 'v23.0/../x' }, false],
    [{ directSend: 'marketing' }, false],
    [{ onMarketingStop: 'ignore' }, true],
    [{ baseUrl: 'graph.facebook.com' }, false],
  ])('%j: %s', (more, good) => {
    expect(Value.Check(whatsAppCloud.config, { ...LOGIN, ...more })).toBe(good)
  })
})
