import { telegram } from '../../src/channels/telegram/telegram.ts'
import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { MovableClock } from '../../src/system/movable-clock.ts'
import { BOT_TOKEN, startTelegram, TELEGRAM_SECRET, telegramError } from '../fakes/telegram.ts'
import { channelWorld } from '../support/channel-world.ts'
import { describeChannel } from './channel-contract.ts'
import type { CallbackKind, ChannelHarness } from './channel-harness.ts'
import { fakeSide } from './fake-side.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const CHAT = '987654321'
const BUSY = 'Too Many Requests: retry later'

const WORDS = {
  refuse: telegramError(403, 'Forbidden: bot was blocked by the user'),
  busy: telegramError(429, BUSY),
  busyFor7s: telegramError(429, BUSY, { retry_after: 7 }),
  fails: telegramError(500, 'Internal Server Error'),
}

async function openHarness(): Promise<ChannelHarness> {
  const fake = await startTelegram()
  const world = channelWorld({ connectionId: 'telegram', clock: new MovableClock(NOW) })
  const config = { botToken: BOT_TOKEN, secretToken: TELEGRAM_SECRET, baseUrl: fake.url }
  const side = await fakeSide(fake, telegram, {
    config,
    world,
    words: WORDS,
    strange: { botToken: '110201543:guess-work' },
  })

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
    ...side,
    abilities: telegram.abilities('Telegram', config),
    outgoing: { channel: 'Telegram', address: CHAT, user: { channelUserId: CHAT } },
    arriveAtPerson: () => {}, // a message can be deleted on the phone too
    secrets: [BOT_TOKEN, 'guess-work', TELEGRAM_SECRET, CHAT],
    callback,
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
