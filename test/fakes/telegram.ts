import type { RawRequest } from '../../src/engine/ports/channel.ts'
import { type Answer, type FakeProvider, type Incoming, startFakeProvider, type Verdict } from './fake-provider.ts'

export const BOT_TOKEN = '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw'
export const TELEGRAM_SECRET = 'secret_of-the-webhook'

export type TelegramMessage = { chatId: number; messageId: number; method: string; parameters: Record<string, unknown> }

export type TelegramOptions = {
  /** People who have blocked the bot. */
  blockedBy?: readonly number[]
  /** Groups that have become supergroups: old id to new. */
  moved?: Readonly<Record<number, number>>
  /** Messages of these chats are too old to be deleted. */
  old?: readonly number[]
}

export type TelegramFake = FakeProvider<TelegramMessage> & {
  /** As Telegram posts an update to the webhook. */
  update(update: unknown, secret?: string): RawRequest
}

/** What each method needs beside the chat: a name, and how long a text may be or what else it has to look like. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  sendMessage: ['text'],
  sendPhoto: ['photo'],
  sendVideo: ['video'],
  sendAudio: ['audio'],
  sendDocument: ['document'],
  sendLocation: ['latitude', 'longitude'],
  sendVenue: ['latitude', 'longitude', 'title', 'address'],
}

/** The Bot API on a free port of this machine: checks token, chat and every parameter, and answers in Telegram's form. */
export async function startTelegram(options: TelegramOptions = {}): Promise<TelegramFake> {
  let nextId = 1000

  const judge = (request: Incoming): Verdict<TelegramMessage> => {
    const [, token = '', method = ''] = /\/bot([^/]+)\/(\w+)$/.exec(request.path) ?? []
    if (token === '') return refusal(404, 'Not Found')
    if (token !== BOT_TOKEN) return refusal(401, 'Unauthorized')
    if (
      request.method !== 'POST' ||
      request.headers['content-type'] !== 'application/json' ||
      !isObject(request.json)
    ) {
      return refusal(400, 'Bad Request: object expected')
    }
    if (method === 'getMe') {
      const bot = { id: 110201543, is_bot: true, first_name: 'Shop', username: 'my_shop_bot' }
      return { answer: success(bot) }
    }
    if (method === 'deleteMessage') return { answer: remove(request.json) }
    return NEEDS[method] === undefined ? refusal(404, 'Not Found') : take(method, NEEDS[method], request.json)
  }

  const take = (method: string, needs: readonly string[], json: Record<string, unknown>): Verdict<TelegramMessage> => {
    const { chat_id: chatId, ...parameters } = json
    if (typeof chatId === 'string' && chatId.startsWith('@')) return accept(method, -1001234567890, parameters)
    if (typeof chatId !== 'number') return refusal(400, 'Bad Request: chat_id is empty')
    const movedTo = options.moved?.[chatId]
    if (movedTo !== undefined) {
      return refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: movedTo })
    }
    if (options.blockedBy?.includes(chatId)) return refusal(403, 'Forbidden: bot was blocked by the user')
    for (const need of needs) {
      const value = parameters[need]
      if (value === undefined || value === '')
        return refusal(400, `Bad Request: ${need === 'text' ? 'message text' : need} is empty`)
      const isNumber = need === 'latitude' || need === 'longitude'
      if (typeof value !== (isNumber ? 'number' : 'string')) return refusal(400, `Bad Request: ${need} is wrong`)
    }
    if (lengthOf(parameters.text) > 4096) return refusal(400, 'Bad Request: message is too long')
    if (lengthOf(parameters.caption) > 1024) return refusal(400, 'Bad Request: message caption is too long')
    return accept(method, chatId, parameters)
  }

  const accept = (method: string, chatId: number, parameters: Record<string, unknown>): Verdict<TelegramMessage> => {
    const messageId = nextId++
    const result = { message_id: messageId, date: 1_772_366_400, chat: { id: chatId, type: 'private' } }
    return { answer: success(result), message: { chatId, messageId, method, parameters } }
  }

  const remove = ({ chat_id: chatId, message_id: messageId }: Record<string, unknown>): Answer => {
    const index = provider.messages.findIndex((each) => each.chatId === chatId && each.messageId === messageId)
    if (index < 0) return telegramError(400, 'Bad Request: message to delete not found')
    if (options.old?.includes(Number(chatId))) return telegramError(400, "Bad Request: message can't be deleted")
    provider.messages.splice(index, 1)
    return success(true)
  }

  const provider = await startFakeProvider(judge)
  return { ...provider, update: telegramUpdate }
}

export function telegramUpdate(update: unknown, secret = TELEGRAM_SECRET): RawRequest {
  return {
    method: 'POST',
    url: '/callbacks/telegram',
    headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
    body: Buffer.from(typeof update === 'string' ? update : JSON.stringify(update)),
  }
}

/** Telegram answers its own mistakes so. */
export function telegramError(status: number, description: string, parameters?: object): Answer {
  return { status, body: { ok: false, error_code: status, description, ...(parameters && { parameters }) } }
}

function refusal(status: number, description: string, parameters?: object): Verdict<TelegramMessage> {
  return { answer: telegramError(status, description, parameters) }
}

function success(result: unknown): Answer {
  return { status: 200, body: { ok: true, result } }
}

function lengthOf(text: unknown): number {
  return typeof text === 'string' ? text.length : 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
