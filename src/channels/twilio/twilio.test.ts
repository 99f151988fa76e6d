import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import {
  startTwilio,
  TWILIO_ACCOUNT,
  TWILIO_RCS_SENDER,
  TWILIO_SENDER,
  TWILIO_TEMPLATE,
  TWILIO_TOKEN,
  TWILIO_WHATSAPP_SENDER,
  type TwilioMessage,
  type TwilioOptions,
} from '../../../test/fakes/twilio.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Channel, Outgoing } from '../../engine/ports/channel.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { twilio } from './twilio.ts'

type Config = Parameters<typeof twilio.create>[0]
const NOW = Date.parse('2026-03-01T12:00:00Z')
const SERVICE = `MG${'ab'.repeat(16)}`
const SENDERS = [
  TWILIO_SENDER,
  'Shop',
  '+15005550009',
  `whatsapp:${TWILIO_WHATSAPP_SENDER}`,
  `rcs:${TWILIO_RCS_SENDER}`,
]
const REF = outgoingOf({}).attemptRef

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Start = { config?: Partial<Config>; without?: keyof Config; options?: TwilioOptions; callbackUrl?: string }

async function start({
  config = {},
  without,
  options = {},
  callbackUrl = 'http://127.0.0.1:1/callbacks/sms',
}: Start = {}) {
  const fake = await startTwilio({ senders: SENDERS, ...options })
  closers.push(fake.close)
  const all = { accountSid: TWILIO_ACCOUNT, authToken: TWILIO_TOKEN, from: TWILIO_SENDER, baseUrl: fake.url, ...config }
  const given = Object.fromEntries(Object.entries(all).filter(([name]) => name !== without)) as Config
  const channel = twilio.create(given, channelWorld({ callbackUrl, clock: new MovableClock(NOW) }))
  closers.push(() => channel.close?.())
  return { fake, channel }
}

const send = (channel: Channel, over: Partial<Outgoing> = {}) =>
  channel.send(outgoingOf({}, over), new AbortController().signal)

async function fieldsOf(over: Partial<Outgoing>, how: Start = {}) {
  const { fake, channel } = await start(how)
  expect(await send(channel, over)).toEqual({ kind: 'accepted', providerRef: expect.stringMatching(/^SM/) })
  return fake.messages[0]?.fields
}

