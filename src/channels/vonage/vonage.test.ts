import { generateKeyPairSync } from 'node:crypto'
import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import {
  startVonage,
  VONAGE_APPLICATION,
  VONAGE_KEY,
  VONAGE_PRIVATE_KEY,
  VONAGE_PRIVATE_KEY_PKCS1,
  VONAGE_SECRET,
  VONAGE_SIGNATURE_SECRET,
  type VonageOptions,
} from '../../../test/fakes/vonage.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Channel, Outgoing, Revocation } from '../../engine/ports/channel.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { vonage } from './vonage.ts'

type Config = Parameters<typeof vonage.create>[0]
const NOW = Date.parse('2026-03-01T12:00:00Z')
const CALLBACK_URL = 'http://127.0.0.1:1/callbacks/vonage'
const REF = outgoingOf({}).attemptRef
const SENDERS = { from: '+15551234567', whatsappFrom: '+15551234568', viberFrom: '12345', rcsFrom: 'MyBrand' }
const APPLICATION = { applicationId: VONAGE_APPLICATION, privateKey: VONAGE_PRIVATE_KEY }
const ACCOUNT = { apiKey: VONAGE_KEY, apiSecret: VONAGE_SECRET }
const USUAL = { ...APPLICATION, ...SENDERS, signatureSecret: VONAGE_SIGNATURE_SECRET }

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Start = { config?: Config; options?: VonageOptions; callbackUrl?: string }

async function start({ config = USUAL, options = {}, callbackUrl = CALLBACK_URL }: Start = {}) {
  const fake = await startVonage(options)
  closers.push(fake.close)
  const clock = new MovableClock(NOW)
  const channel = vonage.create({ baseUrl: fake.url, ...config }, channelWorld({ callbackUrl, clock }))
  closers.push(() => channel.close?.())
  return { fake, channel }
}

const signal = new AbortController().signal
const send = (channel: Channel, over: Partial<Outgoing> = {}) => channel.send(outgoingOf({}, over), signal)

async function bodyOf(over: Partial<Outgoing>, how: Start = {}) {
  const { fake, channel } = await start(how)
  const outcome = await send(channel, over)
  expect(outcome).toEqual({ kind: 'accepted', providerRef: fake.messages[0]?.uuid })
  return fake.messages[0]?.body
}

const COMMON = { to: '6591234567', client_ref: REF, webhook_url: CALLBACK_URL, webhook_version: 'v1' }
const TEXT = { message_type: 'text', text: 'Your table is ready.' }

