import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { outgoingOf } from '../../../test/contract/channel-harness.ts'
import {
  LOCALHOST_CERTIFICATE,
  type SmtpFake,
  type SmtpFakeOptions,
  startSmtpServer,
} from '../../../test/fakes/smtp-server.ts'
import { channelWorld } from '../../../test/support/channel-world.ts'
import type { StepContent } from '../../domain/content.ts'
import type { Channel, Outgoing } from '../../engine/ports/channel.ts'
import { MovableClock } from '../../system/movable-clock.ts'
import { smtp } from './smtp.ts'

type Config = Parameters<typeof smtp.create>[0]

const closers: (() => Promise<void> | undefined)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(
  config: Partial<Config> = {},
  options: SmtpFakeOptions = {},
): Promise<{ server: SmtpFake; channel: Channel }> {
  const server = await startSmtpServer(options)
  closers.push(server.close)
  const world = channelWorld({ connectionId: 'mail', callbackUrl: 'http://127.0.0.1:1/', clock: new MovableClock(0) })
  const all = {
    host: '127.0.0.1',
    port: server.port,
    tls: 'none' as const,
    from: 'Example <hello@mail.example>',
    ...config,
  }
  const channel = smtp.create(all, world)
  closers.push(() => channel.close?.())
  return { server, channel }
}

const ADDRESS = { channel: 'Email', address: 'ann@example.org', user: { email: 'ann@example.org' } }
const send = (channel: Channel, over: Partial<Outgoing> = {}, signal = new AbortController().signal) =>
  channel.send(outgoingOf({ outgoing: ADDRESS }, over), signal)
const saying = (text: string | undefined, email?: StepContent['content']['email']): Partial<Outgoing> => ({
  content: { type: 'text', ...(text !== undefined && { text }), content: { ...(email && { email }) } },
})

async function mailOf(over: Partial<Outgoing>, config: Partial<Config> = {}) {
  const { server, channel } = await start(config)
  expect(await send(channel, over)).toMatchObject({ kind: 'accepted' })
  const [received] = server.mails
  if (received === undefined) throw new Error('no mail came')
  return received
}

describe('a mail', () => {
  it('goes to the one person, from the configured sender, and asks for no automatic answers', async () => {
    const { from, to, mail, raw } = await mailOf({})
    expect({ from, to }).toEqual({ from: 'hello@mail.example', to: ['ann@example.org'] })
    expect(mail.from).toEqual({ name: 'Example', address: 'hello@mail.example' })
    expect(mail.text?.trim()).toBe('Your table is ready.')
    expect(mail.subject).toBe('Your table is ready.')
    expect(raw).toContain('Auto-Submitted: auto-generated\r\n')
    expect(raw).toContain('X-Auto-Response-Suppress: All\r\n')
  })

  it('has a Message-ID that follows from the idempotency key, in lower case', async () => {
    const { mail } = await mailOf({ idempotencyKey: 'ABC.1.2' }, { messageIdDomain: 'id.example' })
    expect(mail.messageId).toBe('<abc.1.2@id.example>')
  })

  it('carries text and HTML, a subject of its own, and a sender’s name of its own', async () => {
    const { mail, from } = await mailOf(
      saying('Plain', {
        subject: 'Grüße\r\nBcc: eve@example.org',
        html: '<b>Bold</b>',
        from: 'Bistro <bistro@mail.example>',
      }),
    )
    expect(mail.text?.trim()).toBe('Plain')
    expect(mail.html).toContain('<b>Bold</b>')
    expect(mail.subject).toBe('Grüße Bcc: eve@example.org')
    expect(mail.bcc).toBeUndefined()
    expect(mail.from).toEqual({ name: 'Bistro', address: 'bistro@mail.example' })
    expect(from).toBe('hello@mail.example') // bounces come home whoever it says it is from
  })

  it('takes its subject from the first line that says something, and not more than fits', async () => {
    expect((await mailOf(saying('\n\n  Hello  Ann \nmore'))).mail.subject).toBe('Hello Ann')
    const { mail } = await mailOf(saying('long '.repeat(50)))
    expect(mail.subject).toMatch(/^long .*…$/)
    expect(mail.subject?.length).toBeLessThanOrEqual(78)
    expect((await mailOf(saying(undefined, { html: '<p>Hi</p>' }))).mail.subject).toBe('New message')
  })

  it.each([{ path: '/etc/hostname' }, { href: 'http://127.0.0.1:1/' }])(
    'does not read %j in place of HTML',
    async (place) => {
      const { server, channel } = await start()
      const html = place as unknown as string // as it might come from a caller who was not checked
      expect(await send(channel, saying('x', { html }))).toMatchObject({ kind: 'rejected', reason: 'content' })
      expect(server.mails).toEqual([])
    },
  )

  it.each([
    'ann@example.org, eve@example.org',
    'Ann <ann@example.org>',
    'ann@example.org>\r\nRCPT TO:<eve@example.org',
    'ann',
    '',
  ])('to %j is rejected and nothing is sent', async (address) => {
    const { server, channel } = await start()
    expect(await send(channel, { address })).toMatchObject({ kind: 'rejected', reason: 'recipient' })
    expect(server.connections()).toBe(0)
  })

  it('that says nothing, or is from two senders, is rejected', async () => {
    const { channel } = await start()
    expect(await send(channel, saying(undefined))).toMatchObject({ kind: 'rejected', reason: 'content' })
    expect(await send(channel, saying('x', { from: 'a@b.example, c@d.example' }))).toMatchObject({ reason: 'content' })
  })

  it('is signed with DKIM when there is a key', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const { raw } = await mailOf({}, { dkim: { domain: 'mail.example', selector: 's1', privateKey: pem } })
    expect(raw).toMatch(/^DKIM-Signature: v=1;[\s\S]*d=mail\.example;[\s\S]*s=s1;/m)
  })
})

