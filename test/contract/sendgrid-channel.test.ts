import { sendgrid } from '../../src/channels/sendgrid/sendgrid.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import type { FakeBehaviour } from '../fakes/fake-provider.ts'
import { freePort } from '../fakes/http-provider.ts'
import { errors, SENDGRID_KEY, type SendGridMail, startSendGrid } from '../fakes/sendgrid.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour, Sent } from './channel-harness.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const PERSON = 'ann@example.org'
const BUSY = errors(429, 'too many requests')

const BEHAVIOURS: Record<ProviderBehaviour, FakeBehaviour<SendGridMail>> = {
  accept: { do: 'accept' },
  refuse: { do: 'answer', answer: errors(400, `${PERSON} is not valid`, 'personalizations.0.to.0.email') },
  busy: { do: 'answer', answer: BUSY },
  'busy-for-7s': { do: 'answer', answer: { ...BUSY, headers: { 'x-ratelimit-reset': String(NOW / 1000 + 7) } } },
  fails: { do: 'answer', answer: errors(500, 'internal server error') },
  'cut-before-taking': { do: 'hang-up' },
  'cut-after-taking': { do: 'cut' },
  silent: { do: 'hold' },
  garbage: { do: 'answer', answer: { status: 200, body: '<html>It works!</html>' } },
}

const EVENTS: Partial<Record<CallbackKind, Readonly<Record<string, unknown>>>> = {
  failed: { event: 'bounce', type: 'bounce', status: '5.1.1', reason: `550 5.1.1 <${PERSON}>: no such user` },
  'unknown-status': { event: 'levitated' },
}

async function openHarness(): Promise<ChannelHarness> {
  const clock = new MovableClock(NOW)
  const fake = await startSendGrid({ now: () => clock.now() })
  const world = channelWorld({ connectionId: 'mail', clock })
  const config = {
    apiKey: SENDGRID_KEY,
    from: 'Example <hello@mail.example>',
    verificationKey: fake.verificationKey,
    baseUrl: fake.url,
  }
  const channel = sendgrid.create(config, world)
  const unreachable = sendgrid.create({ ...config, baseUrl: `http://127.0.0.1:${await freePort()}` }, world)

  const callback = (kind: CallbackKind, { outgoing, providerRef }: Sent): RawRequest => {
    const { attemptRef } = outgoing
    // A failure is found by SendGrid's own id alone, as where our reference did not come back.
    const of = providerRef === undefined || kind !== 'failed' ? { attemptRef } : { id: providerRef }
    const event = fake.event(of, EVENTS[kind] ?? { event: 'delivered', response: '250 OK' })
    const events = kind === 'one-bad-item' ? [event, { event: 7, timestamp: [] }, event] : [event]
    const { headers, body } = fake.post(kind === 'unreadable' ? { event } : events, { forged: kind === 'forged' })
    return { method: 'POST', url: '/callbacks/mail', headers, body }
  }

  return {
    channel,
    abilities: sendgrid.abilities('Email', config),
    unreachable,
    strange: sendgrid.create({ ...config, apiKey: 'SG.guess.work' }, world),
    outgoing: { channel: 'Email', address: PERSON, user: { email: PERSON } },
    behave: (behaviour) => fake.behave(BEHAVIOURS[behaviour]),
    arrived: fake.arrived,
    release: fake.release,
    taken: () => fake.messages.length,
    secrets: [SENDGRID_KEY, 'SG.guess.work', PERSON],
    callback,
    close: async () => {
      fake.release()
      await channel.close?.()
      await unreachable.close?.()
      await fake.close()
    },
  }
}

describeChannel('sendgrid', openHarness)
