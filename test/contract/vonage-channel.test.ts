import { vonage } from '../../src/channels/vonage/vonage.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import {
  signedByVonage,
  startVonage,
  statusBody,
  VONAGE_APPLICATION,
  VONAGE_KEY,
  VONAGE_PRIVATE_KEY,
  VONAGE_SECRET,
  VONAGE_SIGNATURE_SECRET,
  vonageRefusal,
} from '../fakes/vonage.ts'
import { channelWorld } from '../support/channel-world.ts'
import { type CaseName, describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const CALLBACK_URL = 'http://127.0.0.1:1/callbacks/vonage'
const PERSON = '+6591234567'

const WORDS = {
  refuse: vonageRefusal(422, 'messages#1430', `${PERSON} is not valid`),
  busy: vonageRefusal(429, 'messages#1000', 'Too many requests'),
  fails: { status: 500 },
}

const NATIVE: Readonly<Record<string, string>> = {
  SMS: 'sms',
  WhatsApp: 'whatsapp',
  Viber: 'viber_service',
  RCS: 'rcs',
}
const SENDERS = { from: '+15551234567', whatsappFrom: '+15551234568', viberFrom: '12345', rcsFrom: 'MyBrand' }
const APPLICATION = { applicationId: VONAGE_APPLICATION, privateKey: VONAGE_PRIVATE_KEY }
const ACCOUNT = { apiKey: VONAGE_KEY, apiSecret: VONAGE_SECRET }

async function openHarness(channelName: string, login: object): Promise<ChannelHarness> {
  const fake = await startVonage()
  const world = channelWorld({ connectionId: 'vonage', callbackUrl: CALLBACK_URL, clock: new MovableClock(NOW) })
  const config = { ...login, ...SENDERS, signatureSecret: VONAGE_SIGNATURE_SECRET, baseUrl: fake.url }
  const side = await fakeSide(fake, vonage, { config, world, words: WORDS, strange: { apiSecret: 'a guess' } })

  const callback = (kind: CallbackKind, { outgoing, providerRef = '' }: Sent): RawRequest => {
    const to = outgoing.address.slice(1)
    // A failure is found by Vonage's id alone, as for what was sent by another program of the account.
    const reference = kind === 'failed' ? {} : { client_ref: outgoing.attemptRef }
    const message = { uuid: providerRef, body: { channel: NATIVE[channelName], to, from: 'x', ...reference } }
    const status = { failed: 'undeliverable', 'unknown-status': 'levitated' }[kind as string] ?? 'delivered'
    const whole = statusBody(message, status, kind === 'failed' ? 1331 : undefined)
    const secret = kind === 'forged' ? 'a guess' : undefined
    const { headers, body } = signedByVonage(kind === 'unreadable' ? { status: 'delivered' } : whole, secret)
    return { method: 'POST', url: '/callbacks/vonage', headers, body: Buffer.from(body) }
  }

  return {
    ...side,
    abilities: vonage.abilities(channelName, config),
    outgoing: { channel: channelName, address: PERSON, user: { msisdn: PERSON } },
    taken: () => fake.standing().length,
    arriveAtPerson: ({ providerRef = '' }) => fake.arriveAtPerson(providerRef),
    secrets: [VONAGE_PRIVATE_KEY, VONAGE_SECRET, VONAGE_SIGNATURE_SECRET, PERSON, PERSON.slice(1)],
    callback,
  }
}

const ONE_BY_ONE = { 'one bad item loses none of the others': 'Vonage reports one message and one status in a webhook' }
const UNTOLD: Partial<Record<CaseName, string>> = {
  'what has not arrived is taken back': 'Vonage takes the request and never tells whether the message was stopped',
}
/** What a Basic login lacks: Vonage sends no webhooks for it, so that nothing above `accepted` is promised. */
const BASIC = {
  'a callback says what became of the message that was sent': 'Vonage promises no webhooks for a Basic login',
}

for (const channelName of Object.keys(NATIVE)) {
  const skip = { ...ONE_BY_ONE, ...(channelName === 'RCS' && UNTOLD) }
  describeChannel(`vonage ${channelName}`, () => openHarness(channelName, APPLICATION), { skip })
}
describeChannel('vonage SMS with a Basic login', () => openHarness('SMS', ACCOUNT), {
  skip: { ...ONE_BY_ONE, ...BASIC },
})