describe('what is sent', () => {
  it('is the text to the number from the sender, with a callback that carries our reference', async () => {
    expect(await fieldsOf({})).toEqual({
      To: '+6591234567',
      From: TWILIO_SENDER,
      Body: 'Your table is ready.',
      StatusCallback: `http://127.0.0.1:1/callbacks/sms?attempt=${REF}&channel=SMS#rc=5&rp=ct,rt,5xx`,
    })
  })

  it('is left to a messaging service where there is one', async () => {
    const fields = await fieldsOf({}, { without: 'from', config: { messagingServiceSid: SERVICE } })
    expect(fields).toMatchObject({ MessagingServiceSid: SERVICE })
    expect(fields).not.toHaveProperty('From')
  })

  it('is from whom the message names as its source', async () => {
    const content = { text: 'Hi', sms: { source: 'Shop' } }
    expect(await fieldsOf({ content: { type: 'text', text: 'Hi', content } })).toMatchObject({ From: 'Shop' })
  })

  it('keeps every character of the text', async () => {
    const text = 'Grüße & 100 % +1 = 2 😀\nline two'
    expect(await fieldsOf({ content: { type: 'text', text, content: { text } } })).toMatchObject({ Body: text })
  })

  it.each([
    [61_900, '61'],
    [10, '1'],
    [36_000_000, '36000'],
    [7 * 86_400_000, '36000'],
  ])('of a step of %i ms may wait at Twilio for %s seconds', async (validForMs, seconds) => {
    expect(await fieldsOf({ validForMs })).toMatchObject({ ValidityPeriod: seconds })
  })

  it.each(['whatsapp:+6591234567', '6591234567', '12345', '', '+0591234567'])(
    'to %j is rejected before anybody is asked',
    async (address) => {
      const { fake, channel } = await start()
      expect(await send(channel, { address })).toMatchObject({ kind: 'rejected', reason: 'recipient' })
      expect(fake.requests()).toBe(0)
    },
  )

  it('without a text is rejected', async () => {
    const { fake, channel } = await start()
    const content = { type: 'text' as const, content: {} }
    expect(await send(channel, { content })).toMatchObject({ kind: 'rejected', reason: 'content' })
    expect(fake.requests()).toBe(0)
  })

  it('goes to a base URL with a slash at its end as well', async () => {
    const { fake } = await start()
    const config = {
      accountSid: TWILIO_ACCOUNT,
      authToken: TWILIO_TOKEN,
      from: TWILIO_SENDER,
      baseUrl: `${fake.url}//`,
    }
    const world = channelWorld({ connectionId: 'sms', callbackUrl: '', clock: new MovableClock(NOW) })
    const channel = twilio.create(config, world)
    closers.push(() => channel.close?.())
    expect((await send(channel)).kind).toBe('accepted')
  })

  it('to somebody who has answered STOP is rejected with the reason', async () => {
    const { channel } = await start({ options: { optedOut: ['+6591234567'] } })
    const outcome = { kind: 'rejected', reason: 'recipient', code: '21610', suppress: 'opted-out' }
    expect(await send(channel)).toMatchObject(outcome)
  })

  it('that is too long, or from a stranger, is refused by Twilio and told by its code', async () => {
    const { channel } = await start()
    const saying = (text: string, source?: string): Partial<Outgoing> => ({
      content: { type: 'text', text, content: { text, ...(source && { sms: { source } }) } },
    })
    expect(await send(channel, saying('x'.repeat(1601)))).toMatchObject({ reason: 'content', code: '21617' })
    expect(await send(channel, saying('x', 'Stranger'))).toMatchObject({ reason: 'credentials', code: '21606' })
  })
})

describe('the login', () => {
  it('is the account and its token, or an API key', async () => {
    const key = { apiKey: `SK${'12'.repeat(16)}`, apiSecret: 'secret-of-the-key' }
    const byToken = await start()
    expect((await send(byToken.channel)).kind).toBe('accepted')
    const byKey = await start({ config: key, options: { apiKeys: { [key.apiKey]: key.apiSecret }, authTokens: ['x'] } })
    expect((await send(byKey.channel)).kind).toBe('accepted')
  })

  it('uses the first of two tokens', async () => {
    const next = await start({ config: { authToken: ['next', TWILIO_TOKEN] }, options: { authTokens: ['next'] } })
    expect((await send(next.channel)).kind).toBe('accepted')
  })

  it('that is wrong is rejected and not shown', async () => {
    const { channel } = await start({ config: { authToken: 'guess-work' } })
    const outcome = await send(channel)
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'credentials', code: '20003' })
    expect(JSON.stringify(outcome)).not.toContain('guess-work')
  })

  it('to an account that is not there is rejected', async () => {
    const { channel } = await start({
      config: { accountSid: `AC${'9'.repeat(32)}`, apiKey: 'SK1', apiSecret: 's' },
      options: { apiKeys: { SK1: 's' } },
    })
    expect(await send(channel)).toMatchObject({ kind: 'rejected', reason: 'credentials', code: '20404' })
  })
})

describe('the callback URL', () => {
  it('is not given where a callback could not be checked', async () => {
    const key = { apiKey: 'SK1', apiSecret: 's' }
    const how = { without: 'authToken', config: key, options: { apiKeys: { SK1: 's' } } } as const
    expect(await fieldsOf({}, how)).not.toHaveProperty('StatusCallback')
  })

  it('is asked for at each send, for the port may be known only then', async () => {
    const { fake } = await start()
    let callbackUrl = 'http://127.0.0.1:1/callbacks/sms'
    const world = channelWorld({
      connectionId: 'sms',
      clock: new MovableClock(NOW),
      get callbackUrl() {
        return callbackUrl
      },
    })
    const config = { accountSid: TWILIO_ACCOUNT, authToken: TWILIO_TOKEN, from: TWILIO_SENDER, baseUrl: fake.url }
    const channel = twilio.create(config, world)
    closers.push(() => channel.close?.())
    callbackUrl = 'http://127.0.0.1:2/callbacks/sms'
    await send(channel)
    expect(fake.messages[0]?.fields.StatusCallback).toContain('http://127.0.0.1:2/')
  })
})

