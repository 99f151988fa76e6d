import { telegram } from '../../src/channels/telegram/telegram.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import type { FakeBehaviour } from '../fakes/fake-provider.ts'
import { freePort } from '../fakes/http-provider.ts'
import { BOT_TOKEN, startTelegram, TELEGRAM_SECRET, type TelegramMessage, telegramError } from '../fakes/telegram.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness, ProviderBehaviour } from './channel-harness.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const CHAT = '987654321'
const BUSY = 'Too Many Requests: retry later'

const BEHAVIOURS: Record<ProviderBehaviour, FakeBehaviour<TelegramMessage>> = {
  accept: { do: 'accept' },
  refuse: { do: 'answer', answer: telegramError(403, 'Forbidden: bot was blocked by the user') },
  busy: { do: 'answer', answer: telegramError(429, BUSY) },
  'busy-for-7s': { do: 'answer', answer: telegramError(429, BUSY, { retry_after: 7 }) },
  fails: { do: 'answer', answer: telegramError(500, 'Internal Server Error') },
  'cut-before-taking': { do: 'hang-up' },
  'cut-after-taking': { do: 'cut' },
  silent: { do: 'hold' },
  garbage: { do: 'answer', answer: { status: 200, body: '<html>It works!</html>' } },
}

async function openHarness(): Promise<ChannelHarness> {
  const fake = await startTelegram()
  const world = channelWorld({ connectionId: 'telegram', clock: new MovableClock(NOW) })
  const config = { botToken: BOT_TOKEN, secretToken: TELEGRAM_SECRET, baseUrl: fake.url }
  const channel = telegram.create(config, world)
  const unreachable = telegram.create({ ...config, baseUrl: `http://127.0.0.1:${await freePort()}` }, world)
  const strange = telegram.create({ ...config, botToken: '110201543:guess-work' }, world)

  const callback = (kind: CallbackKind): RawRequest => {
    const chat = { id: Number(CHAT), type: 'private' }
    const update =
      kind === 'unreadable'
        ? { message: { chat } }
        : kind === 'unknown-status'
          ? { update_id: 1, levitation: { chat } }
          : { update_id: 1, message: { message_id: 7, date: 1_772_366_400, chat, text: 'Thanks!' } }
    return fake.update(update, kind === 'forged' ? 'a guess' : undefined)
  }

  return {
    channel,
    abilities: telegram.abilities('Telegram', config),
    unreachable,
    strange,
    outgoing: { channel: 'Telegram', address: CHAT, user: { channelUserId: CHAT } },
    behave: (behaviour) => fake.behave(BEHAVIOURS[behaviour]),
    arrived: fake.arrived,
    release: fake.release,
    taken: () => fake.messages.length,
    arriveAtPerson: () => {}, // a message can be deleted on the phone too
    secrets: [BOT_TOKEN, 'guess-work', TELEGRAM_SECRET, CHAT],
    callback,
    close: async () => {
      fake.release()
      for (const each of [channel, unreachable, strange]) await each.close?.()
      await fake.close()
    },
  }
}

const NO_RECEIPTS = 'Telegram tells nothing of what became of a message'

describeChannel('telegram', openHarness, {
  skip: {
    'a callback says what became of the message that was sent': NO_RECEIPTS,
    'a callback of failure brings the provider’s own words': NO_RECEIPTS,
    'one bad item loses none of the others': 'Telegram posts one update in a callback',
  },
})