describe('the line to the mail server', () => {
  it('is one connection for mails in a row', async () => {
    const { server, channel } = await start()
    for (const key of ['a.1.1', 'b.1.1', 'c.1.1']) await send(channel, { idempotencyKey: key })
    expect(server.mails).toHaveLength(3)
    expect(server.connections()).toBe(1)
  })

  it.each(['starttls', 'implicit'] as const)('is encrypted with %s, and logs in', async (tls) => {
    const login = { user: 'untilread', password: 'secret' }
    const { server, channel } = await start(
      { tls, ...login, certificateAuthority: LOCALHOST_CERTIFICATE },
      { tls, login },
    )
    expect(await send(channel)).toMatchObject({ kind: 'accepted' })
    expect(server.mails).toMatchObject([{ secure: true, user: 'untilread' }])
  })

  it.each(['starttls', 'implicit'] as const)(
    'to a certificate that is not trusted carries nothing with %s',
    async (tls) => {
      const { server, channel } = await start({ tls }, { tls })
      expect((await send(channel)).kind).toBe('retry')
      expect(server.mails).toEqual([])
    },
  )

  it('that cannot be encrypted carries nothing when it has to be, and carries all when it need not', async () => {
    const strict = await start({ tls: 'starttls' })
    expect((await send(strict.channel)).kind).toBe('retry')
    expect(strict.server.mails).toEqual([])
    const relaxed = await start({ tls: 'opportunistic' })
    expect((await send(relaxed.channel)).kind).toBe('accepted')
  })

  it('a wrong password is rejected, and is not in the detail', async () => {
    const { channel } = await start(
      { user: 'untilread', password: 'guess-work' },
      { login: { user: 'untilread', password: 'secret' } },
    )
    const outcome = await send(channel)
    expect(outcome).toMatchObject({ kind: 'rejected', reason: 'credentials', code: '5.7.8' })
    expect(JSON.stringify(outcome)).not.toContain('guess-work')
  })

  it.each([
    ['connect', 421, '4.3.2 too busy', 'retry'],
    ['connect', 554, '5.7.1 go away', 'retry'],
    ['sender', 550, '5.7.1 not you', 'rejected'],
    ['recipient', 550, '5.1.1 nobody', 'rejected'],
    ['data', 451, '4.3.0 not now', 'retry'],
    ['data', 554, '5.7.1 spam', 'rejected'],
  ] as const)('refusal of %s with %i %s is %s', async (at, code, text, kind) => {
    const { server, channel } = await start()
    server.behave({ do: 'refuse', at, code, text })
    expect((await send(channel)).kind).toBe(kind)
    server.behave({ do: 'accept' })
    expect((await send(channel)).kind).toBe('accepted')
    expect(server.mails).toHaveLength(1)
  })

  it.each(['at-recipient', 'inside-data'] as const)('cut %s, it is known that nothing was taken', async (when) => {
    const { server, channel } = await start()
    server.behave({ do: 'cut', when })
    const text = 'A line that fills the mail.\n'.repeat(200_000) // more than the buffers on the way hold
    expect((await send(channel, saying(text))).kind).toBe('retry')
    expect(server.mails).toEqual([])
  })

  it('cut after the end of the mail, it is not known; nodemailer repeats nothing, and our repeat is the same mail', async () => {
    const { server, channel } = await start()
    server.behave({ do: 'cut', when: 'after-data' })
    expect((await send(channel)).kind).toBe('uncertain')
    expect(server.mails).toHaveLength(1)
    server.behave({ do: 'accept' })
    expect((await send(channel)).kind).toBe('accepted')
    expect(server.mails).toHaveLength(2)
    expect(server.messageIds()).toHaveLength(1)
  })

  it('that the server drops between two mails is not taken up again behind our back', async () => {
    const { server, channel } = await start()
    expect((await send(channel, { idempotencyKey: 'first.1.1' })).kind).toBe('accepted')
    server.behave({ do: 'cut', when: 'at-recipient' })
    expect((await send(channel)).kind).toBe('retry')
    expect(server.connections()).toBe(1)
  })

  it('that is silent after the end of the mail is given up as uncertain', async () => {
    const { server, channel } = await start({ timeoutSeconds: 0.2 })
    server.behave({ do: 'hold' })
    expect((await send(channel)).kind).toBe('uncertain')
  })

  it('a send that waits for a free connection and is called off sends nothing', async () => {
    const { server, channel } = await start({ maxConnections: 1 })
    server.behave({ do: 'hold' })
    const first = send(channel, { idempotencyKey: 'first.1.1' })
    await server.arrived()
    const controller = new AbortController()
    const second = send(channel, { idempotencyKey: 'second.1.1' }, controller.signal)
    controller.abort()
    expect((await second).kind).toBe('retry')
    server.release()
    expect((await first).kind).toBe('accepted')
    expect(server.messageIds()).toEqual(['<first.1.1@mail.example>'])
  })
})

