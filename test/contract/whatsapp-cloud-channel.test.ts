import { whatsAppCloud } from '../../src/channels/whatsapp-cloud/whatsapp-cloud.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import type { FakeBehaviour } from '../fakes/fake-provider.ts'
import { freePort } from '../fakes/http-provider.ts'
import {
  errorItem,
  metaAnswer,
  signedWebhook,
  startWhatsApp,
  statusItem,
  WHATSAPP_APP_SECRET,
  WHATSAPP_NUMBER_ID,
  WHATSAPP_TOKEN,
  WHATSAPP_VERIFY_TOKEN,
  type WhatsAppMessage,
  webhookBody,
} from '../fakes/whatsapp-cloud.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour, Sent } from './channel-harness.ts'

const PERSON = '+6591234567'
const STRANGE_TOKEN = 'EAAGof-somebody-else'

const busy = metaAnswer(429, 130429, '(#130429) Rate limit hit')
const BEHAVIOURS: Record<ProviderBehaviour, FakeBehaviour<WhatsAppMessage>> = {
  accept: { do: 'accept' },
  refuse: { do: 'answer', answer: metaAnswer(400, 131026, `(#131026) Message undeliverable to ${PERSON}`) },
  busy: { do: 'answer', answer: busy },
  'busy-for-7s': { do: 'answer', answer: { ...busy, headers: { 'retry-after': '7' } } },
  fails: { do: 'answer', answer: metaAnswer(500, 131000, '(#131000) Something went wrong') },
  'cut-before-taking': { do: 'hang-up' },
  'cut-after-taking': { do: 'cut' },
  silent: { do: 'hold' },
  garbage: { do: 'answer', answer: { status: 200, body: '<html>It works!</html>' } },
}

function bodyOf(kind: CallbackKind, { outgoing, providerRef = '' }: Sent): unknown {
  const ours = { biz_opaque_callback_data: outgoing.attemptRef }
  const delivered = statusItem(providerRef, 'delivered', ours)
  switch (kind) {
    case 'delivered':
    case 'forged':
      return webhookBody({ statuses: [delivered] })
    case 'failed':
      // Found by Meta's id alone, as for a message that went out before there was an echo.
      return webhookBody({ statuses: [statusItem(providerRef, 'failed', { errors: [errorItem(131026)] })] })
    case 'unreadable':
      return { object: 'page', entry: [] }
    case 'unknown-status':
      return webhookBody({ statuses: [statusItem(providerRef, 'levitated', ours)] })
    case 'one-bad-item':
      return webhookBody({ statuses: [delivered, null, statusItem(providerRef, 'read', ours)] })
  }
}

async function openHarness(): Promise<ChannelHarness> {
  const fake = await startWhatsApp()
  const world = channelWorld({ connectionId: 'whatsapp' })
  const config = {
    phoneNumberId: WHATSAPP_NUMBER_ID,
    accessToken: WHATSAPP_TOKEN,
    appSecret: WHATSAPP_APP_SECRET,
    verifyToken: WHATSAPP_VERIFY_TOKEN,
    baseUrl: fake.url,
  }
  const channel = whatsAppCloud.create(config, world)
  const unreachable = whatsAppCloud.create({ ...config, baseUrl: `http://127.0.0.1:${await freePort()}` }, world)

  const callback = (kind: CallbackKind, sent: Sent): RawRequest => {
    const signed = signedWebhook(bodyOf(kind, sent), kind === 'forged' ? 'a guess' : WHATSAPP_APP_SECRET)
    return { method: 'POST', url: '/callbacks/whatsapp', ...signed }
  }
  return {
    channel,
    abilities: whatsAppCloud.abilities('WhatsApp', config),
    unreachable,
    strange: whatsAppCloud.create({ ...config, accessToken: STRANGE_TOKEN }, world),
    outgoing: { channel: 'WhatsApp', address: PERSON, user: { msisdn: PERSON } },
    behave: (behaviour) => fake.behave(BEHAVIOURS[behaviour]),
    arrived: fake.arrived,
    release: fake.release,
    taken: () => fake.messages.length,
    secrets: [WHATSAPP_TOKEN, STRANGE_TOKEN, WHATSAPP_APP_SECRET, WHATSAPP_VERIFY_TOKEN, PERSON],
    callback,
    close: async () => {
      fake.release()
      await channel.close?.()
      await unreachable.close?.()
      await fake.close()
    },
  }
}

describeChannel('whatsapp-cloud', openHarness)
