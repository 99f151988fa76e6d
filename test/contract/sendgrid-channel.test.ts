import { sendgrid } from '../../src/channels/sendgrid/sendgrid.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { errors, SENDGRID_KEY, startSendGrid } from '../fakes/sendgrid.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const PERSON = 'ann@example.org'
const BUSY = errors(429, 'too many requests')

const WORDS = {
  refuse: errors(400, `${PERSON} is not valid`, 'personalizations.0.to.0.email'),
  busy: BUSY,
  busyFor7s: { ...BUSY, headers: { 'x-ratelimit-reset': String(NOW / 1000 + 7) } },
  fails: errors(500, 'internal server error'),
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
  const side = await fakeSide(fake, sendgrid, { config, world, words: WORDS, strange: { apiKey: 'SG.guess.work' } })

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
    ...side,
    abilities: sendgrid.abilities('Email', config),
    outgoing: { channel: 'Email', address: PERSON, user: { email: PERSON } },
    secrets: [SENDGRID_KEY, 'SG.guess.work', PERSON],
    callback,
  }
}

describeChannel('sendgrid', openHarness)
