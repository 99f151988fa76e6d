import { infobip } from '../../src/channels/infobip/infobip.ts'
import type { Outgoing, RawRequest } from '../../src/engine/ports/channel.ts'
import {
  apiError,
  deliveryResult,
  INFOBIP_KEY,
  INFOBIP_SECRET,
  infobipToken,
  rejection,
  startInfobip,
} from '../fakes/infobip.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const PERSON = '+6591234567'
const WORDS = {
  refuse: rejection(52, 'REJECTED_DESTINATION'),
  busy: apiError(429, 'E429'),
  fails: apiError(500, 'E500'),
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
  const side = await fakeSide(fake, infobip, { config, world, words: WORDS, strange: { apiKey: 'another-key' } })

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
    ...side,
    abilities: infobip.abilities(channelName, config),
    outgoing: { channel: channelName, address: PERSON, user: { msisdn: PERSON }, ...more },
    secrets: [INFOBIP_KEY, INFOBIP_SECRET, PERSON, PERSON.slice(1)],
    callback,
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
