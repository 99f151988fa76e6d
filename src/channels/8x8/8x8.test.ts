import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import {
  APPS_SUBACCOUNT,
  EIGHT_AUTHORIZATION,
  EIGHT_KEY,
  eightToken,
  SMS_SUBACCOUNT,
  startEight,
} from '../../../test/fakes/8x8.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { eightByEight } from './8x8.ts'

type Config = Parameters<typeof eightByEight.create>[0]
const REF = outgoingOf({}).attemptRef
const BASIC = { subAccountId: APPS_SUBACCOUNT, apiKey: EIGHT_KEY, webhookAuthorization: EIGHT_AUTHORIZATION }
const DLR = `http://127.0.0.1:1/callbacks/connection?token=${eightToken('connection')}`

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: Partial<Config> = {}, prefix = '') {
  const fake = await startEight()
  closers.push(fake.close)
  const urls = { baseUrl: fake.url + prefix, smsBaseUrl: fake.url + prefix }
  const clock = new MovableClock(Date.parse('2026-03-01T12:00:00.900Z'))
  const channel = eightByEight.create({ ...BASIC, ...urls, ...config }, channelWorld({ clock }))
  closers.push(() => channel.close?.())
  const send = (over: Partial<Outgoing>) => channel.send(outgoingOf({}, over), new AbortController().signal)
  return { fake, channel, send }
}

describe('what is sent', () => {
  it('to Messaging Apps carries our reference, our address and its time', async () => {
    const { fake, send } = await start()
    expect(await send({ channel: 'Viber', validForMs: 300_000 })).toMatchObject({
      kind: 'accepted',
      providerRef: fake.messages[0]?.umid,
    })
    expect(fake.messages).toMatchObject([
      {
        api: 'messages',
        body: {
          clientMessageId: REF,
          dlrCallbackUrl: DLR,
          expiry: '2026-03-01T12:05:00Z',
          channels: [{ channel: 'Viber' }],
        },
      },
    ])
    expect(REF.length).toBeLessThanOrEqual(50)
  })

  it('as SMS goes to the SMS API, from the configured sender', async () => {
    const { fake, send } = await start({ subAccountId: SMS_SUBACCOUNT, source: 'Shop', baseUrl: 'http://127.0.0.1:1' })
    expect((await send({})).kind).toBe('accepted')
    expect(fake.messages).toMatchObject([
      { api: 'sms', body: { clientMessageId: REF, source: 'Shop', destination: '+6591234567' } },
    ])
  })

  it('as a notification of LINE’s goes to its own endpoint', async () => {
    const { fake, send } = await start()
    expect((await send({ channel: 'LineNotification', validForMs: 60_000 })).kind).toBe('accepted')
    expect(fake.messages).toMatchObject([{ api: 'lon', body: { clientMessageId: REF, dlrCallbackUrl: DLR } }])
  })

  it.each([
    ['Viber', 1_000, '2026-03-01T12:00:30Z'],
    ['WhatsApp', 1, '2026-03-01T12:00:01Z'],
    ['RCS', 30 * 86_400_000, '2026-03-15T12:00:00Z'],
  ])('on %s, of a step of %i ms, expires at %s', async (channel, validForMs, expiry) => {
    const { fake, send } = await start()
    await send({ channel, validForMs })
    expect(fake.messages[0]?.body.expiry).toBe(expiry)
  })

  it('without the Authorization names no address, for nothing could be believed', async () => {
    const { fake } = await start()
    const { webhookAuthorization: _, ...quiet } = BASIC
    const channel = eightByEight.create({ ...quiet, baseUrl: fake.url }, channelWorld())
    closers.push(() => channel.close?.())
    await channel.send(outgoingOf({}, { channel: 'Viber' }), new AbortController().signal)
    expect(fake.messages[0]?.body).not.toHaveProperty('dlrCallbackUrl')
    expect(eightByEight.abilities('Viber', quiet)).toMatchObject({ reports: ['accepted'] })
    expect(eightByEight.abilities('Viber', quiet)).not.toHaveProperty('hearsReplies')
  })

  it('keeps a path in the base URL, and escapes the subaccount', async () => {
    const { fake, send } = await start({ subAccountId: 'A&B' }, '/prefix//')
    await send({ channel: 'Viber' })
    expect(fake.requests[0]?.path).toBe('/prefix/api/v1/subaccounts/A%26B/messages')
  })

  it('is not sent to an address that the channel cannot use', async () => {
    const { fake, send } = await start()
    expect(await send({ channel: 'Viber', address: 'nobody' })).toMatchObject({ kind: 'rejected', reason: 'recipient' })
    expect(fake.requests).toHaveLength(0)
  })
})

describe('the login', () => {
  const signal = new AbortController().signal

  it.each([
    [APPS_SUBACCOUNT, 'the key is good for Messaging Apps'],
    [SMS_SUBACCOUNT, 'the key is good for SMS'],
  ])('of %s: %s', async (subAccountId, detail) => {
    const apps = await startEight()
    const sms = await startEight()
    closers.push(apps.close, sms.close)
    // Two hosts, as in life: each of them knows only subaccounts of its own product.
    const only =
      subAccountId === APPS_SUBACCOUNT
        ? { baseUrl: apps.url, smsBaseUrl: 'http://127.0.0.1:1' }
        : { baseUrl: 'http://127.0.0.1:1', smsBaseUrl: sms.url }
    const channel = eightByEight.create({ ...BASIC, subAccountId, ...only }, channelWorld())
    closers.push(() => channel.close?.())
    expect(await channel.check?.(signal)).toEqual({ kind: 'good', detail })
  })

  it('of a subaccount that nobody knows is refused', async () => {
    const { channel } = await start({ subAccountId: 'Strange' })
    expect(await channel.check?.(signal)).toMatchObject({ kind: 'refused' })
  })
})

describe('what may be waited for', () => {
  it.each([
    ['SMS', 'phone', ['accepted', 'sent', 'delivered'], true],
    ['WhatsApp', 'phone', ['accepted', 'sent', 'delivered', 'read'], true],
    ['Line', 'line', ['accepted', 'sent'], true],
    ['LineNotification', 'phone', ['accepted', 'sent', 'delivered'], undefined],
    ['ZaloNotification', 'phone', ['accepted', 'sent', 'delivered'], undefined],
  ])('on %s to a %s is %j', (channel, address, reports, hearsReplies) => {
    const abilities = eightByEight.abilities(channel, BASIC)
    expect(abilities).toMatchObject({ address, reports, takesIdempotencyKey: false })
    expect(abilities.hearsReplies).toBe(hearsReplies)
    expect(abilities.validity === undefined).toBe(channel === 'LineNotification')
  })
})

describe('a configuration', () => {
  it.each([
    ['Example_hq', true],
    ['a.b-c&d', true],
    ['ab', false],
    ['with space', false],
    ['x'.repeat(51), false],
  ])('of the subaccount %j is right: %s', (subAccountId, good) => {
    expect(Value.Check(eightByEight.config, { ...BASIC, subAccountId })).toBe(good)
  })
})