describe('what may be waited for', () => {
  it('is delivery, as long as callbacks can be checked', () => {
    const plain = { accountSid: TWILIO_ACCOUNT, from: TWILIO_SENDER }
    expect(twilio.abilities('SMS', { ...plain, authToken: TWILIO_TOKEN }).reports).toEqual([
      'accepted',
      'sent',
      'delivered',
    ])
    expect(twilio.abilities('SMS', { ...plain, apiKey: 'SK1', apiSecret: 's' }).reports).toEqual(['accepted'])
  })

  it.each(['WhatsApp', 'RCS'])('on %s is reading too, as long as callbacks can be checked', (channel) => {
    const plain = { accountSid: TWILIO_ACCOUNT, from: TWILIO_SENDER }
    const able = twilio.abilities(channel, { ...plain, authToken: TWILIO_TOKEN })
    expect(able).toMatchObject({ reports: ['accepted', 'sent', 'delivered', 'read'], hearsReplies: true })
    const unable = twilio.abilities(channel, { ...plain, apiKey: 'SK1', apiSecret: 's' })
    expect(unable.reports).toEqual(['accepted'])
    expect(unable).not.toHaveProperty('hearsReplies')
  })
})

describe('other channels', () => {
  const senders = { whatsappFrom: TWILIO_WHATSAPP_SENDER, rcsFrom: TWILIO_RCS_SENDER }

  it.each([
    ['WhatsApp', `whatsapp:${TWILIO_WHATSAPP_SENDER}`, 'whatsapp:+6591234567'],
    ['RCS', `rcs:${TWILIO_RCS_SENDER}`, 'rcs:+6591234567'],
  ])('%s has addresses of its own', async (channel, From, To) => {
    expect(await fieldsOf({ channel }, { config: senders })).toMatchObject({ From, To, Body: 'Your table is ready.' })
  })

  it.each(['WhatsApp', 'RCS'])('%s may be left to a messaging service', async (channel) => {
    const fields = await fieldsOf({ channel }, { without: 'from', config: { messagingServiceSid: SERVICE } })
    expect(fields).toMatchObject({ MessagingServiceSid: SERVICE, To: expect.stringContaining(':+6591234567') })
    expect(fields).not.toHaveProperty('From')
  })

  it.each(['WhatsApp', 'RCS'])('%s without a sender is rejected before anybody is asked', async (channel) => {
    const { fake, channel: twilioChannel } = await start()
    const outcome = { kind: 'rejected', reason: 'credentials', detail: `this connection has no sender for ${channel}` }
    expect(await send(twilioChannel, { channel })).toEqual(outcome)
    expect(fake.requests()).toBe(0)
  })

  it('SMS without a sender is rejected too', async () => {
    const { channel } = await start({ without: 'from', config: senders })
    expect(await send(channel)).toMatchObject({ kind: 'rejected', reason: 'credentials' })
  })

  it('a template goes by its content SID, with its parameters', async () => {
    const parameters = [
      { type: 'text', text: 'Ann' },
      { type: 'text', text: '8 pm' },
    ]
    const template = { name: TWILIO_TEMPLATE, language: 'en', components: [{ type: 'body', parameters }] }
    const content = { type: 'template', content: { template } } as const
    const fields = await fieldsOf({ channel: 'WhatsApp', content }, { config: senders })
    expect(fields).toMatchObject({ ContentSid: TWILIO_TEMPLATE, ContentVariables: '{"1":"Ann","2":"8 pm"}' })
    expect(fields).not.toHaveProperty('Body')
  })

  it('a template that Twilio does not know, or that wants more parameters, is told by its code', async () => {
    const { channel } = await start({ config: senders })
    const saying = (name: string): Partial<Outgoing> => ({
      channel: 'WhatsApp',
      content: { type: 'template', content: { template: { name, language: 'en' } } },
    })
    expect(await send(channel, saying(`HX${'0'.repeat(32)}`))).toMatchObject({ reason: 'content', code: '21655' })
    expect(await send(channel, saying(TWILIO_TEMPLATE))).toMatchObject({ reason: 'content', code: '63028' })
  })

  it.each(['image', 'audio', 'video', 'file'] as const)('%s goes by its URL, with the text beside it', async (type) => {
    const url = 'https://example.com/a%20b.bin?x=1&y=2'
    const content = { type, text: 'Look', content: { url, text: 'Look' } }
    const fields = await fieldsOf({ channel: 'WhatsApp', content }, { config: senders })
    expect(fields).toMatchObject({ MediaUrl: url, Body: 'Look' })
  })

  it('media without a URL is rejected before anybody is asked', async () => {
    const { fake, channel } = await start({ config: senders })
    const content = { type: 'image', content: {} } as const
    expect(await send(channel, { channel: 'WhatsApp', content })).toMatchObject({ kind: 'rejected', reason: 'content' })
    expect(fake.requests()).toBe(0)
  })

  it('the sender that a message names is of SMS alone', async () => {
    const content = { type: 'text', text: 'Hi', content: { text: 'Hi', sms: { source: 'Shop' } } } as const
    const fields = await fieldsOf({ channel: 'WhatsApp', content }, { config: senders })
    expect(fields).toMatchObject({ From: `whatsapp:${TWILIO_WHATSAPP_SENDER}` })
  })
})

