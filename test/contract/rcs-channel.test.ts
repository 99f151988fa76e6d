import { rcs } from '../../src/channels/rcs/rcs.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import type { FakeBehaviour } from '../fakes/fake-provider.ts'
import { freePort } from '../fakes/http-provider.ts'
import { keyFileOf, RCS_AGENT, RCS_CLIENT_TOKEN, type RcsMessage, rcsError, startRcs } from '../fakes/rcs.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour, Sent } from './channel-harness.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const PERSON = '+6591234567'

const BEHAVIOURS: Record<ProviderBehaviour, FakeBehaviour<RcsMessage>> = {
  accept: { do: 'accept' },
  refuse: { do: 'answer', answer: rcsError(404, 'NOT_FOUND') },
  busy: { do: 'answer', answer: rcsError(429, 'RESOURCE_EXHAUSTED') },
  'busy-for-7s': { do: 'answer', answer: { ...rcsError(429, 'RESOURCE_EXHAUSTED'), headers: { 'retry-after': '7' } } },
  fails: { do: 'answer', answer: rcsError(500, 'INTERNAL') },
  'cut-before-taking': { do: 'hang-up' },
  'cut-after-taking': { do: 'cut' },
  silent: { do: 'hold' },
  garbage: { do: 'answer', answer: { status: 200, body: '<html>It works!</html>' } },
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
  const nowhere = `http://127.0.0.1:${await freePort()}`
  const channel = rcs.create(config, world)
  const unreachable = rcs.create({ ...config, baseUrl: nowhere, tokenUrl: `${nowhere}/token` }, world)
  const strange = rcs.create({ ...config, serviceAccount: keyFileOf({ strange: true }) }, world)

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
    channel,
    abilities: rcs.abilities('RCS', config),
    unreachable,
    strange,
    outgoing: { channel: 'RCS', address: PERSON, user: { msisdn: PERSON } },
    behave: (behaviour) => fake.behave(BEHAVIOURS[behaviour]),
    arrived: fake.arrived,
    release: fake.release,
    taken: () => fake.messages.length,
    arriveAtPerson: ({ providerRef = '' }) => fake.deliver(providerRef),
    secrets: [RCS_CLIENT_TOKEN, PERSON, 'ya29.', keyLine],
    callback,
    close: async () => {
      fake.release()
      for (const each of [channel, unreachable, strange]) await each.close?.()
      await fake.close()
    },
  }
}

describeChannel('rcs', openHarness, {
  skip: {
    'a callback of failure brings the provider’s own words':
      'Google reports no failure of what it took, only that its time ran out',
    'one bad item loses none of the others': 'Google reports one event in a callback',
  },
})
