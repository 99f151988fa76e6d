import { rcs } from '../../src/channels/rcs/rcs.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { keyFileOf, RCS_AGENT, RCS_CLIENT_TOKEN, rcsError, startRcs } from '../fakes/rcs.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const PERSON = '+6591234567'

const WORDS = {
  refuse: rcsError(404, 'NOT_FOUND'),
  busy: rcsError(429, 'RESOURCE_EXHAUSTED'),
  fails: rcsError(500, 'INTERNAL'),
}

const EVENT_TYPES: Partial<Record<CallbackKind, string>> = { 'unknown-status': 'LEVITATED' }

async function openHarness(): Promise<ChannelHarness> {
  const clock = new MovableClock(NOW)
  const fake = await startRcs({ now: () => clock.now() })
  const world = channelWorld({ connectionId: 'rcs', clock })
  const config = {
    agentId: RCS_AGENT,
    serviceAccount: fake.keyFile,
    clientToken: RCS_CLIENT_TOKEN,
    baseUrl: fake.url,
    tokenUrl: fake.tokenUrl,
  }
  const side = await fakeSide(fake, rcs, {
    config,
    world,
    words: WORDS,
    nowhere: (url) => ({ baseUrl: url, tokenUrl: `${url}/token` }),
    strange: { serviceAccount: keyFileOf({ strange: true }) },
  })

  const keyLine: string = JSON.parse(fake.keyFile).private_key.split('\n')[1]

  const callback = (kind: CallbackKind, { outgoing, providerRef }: Sent): RawRequest => {
    const event = {
      senderPhoneNumber: outgoing.address,
      eventType: EVENT_TYPES[kind] ?? 'DELIVERED',
      eventId: 'event-1',
      messageId: providerRef,
      agentId: RCS_AGENT,
    }
    return fake.event(kind === 'unreadable' ? 'DELIVERED' : event, kind === 'forged' ? 'a guess' : undefined)
  }

  return {
    ...side,
    abilities: rcs.abilities('RCS', config),
    outgoing: { channel: 'RCS', address: PERSON, user: { msisdn: PERSON } },
    arriveAtPerson: ({ providerRef = '' }) => fake.deliver(providerRef),
    secrets: [RCS_CLIENT_TOKEN, PERSON, 'ya29.', keyLine],
    callback,
  }
}

describeChannel('rcs', openHarness, {
  skip: {
    'a callback of failure brings the provider’s own words':
      'Google reports no failure of what it took, only that its time ran out',
    'one bad item loses none of the others': 'Google reports one event in a callback',
  },
})
