import { viber } from '../../src/channels/viber/viber.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import type { FakeBehaviour } from '../fakes/fake-provider.ts'
import { freePort } from '../fakes/http-provider.ts'
import {
  says,
  signedEvent,
  startViber,
  VIBER_SUBSCRIBER,
  VIBER_TOKEN,
  type ViberMessage,
  viberEvent,
} from '../fakes/viber.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour, Sent } from './channel-harness.ts'

const STRANGE_TOKEN = '000000000000000-000000000000000-0000000000000000'

const { answer: busy } = says(12, 'tooManyRequests')
const BEHAVIOURS: Record<ProviderBehaviour, FakeBehaviour<ViberMessage>> = {
  accept: { do: 'accept' },
  refuse: { do: 'answer', ...says(6, `receiverNotSubscribed: ${VIBER_SUBSCRIBER}`) },
  busy: { do: 'answer', answer: busy },
  'busy-for-7s': { do: 'answer', answer: { ...busy, headers: { 'retry-after': '7' } } },
  fails: { do: 'answer', answer: { status: 500, body: '' } },
  'cut-before-taking': { do: 'hang-up' },
  'cut-after-taking': { do: 'cut' },
  silent: { do: 'hold' },
  garbage: { do: 'answer', answer: { status: 200, body: '<html>It works!</html>' } },
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
  const channel = viber.create(config, world)
  const unreachable = viber.create({ ...config, baseUrl: `http://127.0.0.1:${await freePort()}/pa` }, world)
  const callback = (kind: CallbackKind, sent: Sent): RawRequest => {
    const signed = signedEvent(bodyOf(kind, sent), kind === 'forged' ? 'a guess' : VIBER_TOKEN)
    return { method: 'POST', url: '/callbacks/viber', ...signed }
  }
  return {
    channel,
    abilities: viber.abilities('Viber', config),
    unreachable,
    strange: viber.create({ ...config, authToken: STRANGE_TOKEN }, world),
    outgoing: { channel: 'Viber', address: VIBER_SUBSCRIBER, user: { channelUserId: VIBER_SUBSCRIBER } },
    behave: (behaviour) => fake.behave(BEHAVIOURS[behaviour]),
    arrived: fake.arrived,
    release: fake.release,
    taken: () => fake.messages.length,
    secrets: [VIBER_TOKEN, STRANGE_TOKEN, VIBER_SUBSCRIBER],
    callback,
    close: async () => {
      fake.release()
      await channel.close?.()
      await unreachable.close?.()
      await fake.close()
    },
  }
}

describeChannel('viber', openHarness, {
  skip: { 'one bad item loses none of the others': 'Viber reports one event in a callback' },
})