describe('trying the login', () => {
  const check = async (how: Start) => {
    const { fake, channel } = await start(how)
    const outcome = await channel.check?.(new AbortController().signal)
    expect(fake.messages).toHaveLength(0)
    return outcome
  }
  const key = { apiKey: 'SK1', apiSecret: 's' }

  it('asks for the account, and does not tell its name', async () => {
    expect(await check({})).toEqual({ kind: 'good' })
    expect(await check({ options: { accountType: 'Trial' } })).toEqual({ kind: 'good', detail: 'a trial account' })
  })

  it.each(['suspended', 'closed'] as const)('of an account that is %s refuses it', async (accountStatus) => {
    const outcome = { kind: 'refused', detail: `the account is ${accountStatus}` }
    expect(await check({ options: { accountStatus } })).toEqual(outcome)
  })

  it('of an API key asks for what such a key may see', async () => {
    expect(await check({ config: key, options: { apiKeys: { SK1: 's' } } })).toEqual({ kind: 'good' })
    expect(await check({ config: key })).toMatchObject({ kind: 'refused' })
  })

  it('of a key that may only send comes to nothing', async () => {
    const options = { apiKeys: { SK1: 's' }, restrictedKeys: ['SK1'] }
    expect(await check({ config: key, options })).toMatchObject({ kind: 'unknown' })
  })

  it('of an account that is not there refuses it', async () => {
    const config = { ...key, accountSid: `AC${'9'.repeat(32)}` }
    expect(await check({ config, options: { apiKeys: { SK1: 's' } } })).toMatchObject({ kind: 'refused' })
  })
})