describe('reports of delivery', () => {
  it('are asked for with our reference, and promised, only when they can come back', async () => {
    const config = { host: 'h', from: 'hello@mail.example' }
    const token = { bounceToken: 'token' }
    expect(smtp.abilities('Email', { ...config, ...token, dsn: true }).reports).toEqual([
      'accepted',
      'sent',
      'delivered',
    ])
    expect(smtp.abilities('Email', { ...config, dsn: true }).reports).toEqual(['accepted'])
    expect(smtp.abilities('Email', { ...config, ...token }).reports).toEqual(['accepted'])
    const { attemptRef } = outgoingOf({})
    expect(await mailOf({}, { ...token, dsn: true })).toMatchObject({
      envid: attemptRef,
      notify: ['SUCCESS', 'FAILURE'],
    })
    expect(await mailOf({}, token)).toMatchObject({ envid: attemptRef, notify: ['FAILURE'] })
    expect((await mailOf({})).notify ?? []).toEqual([])
  })

  it('go to the return path, with our reference in it where it has a place', async () => {
    const { attemptRef } = outgoingOf({})
    const { from } = await mailOf({}, { returnPath: 'bounces+{attempt}@mail.example' })
    expect(from).toBe(`bounces+${attemptRef}@mail.example`)
  })

  it('are refused by a connection that has no token', async () => {
    const { channel } = await start()
    const request = { method: 'POST', url: '/callbacks/mail?token=', headers: {}, body: Buffer.from('') }
    expect(await channel.receive?.(request)).toMatchObject({ kind: 'refused' })
  })
})

describe('a configuration that cannot work', () => {
  const settings = { host: 'h', from: 'a@b.example' }

  it.each([
    [{ from: 'not an address' }, ['from']],
    [{ user: 'somebody' }, ['password']],
    [{ password: 'something' }, ['user']],
    [{ user: 'somebody', password: 'something' }, []],
  ])('%j is told by its fields', (more, fields) => {
    expect(smtp.check?.({ ...settings, ...more }).map(({ field }) => field)).toEqual(fields)
  })
})
