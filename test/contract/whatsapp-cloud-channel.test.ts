import { whatsAppCloud } from '../../src/channels/whatsapp-cloud/whatsapp-cloud.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
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
  webhookBody,
} from '../fakes/whatsapp-cloud.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, Sent } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const PERSON = '+6591234567'
const STRANGE_TOKEN = 'EAAGof-somebody-else'

const WORDS = {
  refuse: metaAnswer(400, 131026, `(#131026) Message undeliverable to ${PERSON}`),
  busy: metaAnswer(429, 130429, '(#130429) Rate limit hit'),
  fails: metaAnswer(500, 131000, '(#131000) Something went wrong'),
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
  const side = await fakeSide(fake, whatsAppCloud, {
    config,
    world,
    words: WORDS,
    strange: { accessToken: STRANGE_TOKEN },
  })

  const callback = (kind: CallbackKind, sent: Sent): RawRequest => {
    const signed = signedWebhook(bodyOf(kind, sent), kind === 'forged' ? 'a guess' : WHATSAPP_APP_SECRET)
    return { method: 'POST', url: '/callbacks/whatsapp', ...signed }
  }
  return {
    ...side,
    abilities: whatsAppCloud.abilities('WhatsApp', config),
    outgoing: { channel: 'WhatsApp', address: PERSON, user: { msisdn: PERSON } },
    secrets: [WHATSAPP_TOKEN, STRANGE_TOKEN, WHATSAPP_APP_SECRET, WHATSAPP_VERIFY_TOKEN, PERSON],
    callback,
  }
}

describeChannel('whatsapp-cloud', openHarness)
