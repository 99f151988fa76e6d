import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import { type GenesysFake, startGenesys } from '../../../test/fakes/genesys.ts'
import { freePort } from '../../../test/fakes/http-provider.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { Channel, Outgoing } from '../../engine/ports/channel.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { genesysEmail } from './genesys-email.ts'

type Config = Parameters<typeof genesysEmail.create>[0]

const SECRET = 'the-secret-of-the-client'
const LOGIN = /^POST \/oauth\/token$/
const MAIL = /^POST .*\/agentless$/

const closers: (() => Promise<void> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(over: Partial<Config> = {}): Promise<{ fake: GenesysFake; channel: Channel }> {
  const clock = new MovableClock(Date.parse('2026-03-01T12:00:00Z'))
  const fake = await startGenesys({ clientId: 'client', clientSecret: SECRET, now: () => clock.now() })
  closers.push(fake.close)
  fake.domains.add('support.example')
  const account = {
    region: 'eu-west-1',
    clientId: 'client',
    clientSecret: SECRET,
    apiUrl: fake.url,
    loginUrl: fake.url,
  }
  const world = channelWorld({ connectionId: 'mail', callbackUrl: 'http://127.0.0.1:1/', clock })
  const channel = genesysEmail.create({ ...account, from: 'Example <hello@support.example>', ...over }, world)
  closers.push(() => channel.close?.())
  return { fake, channel }
}

const ADDRESS = { channel: 'Email', address: 'ann@example.org', user: { email: 'ann@example.org' } }
const send = (channel: Channel, over: Partial<Outgoing> = {}) =>
  channel.send(outgoingOf({ outgoing: ADDRESS }, over), new AbortController().signal)
const saying = (text: string | undefined, email?: { subject?: string; html?: string; from?: string }) => ({
  content: { type: 'text' as const, ...(text !== undefined && { text }), content: { ...(email && { email }) } },
})

describe('a mail', () => {
  it('goes to the one person, from the configured sender, and is known by Genesys’ id', async () => {
    const { fake, channel } = await start({ replyTo: 'help@example.com' })
    const outcome = await send(channel)
    expect(fake.mails.map(({ body }) => body)).toEqual([
      {
        senderType: 'Outbound',
        fromAddress: { email: 'hello@support.example', name: 'Example' },
        toAddresses: [{ email: 'ann@example.org' }],
        replyToAddress: { email: 'help@example.com' },
        subject: 'Your table is ready.',
        textBody: 'Your table is ready.',
      },
    ])
    expect(outcome).toEqual({ kind: 'accepted', providerRef: fake.mails[0]?.id })
  })

  it('carries HTML, a subject and a sender of its own', async () => {
    const { fake, channel } = await start()
    const html = '<b>Say "hello"</b>'
    await send(
      channel,
      saying('Plain', { subject: 'It says "hi"\r\nand more', html, from: 'Bistro <bistro@support.example>' }),
    )
    expect(fake.mails[0]?.body).toMatchObject({
      fromAddress: { email: 'bistro@support.example', name: 'Bistro' },
      subject: 'It says "hi" and more',
      textBody: 'Plain',
      htmlBody: html,
    })
    await send(channel, saying(undefined, { html }))
    expect(fake.mails[1]?.body).toMatchObject({ subject: 'New message', htmlBody: html })
    expect(fake.mails[1]?.body).not.toHaveProperty('textBody')
  })

  it('keeps to Genesys’ limits', async () => {
    const { fake, channel } = await start({ from: `${'N'.repeat(80)} <hello@support.example>` })
    await send(channel, saying('x', { subject: 's'.repeat(500) }))
    const { fromAddress, subject } = fake.mails[0]?.body ?? {}
    expect(fromAddress).toEqual({ email: 'hello@support.example', name: 'N'.repeat(64) })
    expect(subject).toBe('s'.repeat(400))
    const long = await send(channel, saying('x'.repeat(3 * 1024 * 1024 + 1)))
    expect(long).toMatchObject({ kind: 'rejected', reason: 'content', detail: expect.stringContaining('3 MB') })
  })

  it.each([
    [{ address: 'ann@example.org, eve@example.org' }, 'recipient'],
    [{ address: 'Ann <ann@example.org>' }, 'recipient'],
    [{ address: `${'a'.repeat(65)}@example.org` }, 'recipient'],
    [{ address: '' }, 'recipient'],
    [saying(undefined), 'content'],
    [saying('x', { from: 'a@support.example, b@support.example' }), 'content'],
  ])('that cannot go is rejected before anything is asked: %j', async (over, reason) => {
    const { fake, channel } = await start()
    expect(await send(channel, over)).toMatchObject({ kind: 'rejected', reason, detail: expect.stringMatching(/\S/) })
    expect(fake.requests).toEqual([])
  })
})

describe('an outcome', () => {
  it('is with the credentials when the sender’s domain was not verified', async () => {
    const { fake, channel } = await start({ from: 'hello@elsewhere.example' })
    const outcome = await send(channel)
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'credentials', code: 'bad.request' })
    expect(JSON.stringify(outcome)).toContain('is the domain of from set up and verified?')
    expect(fake.mails).toEqual([])
  })

  it.each([
    ['fromAddress is not allowed', 'bad.request', 'credentials'],
    ['Invalid value', 'invalid.sender', 'credentials'],
    ['The domain was not found', 'not.verified', 'credentials'],
    ['replyToAddress is malformed', 'bad.request', 'credentials'],
    ['toAddresses[0].email: domain does not exist', 'bad.request', 'recipient'],
    ['The recipient has opted out', 'blocked', 'recipient'],
    ['The subject is too long', 'bad.request', 'content'],
    ['No', 'bad.request', 'content'],
  ])('of a refusal that says %j (%s) is about the %s', async (message, code, reason) => {
    const { fake, channel } = await start()
    fake.trouble({ on: MAIL, do: 'answer', status: 400, body: JSON.stringify({ message, code }) })
    expect(await send(channel)).toMatchObject({ kind: 'rejected', reason, code })
  })

  it.each([
    [403, 'credentials'],
    [404, 'credentials'],
    [302, 'credentials'],
    [413, 'content'],
  ])('of status %i is about the %s', async (status, reason) => {
    const { fake, channel } = await start()
    fake.trouble({ on: MAIL, do: 'answer', status, body: '<html>' })
    expect(await send(channel)).toMatchObject({ kind: 'rejected', reason, code: String(status) })
  })

  it('never repeats the words of an error: they may quote the mail', async () => {
    const { fake, channel } = await start()
    const message = 'The subject "Your results, Ann" to ann@example.org is not allowed'
    fake.trouble({ on: MAIL, do: 'answer', status: 400, body: JSON.stringify({ message, code: `x ${message}` }) })
    expect(JSON.stringify(await send(channel))).not.toMatch(/Ann|ann@/)
  })

  it('is uncertain when Genesys broke down over it, or said yes without an id', async () => {
    const { fake, channel } = await start()
    fake.trouble({ on: MAIL, times: 1, do: 'answer', status: 500, body: '<html>' })
    expect(await send(channel)).toMatchObject({ kind: 'uncertain', detail: expect.stringContaining('500') })
    fake.trouble({ on: MAIL, times: 1, do: 'answer', status: 202, body: '{}' })
    expect(await send(channel)).toMatchObject({ kind: 'uncertain' })
  })

  it('is an acceptance with a token that was replaced in between', async () => {
    const { fake, channel } = await start()
    await send(channel)
    fake.revokeTokens()
    expect(await send(channel)).toMatchObject({ kind: 'accepted' })
    expect(fake.tokensGiven()).toBe(2)
    expect(fake.mails).toHaveLength(2)
  })

  it.each([
    [
      { status: 401, body: '{"error":"invalid_client"}' },
      { kind: 'rejected', reason: 'credentials' },
    ],
    [{ status: 404 }, { kind: 'rejected', reason: 'credentials' }],
    [
      { status: 429, headers: { 'retry-after': '9' } },
      { kind: 'retry', afterMs: 9_000 },
    ],
    [
      { status: 429, headers: { 'retry-after': '0' } },
      { kind: 'retry', afterMs: 5_000 },
    ],
    [{ status: 500 }, { kind: 'retry', afterMs: 1_000 }],
  ] as const)('without a token, because the login answered %j, is clear: nothing went', async (answer, outcome) => {
    const { fake, channel } = await start()
    fake.trouble({ on: LOGIN, do: 'answer', ...answer })
    expect(await send(channel)).toMatchObject(outcome)
    expect(fake.requests.filter(({ path }) => path.endsWith('agentless'))).toEqual([])
  })

  it('without a login that listens is another try', async () => {
    const { channel } = await start({ loginUrl: `http://127.0.0.1:${await freePort()}` })
    expect(await send(channel)).toMatchObject({ kind: 'retry', afterMs: 1_000 })
  })
})

describe('the settings', () => {
  const GOOD = {
    region: 'eu-west-1',
    clientId: 'client',
    clientSecret: SECRET,
    from: 'Example <hello@support.example>',
  }

  it.each([
    [{}, []],
    [{ region: 'eu-west-9' }, ['region']],
    [{ from: 'nobody', replyTo: 'a@example.com, b@example.com' }, ['from', 'replyTo']],
    [{ replyTo: 'help@example.com' }, []],
  ])('%j have problems with %j', (over, fields) => {
    expect(genesysEmail.check?.({ ...GOOD, ...over })?.map(({ field }) => field)).toEqual(fields)
  })
})
