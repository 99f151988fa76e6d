import type { Static, TSchema } from 'typebox'
import type { ChannelDefinition, World } from '../../src/channels/define-channel.ts'
import type { Answer, FakeBehaviour, FakeProvider } from '../fakes/fake-provider.ts'
import { freePort } from '../fakes/http-provider.ts'
import type { ChannelHarness, ProviderBehaviour } from './channel-harness.ts'

/** What a provider says, in its own words, when it does not take a message. */
export type Words = {
  refuse: Answer
  busy: Answer
  /** `busy` with `Retry-After`, unless told otherwise. */
  busyFor7s?: Answer
  fails: Answer
}

export function behavioursOf<Message>(words: Words): Record<ProviderBehaviour, FakeBehaviour<Message>> {
  const { refuse, busy, fails } = words
  const busyFor7s = words.busyFor7s ?? { ...busy, headers: { ...busy.headers, 'retry-after': '7' } }
  const garbage = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>It works!</html>' }
  return {
    accept: { do: 'accept' },
    refuse: { do: 'answer', answer: refuse },
    busy: { do: 'answer', answer: busy },
    'busy-for-7s': { do: 'answer', answer: busyFor7s },
    fails: { do: 'answer', answer: fails },
    'cut-before-taking': { do: 'hang-up' },
    'cut-after-taking': { do: 'cut' },
    silent: { do: 'hold' },
    garbage: { do: 'answer', answer: garbage },
  }
}

type Setting<Config> = {
  config: Config
  world: World
  words: Words
  /** What is changed in the settings for a provider that does not listen, by the address of nobody. */
  nowhere?(url: string): object
  /** What is changed in the settings for a login that is not taken. */
  strange?: object
}

/** The part of a harness that is alike for everybody: the channel, its siblings, and a fake that misbehaves on request. */
export async function fakeSide<Config extends TSchema, Message>(
  fake: Pick<FakeProvider<Message>, 'behave' | 'arrived' | 'release' | 'messages' | 'close'>,
  definition: ChannelDefinition<Config>,
  { config, world, words, nowhere = (baseUrl) => ({ baseUrl }), strange }: Setting<Static<Config>>,
): Promise<Omit<ChannelHarness, 'abilities' | 'outgoing' | 'secrets' | 'callback'>> {
  const create = (change: object) => definition.create(Object.assign({}, config, change), world)
  const channel = create({})
  const unreachable = create(nowhere(`http://127.0.0.1:${await freePort()}`))
  const stranger = strange && create(strange)
  const behaviours = behavioursOf<Message>(words)
  return {
    channel,
    unreachable,
    ...(stranger !== undefined && { strange: stranger }),
    behave: (behaviour) => fake.behave(behaviours[behaviour]),
    arrived: fake.arrived,
    release: fake.release,
    taken: () => fake.messages.length,
    close: async () => {
      fake.release()
      for (const each of [channel, unreachable, stranger]) await each?.close?.()
      await fake.close()
    },
  }
}
