import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import { SENDGRID_KEY, type SendGridOptions, startSendGrid } from '../../../test/fakes/sendgrid.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Channel, Outgoing } from '../../engine/ports/channel.ts'
import { sendgrid } from './sendgrid.ts'

type Config = Parameters<typeof sendgrid.create>[0]
const NOW = Date.parse('2026-03-01T12:00:00Z')
const REF = outgoingOf({}).attemptRef
const ADDRESS = { channel: 'Email', address: 'ann@example.org', user: { email: 'ann@example.org' } }
const KEY =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=='

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(over: Partial<Config> = {}, options: Partial<SendGridOptions> = {}) {
  const fake = await startSendGrid({ now: () => NOW, ...options })
  closers.push(fake.close)
  const config = { apiKey: SENDGRID_KEY, from: 'Example <hello@mail.example>', baseUrl: fake.url, ...over }
  const channel = sendgrid.create(config, channelWorld())
  closers.push(() => channel.close?.())
  return { fake, channel }
}
const never = () => new AbortController().signal
const send = (channel: Channel, over: Partial<Outgoing> = {}) =>
  channel.send(outgoingOf({ outgoing: ADDRESS }, over), never())
const saying = (text: string | undefined, email?: { subject?: string; html?: string; from?: string }) => ({
  content: { type: 'text' as const, ...(text !== undefined && { text }), content: { ...(email && { email }) } },
})

describe('a mail', () => {
  it('is one personalization with our reference, and nothing is tracked', async () => {
    const { fake, channel } = await start()
    const outcome = await send(channel)
    expect(fake.messages.map(({ body }) => body)).toEqual([
      {
        personalizations: [{ to: [{ email: 'ann@example.org' }], custom_args: { untilread_attempt: REF } }],
        from: { email: 'hello@mail.example', name: 'Example' },
        subject: 'Your table is ready.',
        content: [{ type: 'text/plain', value: 'Your table is ready.' }],
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        tracking_settings: {
          click_tracking: { enable: false, enable_text: false },
          open_tracking: { enable: false },
        },
      },
    ])
    expect(outcome).toEqual({ kind: 'accepted', providerRef: fake.messages[0]?.id })
  })

  it('carries subject, HTML and a sender of its own, the plain text first', async () => {
    const { fake, channel } = await start()
    const html = '<b>Grüße & 100 %</b>'
    await send(channel, saying('Grüße', { subject: 'It says\r\n"hi"', html, from: 'Bistro <bistro@mail.example>' }))
    await send(channel, saying(undefined, { subject: '  ', html }))
    expect(fake.messages[0]?.body).toMatchObject({
      from: { email: 'bistro@mail.example', name: 'Bistro' },
      subject: 'It says "hi"',
      content: [
        { type: 'text/plain', value: 'Grüße' },
        { type: 'text/html', value: html },
      ],
    })
    expect(fake.messages[1]?.body).toMatchObject({ subject: 'New message', content: [{ type: 'text/html' }] })
  })

  it('carries what the connection says of all its mails', async () => {
    const { fake, channel } = await start({
      replyTo: 'Help <help@example.com>',
      categories: ['shop', 'orders', 'shop'],
      unsubscribeGroup: 10,
      trackClicks: true,
    })
    expect((await send(channel)).kind).toBe('accepted')
    expect(fake.messages[0]?.body).toMatchObject({
      reply_to: { email: 'help@example.com', name: 'Help' },
      categories: ['shop', 'orders'],
      asm: { group_id: 10 },
      tracking_settings: { click_tracking: { enable: true, enable_text: false }, open_tracking: { enable: false } },
    })
  })

  it('goes to a base URL with a path, and with slashes at its end', async () => {
    const { fake } = await start()
    const config = { apiKey: SENDGRID_KEY, from: 'hello@mail.example', baseUrl: `${fake.url}/prefix//` }
    const channel = sendgrid.create(config, channelWorld())
    closers.push(() => channel.close?.())
    expect(await send(channel)).toMatchObject({ reason: 'credentials', detail: expect.stringContaining('baseUrl') })
    expect(fake.requests.map(({ path }) => path)).toEqual(['/prefix/v3/mail/send'])
  })

  it.each([
    [{ address: 'ann@example.org, eve@example.org' }, 'recipient'],
    [{ address: 'Ann <ann@example.org>' }, 'recipient'],
    [{ address: '' }, 'recipient'],
    [saying(undefined), 'content'],
    [saying('x', { from: 'a@mail.example, b@mail.example' }), 'content'],
  ])('that cannot go is rejected before anybody is asked: %j', async (over, reason) => {
    const { fake, channel } = await start()
    expect(await send(channel, over)).toMatchObject({ kind: 'rejected', reason })
    expect(fake.requests).toEqual([])
  })

  it('that SendGrid refuses is rejected for what it says', async () => {
    const { channel } = await start()
    expect(await send(channel, { address: 'ann@localhost' })).toMatchObject({ kind: 'rejected', reason: 'recipient' })
    const stranger = await send(channel, saying('x', { from: 'eve@elsewhere.example' }))
    expect(stranger).toMatchObject({ kind: 'rejected', reason: 'credentials', code: '403' })
  })
})

describe('the key', () => {
  it('that may not send mail is found by asking for its scopes', async () => {
    const { fake, channel } = await start({}, { scopes: ['alerts.read'] })
    expect(await channel.check?.(never())).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('Mail Send'),
    })
    expect(fake.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v3/scopes'])
  })
})

describe('what may be waited for', () => {
  it('is delivery, as long as events can be checked, and never a reader', () => {
    const config = { apiKey: 'k', from: 'hello@mail.example' }
    expect(sendgrid.abilities('Email', config).reports).toEqual(['accepted'])
    expect(sendgrid.abilities('Email', { ...config, verificationKey: KEY }).reports).toEqual(['accepted', 'delivered'])
  })
})

describe('a configuration', () => {
  const good = { apiKey: 'k', from: 'hello@mail.example' }

  it.each([
    [{}, []],
    [{ verificationKey: KEY, replyTo: 'help@example.com' }, []],
    [{ verificationKey: [KEY, KEY] }, []],
    [{ from: 'nobody', replyTo: 'a@example.com, b@example.com' }, ['from', 'replyTo']],
    [{ verificationKey: [KEY, `${KEY.slice(0, 90)}==`] }, ['verificationKey']],
  ])('with %j has problems with %j', (over, fields) => {
    expect(Value.Check(sendgrid.config, { ...good, ...over })).toBe(true)
    expect(sendgrid.check?.({ ...good, ...over }).map(({ field }) => field)).toEqual(fields)
  })

  it.each([{ verificationKey: 'secret' }, { verificationKey: [] }, { categories: [''] }, { unsubscribeGroup: 0 }])(
    'with %j is none',
    (over) => {
      expect(Value.Check(sendgrid.config, { ...good, ...over })).toBe(false)
    },
  )
})
