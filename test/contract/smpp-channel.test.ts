import { smpp } from '../../src/channels/smpp/smpp.ts'
import type { CallbackResult, Told } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { freePort } from '../fakes/http-provider.ts'
import { LOGIN, type SmscBehaviour, startSmsc } from '../fakes/smsc.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour, Sent } from './channel-harness.ts'

const PERSON = '+6591234567'

const BEHAVIOURS: Record<ProviderBehaviour, SmscBehaviour> = {
  accept: { do: 'accept' },
  refuse: { do: 'refuse', status: 0x0b },
  busy: { do: 'refuse', status: 0x58 },
  'busy-for-7s': { do: 'refuse', status: 0x58 },
  fails: { do: 'refuse', status: 0x08 },
  'cut-before-taking': { do: 'cut', when: 'before' },
  'cut-after-taking': { do: 'cut', when: 'after' },
  silent: { do: 'hold' },
  garbage: { do: 'write', bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') },
}

async function openHarness(): Promise<ChannelHarness> {
  const fake = await startSmsc()
  const world = channelWorld({ connectionId: 'sms', clock: new MovableClock(Date.parse('2026-03-01T12:00:00Z')) })
  const config = { host: '127.0.0.1', port: fake.port, ...LOGIN, from: '+15551234567' }
  const channel = smpp.create(config, world)
  const unreachable = smpp.create({ ...config, port: await freePort() }, world)
  channel.start?.()

  const stats: Partial<Record<CallbackKind, string[]>> = {
    delivered: ['DELIVRD'],
    failed: ['UNDELIV'],
    'unknown-status': ['LEVITAT'],
    'one-bad-item': ['DELIVRD', '?', 'UNDELIV'],
  }
  const tell = async (kind: CallbackKind, { providerRef = '' }: Sent): Promise<CallbackResult> => {
    const before = world.told.length
    await Promise.all((stats[kind] ?? []).map((stat) => fake.receipt(providerRef, stat)))
    return { kind: 'receipts', ...together(world.told.slice(before)) }
  }

  return {
    channel,
    abilities: smpp.abilities('SMS', config),
    unreachable,
    strange: smpp.create({ ...config, password: 'a-guess' }, world),
    outgoing: { address: PERSON, user: { msisdn: PERSON } },
    behave: (behaviour) => fake.behave(BEHAVIOURS[behaviour]),
    arrived: fake.arrived,
    release: fake.release,
    taken: () => fake.messages.length,
    secrets: [LOGIN.password, 'a-guess', PERSON, PERSON.slice(1)],
    tell,
    arriveAtPerson: () => {
      for (const message of fake.messages) message.isDelivered = true
    },
    close: async () => {
      fake.release()
      await channel.close?.()
      await unreachable.close?.()
      await fake.close()
    },
  }
}

function together(told: readonly Told[]): Told {
  return {
    receipts: told.flatMap(({ receipts }) => receipts),
    ignored: told.reduce((sum, { ignored }) => sum + ignored, 0),
  }
}

const SESSION = 'nobody but the SMSC that we bound to speaks in a session, and TLS proves who that is'

describeChannel('smpp', openHarness, {
  skip: {
    'a busy provider that names its seconds is given them': 'SMPP has a word for too much, and none for how long',
    'a forged callback is refused': SESSION,
    'a callback whose body was lost or replaced on the way is not believed': SESSION,
    'a callback that we cannot read is unreadable':
      'a deliver_sm that cannot be read is refused by its deliver_sm_resp, which smpp.test.ts looks at',
  },
})
