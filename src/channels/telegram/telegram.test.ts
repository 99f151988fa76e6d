import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { revocationOf } from '../../../test/contract/channel-contract.ts'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import { BOT_TOKEN, startTelegram, type TelegramOptions } from '../../../test/fakes/telegram.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Content, ContentType } from '../../domain/content.ts'
import type { Channel, Outgoing, Revocation } from '../../engine/ports/channel.ts'
import { telegram } from './telegram.ts'

const CHAT = '987654321'
const URL = 'https://example.com/menu.pdf'
const LONG = 'x'.repeat(1025)

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(options: TelegramOptions = {}) {
  const fake = await startTelegram(options)
  closers.push(fake.close)
  const channel = telegram.create({ botToken: BOT_TOKEN, baseUrl: `${fake.url}/prefix/` }, channelWorld())
  closers.push(() => channel.close?.())
  return { fake, channel }
}

const never = () => new AbortController().signal
const to = (address: string): Partial<Outgoing> => ({ channel: 'Telegram', address, user: { channelUserId: address } })
const send = (channel: Channel, over: Partial<Outgoing> = {}) =>
  channel.send(outgoingOf({}, { ...to(CHAT), ...over }), never())
const content = (type: ContentType, given: Content): Partial<Outgoing> => ({
  content: { type, content: given, ...(given.text !== undefined && { text: given.text }) },
})

const revocation = (providerRef?: string): Revocation =>
  revocationOf({ outgoing: outgoingOf({}, to(CHAT)), providerRef })

describe('what is sent', () => {
  it('is the text to the chat, with the token in the address and nowhere else', async () => {
    const { fake, channel } = await start()
    expect(await send(channel)).toEqual({ kind: 'accepted', providerRef: '987654321:1000' })
    const [request] = fake.requests
    expect(request?.path).toBe(`/prefix/bot${BOT_TOKEN}/sendMessage`)
    expect(request?.json).toEqual({ chat_id: 987654321, text: 'Your table is ready.' })
    expect(JSON.stringify(request?.headers)).not.toContain(BOT_TOKEN)
  })

  it('keeps every character of the text, whatever it looks like', async () => {
    const { fake, channel } = await start()
    const text = '<b>Grüße</b> & *100 %* [x](y) 😀\nline two'
    await send(channel, content('text', { text }))
    expect(fake.messages[0]?.parameters).toEqual({ text })
  })

  it.each([
    ['image', { url: URL, text: 'Look' }, 'sendPhoto', { photo: URL, caption: 'Look' }],
    ['video', { url: URL }, 'sendVideo', { video: URL }],
    ['audio', { url: URL }, 'sendAudio', { audio: URL }],
    ['file', { url: URL, text: 'Our menu' }, 'sendDocument', { document: URL, caption: 'Our menu' }],
    ['file', { text: 'Our menu' }, 'sendMessage', { text: 'Our menu' }],
    ['file', { url: 'https://example.com/menu' }, 'sendDocument', { document: 'https://example.com/menu' }],
    ['file', { url: 'https://example.com/MENU.ZIP?v=1.2' }, 'sendDocument', {}],
    // Telegram fetches no documents of other kinds.
    ['file', { url: 'https://example.com/a.docx' }, 'sendMessage', { text: 'https://example.com/a.docx' }],
    [
      'file',
      { url: 'https://example.com/a.docx', text: 'Read' },
      'sendMessage',
      { text: 'Read\nhttps://example.com/a.docx' },
    ],
    ['image', { url: URL, text: LONG }, 'sendMessage', { text: `${LONG}\n${URL}` }],
    [
      'location',
      { location: { latitude: 1.28, longitude: 103.85 } },
      'sendLocation',
      { latitude: 1.28, longitude: 103.85 },
    ],
    [
      'location',
      { location: { latitude: 1.28, longitude: 103.85, name: 'Shop', address: '1 Main St' } },
      'sendVenue',
      { latitude: 1.28, longitude: 103.85, title: 'Shop', address: '1 Main St' },
    ],
    [
      'location',
      { location: { latitude: 1.28, longitude: 103.85, name: 'Shop' } },
      'sendLocation',
      { latitude: 1.28, longitude: 103.85 },
    ],
    ['location', { location: { latitude: '1' }, text: 'At the shop' }, 'sendMessage', { text: 'At the shop' }],
  ] as const)('of type %s with %j goes by %s', async (type, given, method, parameters) => {
    const { fake, channel } = await start()
    expect(await send(channel, content(type, given as Content))).toMatchObject({ kind: 'accepted' })
    expect(fake.messages).toMatchObject([{ method, parameters }])
  })

  it('goes to groups and public channels as well', async () => {
    const { fake, channel } = await start()
    expect(await send(channel, to('-1001234567890'))).toMatchObject({ providerRef: '-1001234567890:1000' })
    // A channel has a number besides, and the message is known by that.
    expect(await send(channel, to('@my_shop'))).toMatchObject({ providerRef: '-1001234567890:1001' })
    expect(fake.requests.map(({ json }) => (json as { chat_id: unknown }).chat_id)).toEqual([
      -1001234567890,
      '@my_shop',
    ])
  })

  it.each(['+6591234567', 'ann@example.com', 'customer-4711', '', '0', '007', '12.5', '9007199254740993', '@x'])(
    'to %j is rejected before anybody is asked',
    async (address) => {
      const { fake, channel } = await start()
      expect(await send(channel, to(address))).toMatchObject({ kind: 'rejected', reason: 'recipient' })
      expect(fake.requests).toEqual([])
    },
  )

  it('does not go to a number of the sender’s own that only looks like a chat', async () => {
    const { fake, channel } = await start()
    const outcome = await send(channel, { address: '4711', user: { contactId: '4711' } })
    expect(outcome).toMatchObject({ reason: 'recipient', detail: expect.stringContaining('channelUserId') })
    expect(fake.requests).toEqual([])
  })

  it('with nothing in it is rejected before anybody is asked', async () => {
    const { fake, channel } = await start()
    expect(await send(channel, content('text', {}))).toMatchObject({ kind: 'rejected', reason: 'content' })
    expect(fake.requests).toEqual([])
  })

  it('to somebody who has blocked the bot suppresses the chat', async () => {
    const { channel } = await start({ blockedBy: [987654321] })
    expect(await send(channel)).toMatchObject({ kind: 'rejected', reason: 'recipient', suppress: 'blocked' })
  })

  it('that is too long is told by what is wrong with it', async () => {
    const { channel } = await start()
    const tooLong = await send(channel, content('text', { text: 'x'.repeat(4097) }))
    expect(tooLong).toMatchObject({ reason: 'content', detail: expect.stringContaining('4096') })
  })
})

