import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import { startFakeProvider } from '../../../test/fakes/fake-provider.ts'
import { apiError, INFOBIP_KEY, INFOBIP_SECRET, infobipToken, startInfobip } from '../../../test/fakes/infobip.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Channel, Outgoing } from '../../engine/ports/channel.ts'
import { infobip } from './infobip.ts'

type Config = Parameters<typeof infobip.create>[0]
const SENDERS = { SMS: 'Example', WhatsApp: '447491163862', Viber: 'ExampleViber', RCS: 'ExampleAgent' }
const REF = outgoingOf({}).attemptRef
const CALLBACK = `http://127.0.0.1:1/callbacks/connection?token=${infobipToken('connection')}`

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: Partial<Config> = {}, world: Parameters<typeof channelWorld>[0] = {}) {
  const fake = await startInfobip()
  closers.push(fake.close)
  const all = { baseUrl: fake.url, apiKey: INFOBIP_KEY, senders: SENDERS, callbackSecret: INFOBIP_SECRET, ...config }
  const channel = infobip.create(all, channelWorld(world))
  closers.push(() => channel.close?.())
  return { fake, channel }
}

const send = (channel: Channel, over: Partial<Outgoing> = {}) =>
  channel.send(outgoingOf({}, over), new AbortController().signal)

async function messageOf(over: Partial<Outgoing>, config: Partial<Config> = {}) {
  const { fake, channel } = await start(config)
  expect(await send(channel, over)).toMatchObject({ kind: 'accepted' })
  return fake.messages[0]
}

describe('what is sent', () => {
  it('is one message for one channel, with our id, our reference and our address', async () => {
    expect(await messageOf({ channel: 'WhatsApp' })).toEqual({
      channel: 'WHATSAPP',
      sender: '447491163862',
      to: '6591234567',
      messageId: `${REF}.1`,
      content: { body: { type: 'TEXT', text: 'Your table is ready.' } },
      webhooks: {
        delivery: { url: CALLBACK, intermediateReport: true },
        seen: { url: CALLBACK },
        contentType: 'application/json',
        callbackData: REF,
      },
    })
  })

  it('on SMS asks for no word on who has seen it', async () => {
    expect((await messageOf({}))?.webhooks).not.toHaveProperty('seen')
  })

  it.each([
    ['SMS', 'SMS', 'Example'],
    ['Viber', 'VIBER_BM', 'ExampleViber'],
    ['RCS', 'RCS', 'ExampleAgent'],
  ])('on %s goes as %s from %s', async (channel, wire, sender) => {
    expect(await messageOf({ channel })).toMatchObject({ channel: wire, sender })
  })

  it('as SMS is from whom the message names as its source, and as nothing else', async () => {
    const content = { type: 'text' as const, text: 'Hi', content: { text: 'Hi', sms: { source: 'Shop' } } }
    expect(await messageOf({ content })).toMatchObject({ sender: 'Shop' })
    expect(await messageOf({ content, channel: 'Viber' })).toMatchObject({ sender: 'ExampleViber' })
  })

  it.each([
    ['SMS', 61_900, 61],
    ['SMS', 10, 10],
    ['WhatsApp', 7 * 86_400_000, 172_800],
    ['Viber', 10_000, 30],
    ['RCS', 29_999, 29],
  ])('on %s, of a step of %i ms, lives for %i seconds', async (channel, validForMs, amount) => {
    expect(await messageOf({ channel, validForMs })).toMatchObject({
      options: { validityPeriod: { amount, timeUnit: 'SECONDS' } },
    })
  })

  it('without a secret names no address, for nothing could be believed', async () => {
    const { fake, channel } = await start()
    const quiet = infobip.create({ baseUrl: fake.url, apiKey: INFOBIP_KEY, senders: SENDERS }, channelWorld())
    closers.push(() => quiet.close?.())
    await send(quiet)
    expect(fake.messages[0]?.webhooks).toEqual({ callbackData: REF })
    await channel.close?.()
  })

  it('keeps a path in the base URL, and does without a slash at its end', async () => {
    const { fake } = await start()
    const config = { baseUrl: `${fake.url}/prefix//`, apiKey: INFOBIP_KEY, senders: SENDERS }
    const channel = infobip.create(config, channelWorld())
    closers.push(() => channel.close?.())
    await send(channel)
    expect(fake.requests[0]?.path).toBe('/prefix/messages-api/1/messages')
  })
})

