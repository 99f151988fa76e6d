import { mailchimpTransactional } from '../../src/channels/mailchimp-transactional/mailchimp-transactional.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import {
  error,
  MAILCHIMP_KEY,
  MAILCHIMP_WEBHOOK_KEY,
  result,
  startMailchimp,
} from '../fakes/mailchimp-transactional.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const CALLBACK_URL = 'http://127.0.0.1:1/callbacks/mail'
const PERSON = 'ann@example.org'

const WORDS = {
  refuse: result(PERSON, 'rejected', { reject_reason: 'hard-bounce' }),
  busy: error(429, -99, 'TooManyRequests', 'Slow down'),
  fails: error(500, -99, 'GeneralError', `${MAILCHIMP_KEY}: unexpected error`),
}

const EVENTS: Partial<Record<CallbackKind, readonly [event: string, msg?: object]>> = {
  failed: [
    'hard_bounce',
    { bounce_description: 'bad_mailbox', diag: `smtp;550 5.1.1 <${PERSON}> does not exist`, state: 'bounced' },
  ],
  'unknown-status': ['levitated'],
}

async function openHarness(): Promise<ChannelHarness> {
  const clock = new MovableClock(NOW)
  const fake = await startMailchimp({ now: () => clock.now() })
  const world = channelWorld({ connectionId: 'mail', callbackUrl: CALLBACK_URL, clock })
  const config = {
    apiKey: MAILCHIMP_KEY,
    from: 'Example <hello@mail.example>',
    webhookKey: ['the next key', MAILCHIMP_WEBHOOK_KEY],
    baseUrl: fake.url,
  }
  const side = await fakeSide(fake, mailchimpTransactional, {
    config,
    world,
    words: WORDS,
    strange: { apiKey: 'md-guess-work' },
  })

  const callback = (kind: CallbackKind, { outgoing, providerRef }: Sent): RawRequest => {
    const { attemptRef } = outgoing
    // A failure is found by Mailchimp's own id alone, as where our reference did not come back.
    const of = providerRef === undefined || kind !== 'failed' ? { attemptRef } : { id: providerRef }
    const [word, msg] = EVENTS[kind] ?? ['delivered']
    const event = fake.event(of, word, { ...msg })
    const events = kind === 'one-bad-item' ? [event, { event: 7, msg: 'x', ts: [] }, event] : [event]
    const key = kind === 'forged' ? 'a guess' : MAILCHIMP_WEBHOOK_KEY
    const { headers, body } = fake.post(CALLBACK_URL, kind === 'unreadable' ? { event } : events, key)
    return { method: 'POST', url: '/callbacks/mail', headers, body }
  }

  return {
    ...side,
    abilities: mailchimpTransactional.abilities('Email', config),
    outgoing: { channel: 'Email', address: PERSON, user: { email: PERSON } },
    secrets: [MAILCHIMP_KEY, MAILCHIMP_WEBHOOK_KEY, 'md-guess-work', PERSON],
    callback,
  }
}

describeChannel('mailchimp-transactional', openHarness)
