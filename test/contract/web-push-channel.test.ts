import { webPush } from '../../src/channels/web-push/web-push.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { beaconQuery, refusal, startPushService, VAPID } from '../fakes/web-push.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const CALLBACK_URL = 'http://127.0.0.1:1/callbacks/push'
const BEACON_SECRET = 'a-beacon-secret-of-32-characters'
const DEVICE = 'laptop-of-ann'
const TEXT = 'Your table is ready.'

const WORDS = {
  refuse: refusal(410, 106, 'No such subscription').answer,
  busy: { status: 429, body: { reason: 'TooManyRequests' } },
  fails: refusal(500, 999, 'An unknown error occurred').answer,
}

async function openHarness(): Promise<ChannelHarness> {
  const fake = await startPushService()
  const subscription = fake.subscribe()
  const world = channelWorld({ connectionId: 'push', callbackUrl: CALLBACK_URL })
  const config = { subject: 'mailto:push@example.com', ...VAPID, beaconSecret: BEACON_SECRET, baseUrl: fake.url }
  const side = await fakeSide(fake, webPush, { config, world, words: WORDS })

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
    ...side,
    abilities: webPush.abilities('Push', config),
    outgoing: {
      channel: 'Push',
      address: DEVICE,
      user: { channelUserId: DEVICE },
      content: { type: 'text', text: TEXT, content: { text: TEXT, push: { subscription } } },
    },
    secrets: [VAPID.privateKey, BEACON_SECRET, DEVICE, TEXT, subscription.endpoint, subscription.keys.auth],
    callback,
  }
}

describeChannel('web-push', openHarness, {
  skip: {
    'a callback of failure brings the provider’s own words': 'a browser that shows nothing calls nobody',
    'a callback whose body was lost or replaced on the way is not believed': 'a beacon is its URL, and has no body',
    'one bad item loses none of the others': 'a beacon tells one status of one attempt',
  },
})