describe('what is not sent', () => {
  it.each<[Partial<Outgoing>, string]>([
    [{ address: '6591234567' }, 'recipient'],
    [{ address: 'SG.100', channel: 'WhatsApp' }, 'recipient'],
    [{ channel: 'Telegram' }, 'credentials'],
    [{ content: { type: 'text', content: {} } }, 'content'],
    [{ content: { type: 'template', content: {} }, channel: 'WhatsApp' }, 'content'],
  ])('%j is told by the %s, before anybody is asked', async (over, reason) => {
    const { fake, channel } = await start()
    expect(await send(channel, over)).toMatchObject({ kind: 'rejected', reason, detail: expect.stringMatching(/\S/) })
    expect(fake.requests).toHaveLength(0)
  })

  it('on a channel without a sender is the operator’s to mend', async () => {
    const { channel } = await start({ senders: { SMS: 'Example' } })
    expect(await send(channel, { channel: 'Viber' })).toMatchObject({
      kind: 'rejected',
      reason: 'credentials',
      detail: 'senders names nobody for Viber',
    })
  })
})

describe('the login', () => {
  it('that may not ask for the balance is not known to be bad', async () => {
    const { fake, channel } = await start()
    const guarded = await startFakeProvider(() => ({ answer: apiError(403, 'E403') }))
    closers.push(guarded.close)
    const narrow = infobip.create({ baseUrl: guarded.url, apiKey: INFOBIP_KEY, senders: SENDERS }, channelWorld())
    closers.push(() => narrow.close?.())
    const signal = new AbortController().signal
    expect(await narrow.check?.(signal)).toMatchObject({ kind: 'unknown', detail: expect.stringContaining('balance') })
    expect(await channel.check?.(signal)).toEqual({ kind: 'good', detail: 'the balance is 47.79134 EUR' })
    expect(fake.messages).toHaveLength(0)
  })
})

describe('what may be waited for', () => {
  const config = { baseUrl: 'https://x.api.infobip.com', apiKey: 'k', senders: SENDERS, callbackSecret: 's' }

  it.each([
    ['SMS', ['accepted', 'sent', 'delivered']],
    ['WhatsApp', ['accepted', 'sent', 'delivered', 'read']],
    ['Viber', ['accepted', 'sent', 'delivered', 'read']],
    ['RCS', ['accepted', 'sent', 'delivered', 'read']],
  ])('on %s is %j', (channel, reports) => {
    expect(infobip.abilities(channel, config)).toMatchObject({ reports, hearsReplies: true })
  })

  it('is acceptance alone where no callback can be believed', () => {
    const { callbackSecret: _, ...quiet } = config
    expect(infobip.abilities('WhatsApp', quiet).reports).toEqual(['accepted'])
    expect(infobip.abilities('WhatsApp', quiet)).not.toHaveProperty('hearsReplies')
  })

  it('only SMS is known to refuse a repeat', () => {
    const takes = ['SMS', 'WhatsApp', 'Viber', 'RCS'].map((name) => infobip.abilities(name, config).takesIdempotencyKey)
    expect(takes).toEqual([true, false, false, false])
  })
})

describe('a configuration', () => {
  it('names a sender for at least one channel', () => {
    const config = { baseUrl: 'https://x.api.infobip.com', apiKey: 'k' }
    expect(infobip.check?.({ ...config, senders: {} }).map(({ field }) => field)).toEqual(['senders'])
    expect(infobip.check?.({ ...config, senders: { RCS: 'Agent' } })).toEqual([])
  })

  it('names the host of the account', () => {
    const config = { apiKey: 'k', senders: SENDERS }
    expect(Value.Check(infobip.config, { ...config, baseUrl: 'https://x.api.infobip.com' })).toBe(true)
    expect(Value.Check(infobip.config, { ...config, baseUrl: 'x.api.infobip.com' })).toBe(false)
    expect(Value.Check(infobip.config, config)).toBe(false)
  })
})