describe('what is sent', () => {
  it.each([
    ['SMS', { channel: 'sms', from: '15551234567' }],
    ['WhatsApp', { channel: 'whatsapp', from: '15551234568' }],
    ['Viber', { channel: 'viber_service', from: '12345', viber_service: { category: 'transaction' } }],
    ['RCS', { channel: 'rcs', from: 'MyBrand' }],
  ])('on %s is the text, with our reference', async (channel, own) => {
    expect(await bodyOf({ channel })).toEqual({ ...COMMON, ...TEXT, ...own })
  })

  it.each([
    ['SMS', 61_900, { ttl: 61 }],
    ['SMS', 10, { ttl: 20 }],
    ['SMS', 30 * 86_400_000, { ttl: 604_800 }],
    ['RCS', 61_900, { ttl: 61 }],
    ['RCS', 30 * 86_400_000, { ttl: 259_200 }],
    ['Viber', 61_900, { viber_service: { category: 'transaction', ttl: 61 } }],
    ['Viber', 10, { viber_service: { category: 'transaction', ttl: 30 } }],
    ['Viber', 30 * 86_400_000, { viber_service: { category: 'transaction', ttl: 86_400 } }],
  ])('on %s in a step of %i ms has %j', async (channel, validForMs, ttl) => {
    expect(await bodyOf({ channel, validForMs })).toMatchObject(ttl)
  })

  it('on WhatsApp cannot be given a life', async () => {
    expect(await bodyOf({ channel: 'WhatsApp', validForMs: 60_000 })).not.toHaveProperty('ttl')
    expect(vonage.abilities('WhatsApp', USUAL)).not.toHaveProperty('validity')
  })

  it.each([
    ['GSM7', 'text'],
    ['UCS2', 'unicode'],
    ['AUTO', 'auto'],
  ])('as SMS in %s is in %s', async (encoding, native) => {
    const content = { type: 'text', text: 'Hi', content: { text: 'Hi', sms: { encoding } } } as const
    expect(await bodyOf({ content })).toMatchObject({ sms: { encoding_type: native } })
  })

  it.each([
    ['Shop', 'Shop'],
    ['+15550001111', '15550001111'],
  ])('is from %s where the message names it, as SMS alone', async (source, native) => {
    const senders = { sms: [native] }
    const content = { type: 'text', text: 'Hi', content: { text: 'Hi', sms: { source } } } as const
    expect(await bodyOf({ content }, { options: { senders } })).toMatchObject({ from: native })
    expect(await bodyOf({ content, channel: 'WhatsApp' })).toMatchObject({ from: '15551234568' })
  })

  it('tells Viber and RCS its category', async () => {
    const config = { ...USUAL, viberCategory: 'promotion', rcsCategory: 'service-request' } as const
    expect(await bodyOf({ channel: 'Viber' }, { config })).toMatchObject({ viber_service: { category: 'promotion' } })
    expect(await bodyOf({ channel: 'RCS' }, { config })).toMatchObject({ rcs: { category: 'service-request' } })
  })

  it('goes to a WhatsApp user by id', async () => {
    const address = 'SG.13491208655302741918'
    expect(await bodyOf({ channel: 'WhatsApp', address })).toMatchObject({ to: address })
  })

  it('is a template by its name and language', async () => {
    const parameters = [{ type: 'text', text: 'Ann' }]
    const template = { name: 'reminder', language: 'en', components: [{ type: 'body', parameters }] }
    const content = { type: 'template', content: { template } } as const
    expect(await bodyOf({ channel: 'WhatsApp', content })).toMatchObject({
      message_type: 'template',
      template: { name: 'reminder', parameters: ['Ann'] },
      whatsapp: { policy: 'deterministic', locale: 'en' },
    })
  })

  it.each([
    ['WhatsApp', 'image', true],
    ['WhatsApp', 'video', true],
    ['WhatsApp', 'file', true],
    ['WhatsApp', 'audio', false],
    ['Viber', 'image', true],
    ['Viber', 'file', false],
    ['RCS', 'image', false],
    ['RCS', 'video', false],
    ['RCS', 'file', false],
  ] as const)('on %s is %s by its URL; with the text beside it: %s', async (channel, type, hasCaption) => {
    const url = 'https://example.com/a.bin'
    const content = { type, text: 'Look', content: { url, text: 'Look' } }
    const part = hasCaption ? { url, caption: 'Look' } : { url }
    const body = await bodyOf({ channel, content })
    expect(body).toMatchObject({ message_type: type })
    expect(body?.[type]).toEqual(part)
    expect(vonage.abilities(channel, USUAL).carries).toContain(type)
  })

  it.each([
    ['SMS', { address: '6591234567' }, 'recipient'],
    ['SMS', { address: 'SG.13491208655302741918' }, 'recipient'],
    ['WhatsApp', { address: 'ann' }, 'recipient'],
    ['SMS', { content: { type: 'text', content: {} } }, 'content'],
    ['WhatsApp', { content: { type: 'image', content: {} } }, 'content'],
    ['WhatsApp', { content: { type: 'template', content: {} } }, 'content'],
  ] as const)('on %s as %j is rejected before anybody is asked', async (channel, over, reason) => {
    const { fake, channel: vonageChannel } = await start()
    expect(await send(vonageChannel, { channel, ...over })).toMatchObject({ kind: 'rejected', reason })
    expect(fake.requests).toHaveLength(0)
  })

  it.each(['SMS', 'WhatsApp', 'Viber', 'RCS'])('on %s without a sender is rejected', async (channel) => {
    const { channel: vonageChannel } = await start({ config: APPLICATION })
    const outcome = { kind: 'rejected', reason: 'credentials', detail: `this connection has no sender for ${channel}` }
    expect(await send(vonageChannel, { channel })).toEqual(outcome)
  })

  it('to somebody who has said STOP is rejected for good', async () => {
    const { channel } = await start({ options: { optedOut: ['6591234567'] } })
    expect(await send(channel)).toMatchObject({ kind: 'rejected', code: '1240', suppress: 'opted-out' })
  })

  it.each([
    ['', '/v1/messages'],
    ['/prefix//', '/prefix/v1/messages'],
    ['/v1', '/v1/messages'],
    ['/prefix/v1/', '/prefix/v1/messages'],
  ])('goes to a base URL that ends with %j', async (end, path) => {
    const { fake } = await start()
    const world = channelWorld({ callbackUrl: CALLBACK_URL, clock: new MovableClock(NOW) })
    const channel = vonage.create({ ...USUAL, baseUrl: fake.url + end }, world)
    closers.push(() => channel.close?.())
    await send(channel)
    expect(fake.requests.map((request) => request.path)).toEqual([path])
  })
})

