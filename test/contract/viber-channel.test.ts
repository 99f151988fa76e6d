import { viber } from '../../src/channels/viber/viber.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { says, signedEvent, startViber, VIBER_SUBSCRIBER, VIBER_TOKEN, viberEvent } from '../fakes/viber.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const STRANGE_TOKEN = '000000000000000-000000000000000-0000000000000000'

const WORDS = {
  refuse: says(6, `receiverNotSubscribed: ${VIBER_SUBSCRIBER}`).answer,
  busy: says(12, 'tooManyRequests').answer,
  fails: { status: 500, body: '' },
}

function bodyOf(kind: CallbackKind, { providerRef = '' }: Sent): string {
  const about = { user_id: VIBER_SUBSCRIBER }
  switch (kind) {
    case 'failed':
      return viberEvent('failed', providerRef, { ...about, desc: `failed for ${VIBER_SUBSCRIBER}` })
    case 'unreadable':
      return JSON.stringify({ event: 'delivered', ...about })
    case 'unknown-status':
      return viberEvent('levitated', providerRef, about)
    default:
      return viberEvent('delivered', providerRef, about)
  }
}

async function openHarness(): Promise<ChannelHarness> {
  const fake = await startViber()
  const world = channelWorld({ connectionId: 'viber' })
  const config = { authToken: VIBER_TOKEN, senderName: 'My Shop', baseUrl: fake.url }
  const side = await fakeSide(fake, viber, {
    config,
    world,
    words: WORDS,
    nowhere: (url) => ({ baseUrl: `${url}/pa` }),
    strange: { authToken: STRANGE_TOKEN },
  })
  const callback = (kind: CallbackKind, sent: Sent): RawRequest => {
    const signed = signedEvent(bodyOf(kind, sent), kind === 'forged' ? 'a guess' : VIBER_TOKEN)
    return { method: 'POST', url: '/callbacks/viber', ...signed }
  }
  return {
    ...side,
    abilities: viber.abilities('Viber', config),
    outgoing: { channel: 'Viber', address: VIBER_SUBSCRIBER, user: { channelUserId: VIBER_SUBSCRIBER } },
    secrets: [VIBER_TOKEN, STRANGE_TOKEN, VIBER_SUBSCRIBER],
    callback,
  }
}

describeChannel('viber', openHarness, {
  skip: { 'one bad item loses none of the others': 'Viber reports one event in a callback' },
})