describe('reports that come back', () => {
  /** Where Twilio calls: a little server that does what ours does with a callback. */
  async function listen(answerWith: (count: number) => number) {
    const results: unknown[] = []
    const receivers: { channel?: Channel } = {}
    const server = createServer(async (incoming, response) => {
      const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
      const request = { method: 'POST', url: incoming.url ?? '', headers, body: await buffer(incoming) }
      results.push(await receivers.channel?.receive?.(request))
      response.writeHead(answerWith(results.length)).end()
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    closers.push(() => new Promise((resolve) => server.close(() => resolve(undefined))))
    const callbackUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks/sms`
    const { fake, channel } = await start({ callbackUrl })
    receivers.channel = channel
    return { fake, channel, results }
  }
  const receipt = (status: string, native: string) => ({
    kind: 'receipts',
    receipts: [{ attemptRef: REF, report: { status, native } }],
    ignored: 0,
  })

  it('find the attempt even before the send is answered', async () => {
    const { fake, channel, results } = await listen(() => 200)
    const before = async ({ sid }: TwilioMessage) => {
      for (const status of ['sent', 'delivered']) await fake.report(sid, status)
    }
    fake.behave({ do: 'accept', before })
    expect((await send(channel)).kind).toBe('accepted')
    expect(results).toEqual([receipt('sent', 'sent'), receipt('delivered', 'delivered')])
  })

  it('find the attempt when the answer was lost', async () => {
    const { fake, channel, results } = await listen(() => 200)
    fake.behave({ do: 'cut' })
    expect((await send(channel)).kind).toBe('uncertain')
    const { sid } = await fake.arrived()
    expect(await fake.report(sid, 'sent')).toEqual([200])
    expect(results).toEqual([receipt('sent', 'sent')])
  })

  it('come again when we could not take them', async () => {
    const { fake, channel, results } = await listen((count) => (count < 3 ? 503 : 200))
    await send(channel)
    const { sid } = await fake.arrived()
    expect(await fake.report(sid, 'delivered')).toEqual([503, 503, 200])
    expect(results).toHaveLength(3)
  })
})

describe('a configuration that cannot work', () => {
  const login = { authToken: TWILIO_TOKEN }
  const settings = { accountSid: TWILIO_ACCOUNT }

  it.each([
    [{}, ['authToken', 'from']],
    [{ ...login }, ['from']],
    [{ ...login, from: TWILIO_SENDER }, []],
    [{ ...login, messagingServiceSid: SERVICE }, []],
    [{ ...login, whatsappFrom: TWILIO_SENDER }, []],
    [{ ...login, rcsFrom: 'shop_agent' }, []],
    [{ ...login, whatsappFrom: TWILIO_SENDER, messagingServiceSid: SERVICE }, []],
    [{ ...login, from: TWILIO_SENDER, messagingServiceSid: SERVICE }, ['messagingServiceSid']],
    [{ apiKey: 'SK1', from: 'Shop' }, ['apiSecret']],
    [{ apiSecret: 's', from: 'Shop' }, ['apiKey']],
    [{ apiKey: 'SK1', apiSecret: 's', from: 'Shop' }, []],
  ])('%j is told by its fields', (more, fields) => {
    expect(twilio.check?.({ ...settings, ...more }).map(({ field }) => field)).toEqual(fields)
  })

  it.each([
    ['+15551234567', true],
    ['12345', true],
    ['My Shop', true],
    ['24-7 & more', true],
    ['15551234567', false],
    ['+0123456789', false],
    ['A name that is long', false],
    ['Grüße', false],
    ['whatsapp:+15551234567', false],
  ])('of the sender %j it is clear whether it is one', (from, good) => {
    expect(Value.Check(twilio.config, { ...settings, ...login, from })).toBe(good)
  })

  it.each([
    ['whatsappFrom', '+15551234567', true],
    ['whatsappFrom', 'whatsapp:+15551234567', false],
    ['whatsappFrom', 'My Shop', false],
    ['rcsFrom', 'shop_abc123_agent', true],
    ['rcsFrom', 'rcs:shop_abc123_agent', false],
  ])('of %s %j it is clear whether it is one', (field, value, good) => {
    expect(Value.Check(twilio.config, { ...settings, ...login, [field]: value })).toBe(good)
  })

  it('is one whose account is no account', () => {
    for (const accountSid of ['', 'AC123', `SK${'a'.repeat(32)}`]) {
      expect(Value.Check(twilio.config, { ...login, accountSid, from: 'Shop' })).toBe(false)
    }
  })
})