describe('the login', () => {
  it('may be a key in either form, or on one line', async () => {
    for (const privateKey of [VONAGE_PRIVATE_KEY_PKCS1, VONAGE_PRIVATE_KEY.replaceAll('\n', '\\n')]) {
      const { channel } = await start({ config: { ...USUAL, privateKey } })
      expect((await send(channel)).kind).toBe('accepted')
    }
  })

  it('of an application never uses a token twice, not even in one moment', async () => {
    const { fake, channel } = await start()
    expect((await send(channel)).kind).toBe('accepted')
    expect((await send(channel)).kind).toBe('accepted')
    const tokens = fake.requests.map(({ headers }) => headers.authorization)
    expect(new Set(tokens).size).toBe(2)
  })

  it('of an application with another key is rejected and not shown', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { channel } = await start({ options: { publicKey } })
    expect(await send(channel)).toMatchObject({ kind: 'rejected', reason: 'credentials' })
  })

  it('may be the account’s, without webhooks', async () => {
    const config = { ...ACCOUNT, ...SENDERS, signatureSecret: VONAGE_SIGNATURE_SECRET }
    const body = await bodyOf({}, { config })
    expect(body).not.toHaveProperty('webhook_url')
    expect(vonage.abilities('WhatsApp', config)).toMatchObject({ reports: ['accepted'], hearsReplies: true })
  })
})

describe('webhooks', () => {
  it('are asked for where they can be checked and can reach us', async () => {
    expect(await bodyOf({}, { config: { ...APPLICATION, ...SENDERS } })).not.toHaveProperty('webhook_url')
    expect(await bodyOf({}, { callbackUrl: '' })).not.toHaveProperty('webhook_url')
    expect(await bodyOf({})).toMatchObject({ webhook_url: CALLBACK_URL, webhook_version: 'v1' })
  })

  it('decide what may be waited for', () => {
    expect(vonage.abilities('SMS', USUAL).reports).toEqual(['accepted', 'sent', 'delivered'])
    for (const channel of ['WhatsApp', 'Viber', 'RCS']) {
      expect(vonage.abilities(channel, USUAL).reports).toEqual(['accepted', 'sent', 'delivered', 'read'])
      const able = vonage.abilities(channel, { ...APPLICATION, ...SENDERS })
      expect(able.reports).toEqual(['accepted'])
      expect(able).not.toHaveProperty('hearsReplies')
    }
  })
})

