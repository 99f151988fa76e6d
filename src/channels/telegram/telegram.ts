import { Type } from 'typebox'
import type { SendOutcome } from '../../domain/message.ts'
import type { Outgoing } from '../../engine/ports/channel.ts'
import { createHttpClient } from '../../http/http-client.ts'
import { defineChannel, listOf, Url, type World } from '../define-channel.ts'
import { type BotApi, createBotApi } from './bot-api.ts'
import { chatIdIn, messageIn } from './chat-id.ts'
import { messageCallOf } from './message-call.ts'
import { checkOf, migratedTo, outcomeOfAnswer, revocationOf } from './telegram-outcome.ts'
import { readUpdate } from './update.ts'

/**
 * A Telegram bot. It writes to people who have pressed Start, and hears when they shut it out; what became of a message
 * Telegram never tells. A message can be deleted for two days, even after it was read.
 */
const BASE_URL = 'https://api.telegram.org'

const secretToken = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,256}$',
  expected: '1 to 256 letters, digits, _ and -',
  secret: true,
})

const config = Type.Object({
  botToken: Type.String({
    pattern: '^[A-Za-z0-9:_-]{1,200}$', // it stands in the address of each call
    expected: 'the token as BotFather shows it: digits, a colon and letters',
    secret: true,
    description: 'The bot’s token, from BotFather.',
  }),
  secretToken: Type.Optional(
    Type.Union([secretToken, Type.Array(secretToken, { minItems: 1 })], {
      unset: 'nothing that people write or do is heard',
      description:
        'What `setWebhook` was given as `secret_token`: checks what Telegram posts to us. A list while it is being changed: ' +
        'any is good.',
    }),
  ),
  baseUrl: Type.Optional(
    Url({ default: BASE_URL, description: 'Where the Bot API is: for a server of your own, or a stand-in for tests.' }),
  ),
})

export const telegram = defineChannel({
  id: 'telegram',
  serves: ['Telegram'],
  summary: 'Telegram through a bot.',
  config,
  abilities: (_channel, config) => ({
    reports: ['accepted'],
    address: 'any',
    carries: ['text', 'image', 'video', 'audio', 'file', 'location'],
    takesIdempotencyKey: false,
    revokes: true,
    ...(config.secretToken !== undefined && { hearsReplies: true }),
  }),
  create: (config, world) => {
    const { botToken, baseUrl = BASE_URL } = config
    const api = createBotApi(createHttpClient(), { baseUrl, botToken })
    const secrets = listOf(config.secretToken)
    return {
      send: (outgoing, signal) => send(api, world, outgoing, signal),
      receive: (request) => readUpdate(request, secrets),
      revoke: async ({ providerRef }, signal) => {
        const message = messageIn(providerRef)
        if (message === undefined) return { kind: 'unclear', detail: 'Telegram has not told the id of the message' }
        return revocationOf(await api.call('deleteMessage', message, signal))
      },
      check: async (signal) => checkOf(await api.call('getMe', {}, signal)),
      close: api.close,
    }
  },
})

async function send(api: BotApi, world: World, outgoing: Outgoing, signal: AbortSignal): Promise<SendOutcome> {
  const { address, user, content } = outgoing
  const chatId = chatIdIn(address)
  if (chatId === undefined) {
    const detail = 'the address is no chat id: a bot writes to people who have pressed Start, not to phone numbers'
    return { kind: 'rejected', reason: 'recipient', detail }
  }
  // A sender's own number for a person (`contactId`) looks like a chat id, and would be somebody else's.
  if (user.channelUserId !== address) {
    return { kind: 'rejected', reason: 'recipient', detail: 'the message names no chat in channelUserId' }
  }
  const message = messageCallOf(content)
  if (message === undefined) return { kind: 'rejected', reason: 'content', detail: 'there is nothing to send' }
  const { method, parameters } = message
  const first = await api.call(method, { chat_id: chatId, ...parameters }, signal)
  const movedTo = migratedTo(first)
  const result = movedTo === undefined ? first : await api.call(method, { chat_id: movedTo, ...parameters }, signal)
  return outcomeOfAnswer(result, world.clock.now())
}
