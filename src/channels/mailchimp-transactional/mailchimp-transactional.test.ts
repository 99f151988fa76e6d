import { Value } from 'typebox/value'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import { MAILCHIMP_KEY, type MailchimpOptions, startMailchimp } from '../../../test/fakes/mailchimp-transactional.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Channel, Outgoing } from '../../engine/ports/channel.ts'
import { mailchimpTransactional } from './mailchimp-transactional.ts'

type Config = Parameters<typeof mailchimpTransactional.create>[0]
const NOW = Date.parse('2026-03-01T12:00:00Z')
const REF = outgoingOf({}).attemptRef
const ADDRESS = { channel: 'Email', address: 'ann@example.org', user: { email: 'ann@example.org' } }

const closers: (() => Promise<unknown> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(over: Partial<Config> = {}, options: Partial<MailchimpOptions> = {}) {
  const fake = await startMailchimp({ now: () => NOW, ...options })
  closers.push(fake.close)
  const config = { apiKey: MAILCHIMP_KEY, from: 'Example <hello@mail.example>', baseUrl: fake.url, ...over }
  const channel = mailchimpTransactional.create(config, channelWorld())
  closers.push(() => channel.close?.())
  return { fake, channel }
}
const send = (channel: Channel, over: Partial<Outgoing> = {}) =>
  channel.send(outgoingOf({ outgoing: ADDRESS }, over), new AbortController().signal)
const saying = (text: string | undefined, email?: { subject?: string; html?: string; from?: string }) => ({
  content: { type: 'text' as const, ...(text !== undefined && { text }), content: { ...(email && { email }) } },
})

describe('a mail', () => {
  it('goes to the one person with our reference, and nothing is tracked', async () => {
    const { fake, channel } = await start()
    const outcome = await send(channel)
    expect(fake.requests.map(({ json }) => json)).toEqual([
      {
        key: MAILCHIMP_KEY,
        message: {
          from_email: 'hello@mail.example',
          from_name: 'Example',
          to: [{ email: 'ann@example.org', type: 'to' }],
          subject: 'Your table is ready.',
          text: 'Your table is ready.',
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          track_opens: false,
          track_clicks: false,
          merge: false,
          metadata: { untilread_attempt: REF },
        },
        async: false,
      },
    ])
    expect(outcome).toEqual({ kind: 'accepted', providerRef: fake.messages[0]?.id })
  })

  it('carries subject, HTML and a sender of its own', async () => {
    const { fake, channel } = await start()
    const html = '<b>Grüße & 100 % *|FNAME|*</b>'
    await send(channel, saying('Grüße', { subject: 'It says\r\n"hi"', html, from: 'bistro@mail.example' }))
    await send(channel, saying(undefined, { html }))
    expect(fake.messages[0]?.message).toMatchObject({
      from_email: 'bistro@mail.example',
      subject: 'It says "hi"',
      text: 'Grüße',
      html,
    })
    expect(fake.messages[0]?.message).not.toHaveProperty('from_name')
    expect(fake.messages[1]?.message).toMatchObject({ subject: 'New message', html })
    expect(fake.messages[1]?.message).not.toHaveProperty('text')
  })

  it('carries what the connection says of all its mails', async () => {
    const settings = {
      replyTo: 'Hilfe für alle <help@example.com>',
      subaccount: 'shop',
      tags: ['a'],
      trackClicks: true,
    }
    const { fake, channel } = await start(settings, { subaccounts: ['shop'] })
    expect((await send(channel)).kind).toBe('accepted')
    expect(fake.messages[0]?.message).toMatchObject({
      headers: { 'Reply-To': 'help@example.com' },
      subaccount: 'shop',
      tags: ['a'],
      track_clicks: true,
      track_opens: false,
    })
  })

  it('goes to a base URL with a path, and with slashes at its end', async () => {
    const { fake } = await start()
    const config = { apiKey: MAILCHIMP_KEY, from: 'hello@mail.example', baseUrl: `${fake.url}/prefix//` }
    const channel = mailchimpTransactional.create(config, channelWorld())
    closers.push(() => channel.close?.())
    expect(await send(channel)).toMatchObject({ reason: 'credentials', detail: expect.stringContaining('baseUrl') })
    expect(fake.requests.map(({ path }) => path)).toEqual(['/prefix/messages/send.json'])
  })

  it.each([
    [{ address: 'ann@example.org, eve@example.org' }, 'recipient'],
    [{ address: '' }, 'recipient'],
    [saying(undefined), 'content'],
    [saying('x', { from: 'a@mail.example, b@mail.example' }), 'content'],
  ])('that cannot go is rejected before anybody is asked: %j', async (over, reason) => {
    const { fake, channel } = await start()
    expect(await send(channel, over)).toMatchObject({ kind: 'rejected', reason })
    expect(fake.requests).toEqual([])
  })

  it('to somebody on the deny list is rejected, and nothing more goes there', async () => {
    const { channel } = await start({}, { denied: { 'ann@example.org': 'unsub' } })
    expect(await send(channel)).toEqual({
      kind: 'rejected',
      reason: 'recipient',
      code: 'unsub',
      suppress: 'opted-out',
      detail: 'Mailchimp refused it: the person has unsubscribed',
    })
  })

  it('that Mailchimp refuses is rejected for what it says', async () => {
    const { channel } = await start()
    expect(await send(channel, { address: 'ann@localhost' })).toMatchObject({ reason: 'recipient', code: 'invalid' })
    const stranger = await send(channel, saying('x', { from: 'eve@elsewhere.example' }))
    expect(stranger).toMatchObject({ kind: 'rejected', reason: 'credentials', code: 'unsigned' })
    const astray = await start({ subaccount: 'gone' })
    expect(await send(astray.channel)).toMatchObject({ reason: 'credentials', code: 'Unknown_Subaccount' })
  })
})

describe('what may be waited for', () => {
  it('is delivery, as long as events can be checked, and never a reader', () => {
    const config = { apiKey: 'k', from: 'hello@mail.example' }
    const reports = (more: Partial<Config> = {}) =>
      mailchimpTransactional.abilities('Email', { ...config, ...more }).reports
    expect(reports()).toEqual(['accepted'])
    expect(reports({ webhookKey: 'w' })).toEqual(['accepted', 'sent', 'delivered'])
  })
})

describe('a configuration', () => {
  const good = { apiKey: 'k', from: 'hello@mail.example' }

  it.each([
    [{}, []],
    [{ webhookKey: ['new', 'old'], replyTo: 'help@example.com', tags: ['shop'] }, []],
    [{ from: 'nobody', replyTo: 'a@example.com, b@example.com' }, ['from', 'replyTo']],
  ])('with %j has problems with %j', (over, fields) => {
    expect(Value.Check(mailchimpTransactional.config, { ...good, ...over })).toBe(true)
    expect(mailchimpTransactional.check?.({ ...good, ...over }).map(({ field }) => field)).toEqual(fields)
  })

  it.each([{ tags: ['_ours'] }, { tags: ['x'.repeat(51)] }, { tags: [] }, { webhookKey: [] }])(
    'with %j is none',
    (over) => {
      expect(Value.Check(mailchimpTransactional.config, { ...good, ...over })).toBe(false)
    },
  )
})