describe('a group that has become a supergroup', () => {
  it('is written to under its new id at once', async () => {
    const { fake, channel } = await start({ moved: { [-4711]: -1001234567890 } })
    expect(await send(channel, to('-4711'))).toEqual({ kind: 'accepted', providerRef: '-1001234567890:1000' })
    expect(fake.messages).toMatchObject([{ chatId: -1001234567890, parameters: { text: 'Your table is ready.' } }])
  })

  it('is not followed round in circles', async () => {
    const { fake, channel } = await start({ moved: { [-1]: -2, [-2]: -1 } })
    expect(await send(channel, to('-1'))).toMatchObject({ kind: 'rejected' })
    expect(fake.requests).toHaveLength(2)
  })
})

describe('taking back', () => {
  it('is not clear for a message that is too old', async () => {
    const { fake, channel } = await start({ old: [987654321] })
    await send(channel)
    expect(await channel.revoke?.(revocation('987654321:1000'), never())).toMatchObject({
      kind: 'unclear',
      detail: expect.stringContaining('cannot be deleted any more'),
    })
    expect(fake.messages).toHaveLength(1)
  })

  it.each([undefined, '', '987654321', 'x:1', '1:2:3', '987654321:'])('asks nobody about %j', async (providerRef) => {
    const { fake, channel } = await start()
    expect(await channel.revoke?.(revocation(providerRef), never())).toMatchObject({ kind: 'unclear' })
    expect(fake.requests).toEqual([])
  })

  it('looks for the message in the chat where it is, under its new id too', async () => {
    const { fake, channel } = await start({ moved: { [-4711]: -1001234567890 } })
    await send(channel, to('-4711'))
    const sent = { ...revocation('-1001234567890:1000'), address: '-4711' }
    expect(await channel.revoke?.(sent, never())).toEqual({ kind: 'revoked' })
    expect(fake.messages).toEqual([])
  })
})

describe('the check', () => {
  it('tells which bot it is', async () => {
    const { channel } = await start()
    expect(await channel.check?.(never())).toEqual({ kind: 'good', detail: 'the bot is @my_shop_bot' })
  })
})

describe('a configuration', () => {
  it('hears people only with a secret, and never hears of messages', () => {
    const abilities = telegram.abilities('Telegram', { botToken: BOT_TOKEN })
    expect(abilities).toMatchObject({ reports: ['accepted'], takesIdempotencyKey: false, revokes: true })
    expect(abilities).not.toHaveProperty('hearsReplies')
    expect(telegram.abilities('Telegram', { botToken: BOT_TOKEN, secretToken: 's' }).hearsReplies).toBe(true)
  })

  it.each([
    [{ botToken: BOT_TOKEN }, true],
    [{ botToken: BOT_TOKEN, secretToken: 'new_one' }, true],
    [{ botToken: BOT_TOKEN, secretToken: ['new_one', 'old-one'] }, true],
    [{ botToken: BOT_TOKEN, secretToken: [] }, false],
    [{ botToken: BOT_TOKEN, secretToken: 'two words' }, false],
    [{ botToken: BOT_TOKEN, secretToken: 'x'.repeat(257) }, false],
    [{ botToken: `/bot${BOT_TOKEN}` }, false],
    [{ botToken: `${BOT_TOKEN} ` }, false],
    [{ botToken: '110201543:a/../b' }, false],
    [{ botToken: '' }, false],
    [{}, false],
  ])('%j is good: %s', (config, isGood) => {
    expect(Value.Check(telegram.config, config)).toBe(isGood)
  })
})
