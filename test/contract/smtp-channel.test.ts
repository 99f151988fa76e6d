import { smtp } from '../../src/channels/smtp/smtp.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { type Bounce, bounceMail } from '../fakes/bounce.ts'
import { freePort } from '../fakes/http-provider.ts'
import { type SmtpBehaviour, startSmtpServer } from '../fakes/smtp-server.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour, Sent } from './channel-harness.ts'

const TOKEN = 'the-token-of-the-bounces'
const PASSWORD = 'the-password-of-the-mailer'

const BEHAVIOURS: Record<ProviderBehaviour, SmtpBehaviour> = {
  accept: { do: 'accept' },
  refuse: { do: 'refuse', at: 'recipient', code: 550, text: '5.1.1 <ann@example.org>: no such user' },
  busy: { do: 'refuse', at: 'recipient', code: 450, text: '4.2.0 greylisted, come back later' },
  'busy-for-7s': { do: 'refuse', at: 'recipient', code: 450, text: '4.2.0 greylisted, come back in 7 seconds' },
  fails: { do: 'refuse', at: 'data', code: 451, text: '4.3.0 local error in processing' },
  'cut-before-taking': { do: 'cut', when: 'at-recipient' },
  'cut-after-taking': { do: 'cut', when: 'after-data' },
  silent: { do: 'hold' },
  garbage: { do: 'garbage' },
}

const DELIVERED = { 'Final-Recipient': 'rfc822; ann@example.org', Action: 'delivered', Status: '2.1.5' }
const FAILED = { ...DELIVERED, Action: 'failed', Status: '5.1.1', 'Diagnostic-Code': 'smtp; 550 5.1.1 no such user' }

function bounceFor(kind: CallbackKind, { outgoing, providerRef }: Sent): Buffer {
  const quoted = { 'Message-ID': `<${providerRef}>`, Subject: 'Your table is ready.' }
  const about = (...recipients: Bounce['recipients']) => ({ recipients, envelopeId: outgoing.attemptRef, quoted })
  switch (kind) {
    case 'delivered':
    case 'forged':
      return bounceMail(about(DELIVERED))
    case 'failed':
      return bounceMail({ recipients: [FAILED], quoted }) // found by its Message-ID alone
    case 'unreadable':
      return Buffer.from('{"status":"delivered"}')
    case 'unknown-status':
      return bounceMail(about({ ...DELIVERED, Action: 'levitated' }))
    case 'one-bad-item':
      return bounceMail(about(DELIVERED, { Nonsense: 'yes' }, FAILED))
  }
}

async function openHarness(): Promise<ChannelHarness> {
  const server = await startSmtpServer({ login: { user: 'untilread', password: PASSWORD } })
  const world = channelWorld({
    connectionId: 'mail',
    callbackUrl: 'http://127.0.0.1:1/callbacks/mail',
    clock: new MovableClock(0),
  })
  const config = {
    host: '127.0.0.1',
    port: server.port,
    tls: 'none' as const,
    user: 'untilread',
    password: PASSWORD,
    from: 'Example <hello@mail.example>',
    dsn: true,
    bounceToken: TOKEN,
  }
  const channel = smtp.create(config, world)
  const unreachable = smtp.create({ ...config, port: await freePort() }, world)
  return {
    channel,
    abilities: smtp.abilities('Email', config),
    unreachable,
    strange: smtp.create({ ...config, password: 'a guess' }, world),
    outgoing: { channel: 'Email', address: 'ann@example.org', user: { email: 'ann@example.org' } },
    behave: (behaviour) => server.behave(BEHAVIOURS[behaviour]),
    arrived: server.arrived,
    release: server.release,
    taken: () => server.messageIds().length,
    secrets: [PASSWORD, TOKEN, 'ann@example.org'],
    callback: (kind, sent): RawRequest => ({
      method: 'POST',
      url: `/callbacks/mail?token=${kind === 'forged' ? 'a-guess' : TOKEN}`,
      headers: { 'content-type': 'message/rfc822' },
      body: bounceFor(kind, sent),
    }),
    close: async () => {
      server.release()
      await channel.close?.()
      await unreachable.close?.()
      await server.close()
    },
  }
}

describeChannel('smtp', openHarness, {
  skip: {
    'a busy provider that names its seconds is given them': 'SMTP has words for later, and none for how much later',
  },
})
