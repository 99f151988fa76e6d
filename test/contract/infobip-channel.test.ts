import { infobip } from '../../src/channels/infobip/infobip.ts'
import type { Outgoing, RawRequest } from '../../src/engine/ports/channel.ts'
import type { FakeBehaviour } from '../fakes/fake-provider.ts'
import { freePort } from '../fakes/http-provider.ts'
import {
  apiError,
  deliveryResult,
  INFOBIP_KEY,
  INFOBIP_SECRET,
  type InfobipMessage,
  infobipToken,
  rejection,
  startInfobip,
} from '../fakes/infobip.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour, Sent } from './channel-harness.ts'

const PERSON = '+6591234567'
const BEHAVIOURS: Record<ProviderBehaviour, FakeBehaviour<InfobipMessage>> = {
  accept: { do: 'accept' },
  refuse: { do: 'answer', answer: rejection(52, 'REJECTED_DESTINATION') },
  busy: { do: 'answer', answer: apiError(429, 'E429') },
  'busy-for-7s': { do: 'answer', answer: { ...apiError(429, 'E429'), headers: { 'retry-after': '7' } } },
  fails: { do: 'answer', answer: apiError(500, 'E500') },
  'cut-before-taking': { do: 'hang-up' },
  'cut-after-taking': { do: 'cut' },
  silent: { do: 'hold' },
  garbage: { do: 'answer', answer: { status: 200, body: '<html>It works!</html>' } },
}
const WIRE: Readonly<Record<string, string>> = { SMS: 'SMS', WhatsApp: 'WHATSAPP', Viber: 'VIBER_BM', RCS: 'RCS' }
const DELIVERED = { groupId: 3, id: 5, name: 'DELIVERED_TO_HANDSET' }

const openHarness = (channelName: string, more: Partial<Outgoing>) => async (): Promise<ChannelHarness> => {
  const fake = await startInfobip()
  const world = channelWorld()
  const config = {
    baseUrl: fake.url,
    apiKey: INFOBIP_KEY,
    senders: { SMS: 'Example', WhatsApp: '447491163862', Viber: 'ExampleViber', RCS: 'ExampleAgent' },
    callbackSecret: INFOBIP_SECRET,
  }
  const channel = infobip.create(config, world)
  const unreachable = infobip.create({ ...config, baseUrl: `http://127.0.0.1:${await freePort()}` }, world)
  const strange = infobip.create({ ...config, apiKey: 'another-key' }, world)

  const callback = (kind: CallbackKind, { outgoing, providerRef = '' }: Sent): RawRequest => {
    // A failure is found by the message's id alone.
    const echo = kind === 'failed' ? {} : { callbackData: outgoing.attemptRef }
    const message = { channel: WIRE[outgoing.channel] ?? '', to: PERSON.slice(1), messageId: providerRef, ...echo }
    const good = deliveryResult(message, DELIVERED)
    const results: Record<CallbackKind, unknown> = {
      delivered: [good],
      forged: [good],
      failed: [deliveryResult(message, { groupId: 2, id: 9, name: 'UNDELIVERABLE_NOT_DELIVERED' }, 27)],
      'unknown-status': [deliveryResult(message, { groupId: 9, id: 999, name: 'LEVITATED' })],
      'one-bad-item': [good, 'nonsense', good],
      unreadable: 'nonsense',
    }
    const token = infobipToken(world.connectionId, kind === 'forged' ? 'a guess' : INFOBIP_SECRET)
    const body = Buffer.from(JSON.stringify({ results: results[kind] }))
    return { method: 'POST', url: `/callbacks/connection?token=${token}`, headers: {}, body }
  }

  return {
    channel,
    abilities: infobip.abilities(channelName, config),
    unreachable,
    strange,
    outgoing: { channel: channelName, address: PERSON, user: { msisdn: PERSON }, ...more },
    behave: (behaviour) => fake.behave(BEHAVIOURS[behaviour]),
    arrived: fake.arrived,
    release: fake.release,
    taken: () => fake.messages.length,
    secrets: [INFOBIP_KEY, INFOBIP_SECRET, PERSON, PERSON.slice(1)],
    callback,
    close: async () => {
      fake.release()
      for (const each of [channel, unreachable, strange]) await each.close?.()
      await fake.close()
    },
  }
}

const template = {
  name: 'reminder',
  language: 'en',
  components: [{ type: 'body', parameters: [{ type: 'text', text: 'Ann' }] }],
}

describeChannel('infobip SMS', openHarness('SMS', {}))
describeChannel('infobip Viber', openHarness('Viber', {}))
describeChannel('infobip WhatsApp', openHarness('WhatsApp', { content: { type: 'template', content: { template } } }))