describe('taking back', () => {
  const { umid, attemptRef, idempotencyKey, address } = outgoingOf({})
  const sent = (more: Partial<Revocation> = {}): Revocation => {
    return { umid, attemptRef, idempotencyKey, channel: 'RCS', address, leftAt: 0, ...more }
  }

  it('is for RCS, at the region’s host, with an application', () => {
    const regionUrl = 'https://api-eu.nexmo.com'
    expect(vonage.abilities('RCS', { ...USUAL, regionUrl })).toHaveProperty('revokes', true)
    expect(vonage.abilities('RCS', { ...USUAL, baseUrl: regionUrl })).toHaveProperty('revokes', true)
    expect(vonage.abilities('RCS', USUAL)).not.toHaveProperty('revokes')
    for (const baseUrl of ['https://api.nexmo.com/', 'https://api.nexmo.com/v1']) {
      expect(vonage.abilities('RCS', { ...USUAL, baseUrl })).not.toHaveProperty('revokes')
    }
    expect(vonage.abilities('RCS', { ...ACCOUNT, ...SENDERS, regionUrl })).not.toHaveProperty('revokes')
    for (const channel of ['SMS', 'WhatsApp', 'Viber']) {
      expect(vonage.abilities(channel, { ...USUAL, regionUrl })).not.toHaveProperty('revokes')
    }
  })

  it('stops a message that has not arrived, though nobody says so', async () => {
    const { fake, channel } = await start()
    await send(channel, { channel: 'RCS' })
    const providerRef = fake.messages[0]?.uuid ?? ''
    expect(await channel.revoke?.(sent({ providerRef }), signal)).toMatchObject({ kind: 'unclear' })
    expect(fake.standing()).toHaveLength(0)
  })

  it('goes to the region’s host', async () => {
    const region = await startVonage()
    closers.push(region.close)
    const { fake, channel } = await start({ config: { ...USUAL, regionUrl: `${region.url}/` } })
    const providerRef = '11111111-bbbb-4ccc-8ddd-0123456789ab'
    const outcome = { kind: 'unclear', detail: 'Vonage answered 422: something in the message is not as it should be' }
    expect(await channel.revoke?.(sent({ providerRef }), signal)).toEqual(outcome)
    expect(region.requests.map(({ method, path, json }) => [method, path, json])).toEqual([
      ['PATCH', `/v1/messages/${providerRef}`, { status: 'revoked' }],
    ])
    expect(fake.requests).toHaveLength(0)
  })

  it('asks nobody without the id of a message, or on another channel', async () => {
    const { fake, channel } = await start()
    expect(await channel.revoke?.(sent(), signal)).toMatchObject({ kind: 'unclear' })
    expect(await channel.revoke?.(sent({ channel: 'SMS', providerRef: 'x' }), signal)).toMatchObject({
      kind: 'unclear',
    })
    expect(fake.requests).toHaveLength(0)
  })
})

describe('trying the login', () => {
  const config = { ...ACCOUNT, ...SENDERS }

  it('asks for the account’s balance', async () => {
    const { channel } = await start({ config })
    expect(await channel.check?.(signal)).toEqual({ kind: 'good', detail: 'a balance of 10.28 EUR' })
    const strange = await start({ config: { ...config, apiSecret: 'a guess' } })
    expect(await strange.channel.check?.(signal)).toMatchObject({ kind: 'refused' })
  })

  it('may go to an address of its own', async () => {
    const { fake } = await start()
    const { channel } = await start({ config: { ...config, accountUrl: `${fake.url}/` } })
    expect(await channel.check?.(signal)).toMatchObject({ kind: 'good' })
    expect(fake.requests.map(({ path }) => path)).toEqual(['/account/get-balance'])
  })

  it('is not possible for an application', async () => {
    expect((await start()).channel.check).toBeUndefined()
  })
})

describe('a configuration that cannot work', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })

  it.each([
    [{}, ['applicationId', 'from']],
    [{ ...SENDERS }, ['applicationId']],
    [USUAL, []],
    [{ ...ACCOUNT, viberFrom: '1' }, []],
    [{ ...APPLICATION, rcsFrom: 'MyBrand' }, []],
    [{ ...APPLICATION, ...ACCOUNT, from: 'Shop' }, ['apiKey']],
    [{ applicationId: VONAGE_APPLICATION, from: 'Shop' }, ['privateKey']],
    [{ privateKey: VONAGE_PRIVATE_KEY, from: 'Shop' }, ['applicationId']],
    [{ apiKey: 'a', from: 'Shop' }, ['apiSecret']],
    [{ apiSecret: 'a', from: 'Shop' }, ['apiKey']],
    [{ ...APPLICATION, privateKey: 'not a key', from: 'Shop' }, ['privateKey']],
    [{ ...APPLICATION, privateKey: ec.toString(), from: 'Shop' }, ['privateKey']],
    [{ ...APPLICATION, privateKey: short.toString(), from: 'Shop' }, ['privateKey']],
  ])('number %# is told by its fields', (config, fields) => {
    const problems = vonage.check?.(config) ?? []
    expect(problems.map(({ field }) => field)).toEqual(fields)
    expect(JSON.stringify(problems)).not.toContain('PRIVATE KEY')
  })

  it.each([
    ['applicationId', VONAGE_APPLICATION, true],
    ['applicationId', 'my app', false],
    ['from', '15551234567', false],
    ['whatsappFrom', '15551234567', false],
    ['rcsFrom', 'My Brand', false],
    ['viberCategory', 'news', false],
    ['baseUrl', 'api.nexmo.com', false],
  ])('of %s %j it is clear whether it is one', (field, value, good) => {
    expect(Value.Check(vonage.config, { ...USUAL, [field]: value })).toBe(good)
  })
})
