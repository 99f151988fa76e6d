import { twilio } from '../../src/channels/twilio/twilio.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import {
  callbackFields,
  errorAnswer,
  startTwilio,
  TWILIO_RCS_SENDER,
  TWILIO_SENDER,
  TWILIO_WHATSAPP_SENDER,
} from '../fakes/twilio.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const CALLBACK_URL = 'http://127.0.0.1:1/callbacks/sms'
const PERSON = '+6591234567'

const WORDS = {
  refuse: errorAnswer(400, 21211, `Invalid 'To' Phone Number: ${PERSON}`),
  busy: errorAnswer(429, 20429, 'Too Many Requests'),
  fails: { status: 500, body: '' },
}

const STATUSES: Partial<Record<CallbackKind, string>> = { failed: 'undelivered', 'unknown-status': 'levitated' }

/** How Twilio writes the person on each channel. */
const ON_CHANNEL: Readonly<Record<string, string>> = {
  SMS: PERSON,
  WhatsApp: `whatsapp:${PERSON}`,
  RCS: `rcs:${PERSON}`,
}

async function openHarness(channelName: string): Promise<ChannelHarness> {
  const fake = await startTwilio()
  const { accountSid, authToken, url: baseUrl } = fake
  const world = channelWorld({ connectionId: 'sms', callbackUrl: CALLBACK_URL, clock: new MovableClock(NOW) })
  const senders = { from: TWILIO_SENDER, whatsappFrom: TWILIO_WHATSAPP_SENDER, rcsFrom: TWILIO_RCS_SENDER }
  const config = { accountSid, authToken, ...senders, baseUrl }
  const side = await fakeSide(fake, twilio, { config, world, words: WORDS, strange: { authToken: 'a guess' } })

  const callback = (kind: CallbackKind, { outgoing, providerRef = '' }: Sent): RawRequest => {
    // A failure is found by Twilio's id alone, as for a URL that somebody has set up by hand.
    const query = kind === 'failed' ? '' : `?attempt=${outgoing.attemptRef}&channel=${channelName}`
    const message = { sid: providerRef, fields: { To: ON_CHANNEL[channelName] ?? '' } }
    const status = STATUSES[kind] ?? 'delivered'
    const whole = callbackFields(accountSid, message, status, kind === 'failed' ? 30003 : undefined)
    const fields = kind === 'unreadable' ? { status: 'delivered' } : whole
    const { headers, body } = fake.signed(CALLBACK_URL + query, fields, kind === 'forged' ? 'a guess' : undefined)
    return { method: 'POST', url: `/callbacks/sms${query}`, headers, body: Buffer.from(body) }
  }

  return {
    ...side,
    abilities: twilio.abilities(channelName, config),
    outgoing: { channel: channelName, address: PERSON, user: { msisdn: PERSON } },
    secrets: [authToken, PERSON],
    callback,
  }
}

for (const channelName of Object.keys(ON_CHANNEL)) {
  describeChannel(`twilio ${channelName}`, () => openHarness(channelName), {
    skip: { 'one bad item loses none of the others': 'Twilio reports one message and one status in a callback' },
  })
}
