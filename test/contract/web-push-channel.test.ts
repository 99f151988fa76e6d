import { webPush } from '../../src/channels/web-push/web-push.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import type { FakeBehaviour } from '../fakes/fake-provider.ts'
import { freePort } from '../fakes/http-provider.ts'
import { beaconQuery, type PushMessage, refusal, startPushService, VAPID } from '../fakes/web-push.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour, Sent } from './channel-harness.ts'

const CALLBACK_URL = 'http://127.0.0.1:1/callbacks/push'
const BEACON_SECRET = 'a-beacon-secret-of-32-characters'
const DEVICE = 'laptop-of-ann'
const TEXT = 'Your table is ready.'
const HTML = { 'content-type': 'text/html' }

const BEHAVIOURS: Record<ProviderBehaviour, FakeBehaviour<PushMessage>> = {
  accept: { do: 'accept' },
  refuse: { do: 'answer', ...refusal(410, 106, 'No such subscription') },
  busy: { do: 'answer', answer: { status: 429, body: { reason: 'TooManyRequests' } } },
  'busy-for-7s': { do: 'answer', answer: { status: 429, headers: { 'retry-after': '7' } } },
  fails: { do: 'answer', ...refusal(500, 999, 'An unknown error occurred') },
  'cut-before-taking': { do: 'hang-up' },
  'cut-after-taking': { do: 'cut' },
  silent: { do: 'hold' },
  garbage: { do: 'answer', answer: { status: 200, body: '<html>It works!</html>', headers: HTML } },
}

async function openHarness(): Promise<ChannelHarness> {
  const fake = await startPushService()
  const subscription = fake.subscribe()
  const world = channelWorld({ connectionId: 'push', callbackUrl: CALLBACK_URL })
  const config = { subject: 'mailto:push@example.com', ...VAPID, beaconSecret: BEACON_SECRET, baseUrl: fake.url }
  const channel = webPush.create(config, world)
  const unreachable = webPush.create({ ...config, baseUrl: `http://127.0.0.1:${await freePort()}` }, world)

  /** What the service worker of the browser would call, out of the message that it got. */
  const beaconOf = ({ providerRef, outgoing }: Sent): string => {
    const message = fake.messages.find(({ location }) => location === providerRef)
    // Of another installation under the same secret, say.
    if (message === undefined) return beaconQuery(BEACON_SECRET, outgoing.attemptRef, 'delivered')
    return new URL(JSON.parse(message.text).beacons.delivered).search
  }
  const queryOf = (kind: CallbackKind, sent: Sent): string => {
    const { attemptRef } = sent.outgoing
    if (kind === 'forged') return beaconQuery('a-guess-at-the-beacon-secret-it-is', attemptRef, 'delivered')
    if (kind === 'unreadable') return beaconQuery(BEACON_SECRET, 'no attempt of ours', 'delivered')
    if (kind === 'unknown-status') return beaconQuery(BEACON_SECRET, attemptRef, 'levitated')
    return beaconOf(sent)
  }
  const callback = (kind: CallbackKind, sent: Sent): RawRequest => ({
    method: 'POST',
    url: `/callbacks/push${queryOf(kind, sent)}`,
    headers: {},
    body: Buffer.alloc(0),
  })

  return {
    channel,
    abilities: webPush.abilities('Push', config),
    unreachable,
    outgoing: {
      channel: 'Push',
      address: DEVICE,
      user: { channelUserId: DEVICE },
      content: { type: 'text', text: TEXT, content: { text: TEXT, push: { subscription } } },
    },
    behave: (behaviour) => fake.behave(BEHAVIOURS[behaviour]),
    arrived: fake.arrived,
    release: fake.release,
    taken: () => fake.messages.length,
    secrets: [VAPID.privateKey, BEACON_SECRET, DEVICE, TEXT, subscription.endpoint, subscription.keys.auth],
    callback,
    close: async () => {
      fake.release()
      await channel.close?.()
      await unreachable.close?.()
      await fake.close()
    },
  }
}

describeChannel('web-push', openHarness, {
  skip: {
    'a callback of failure brings the provider’s own words': 'a browser that shows nothing calls nobody',
    'a callback whose body was lost or replaced on the way is not believed': 'a beacon is its URL, and has no body',
    'one bad item loses none of the others': 'a beacon tells one status of one attempt',
  },
})
