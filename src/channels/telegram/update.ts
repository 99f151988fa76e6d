import type { CallbackResult, Heard, RawRequest } from '../../engine/ports/channel.ts'
import { type Fields, fieldsOf, lookUp, parseJson, textIn, timeIn } from '../../json/loose-json.ts'
import { isOneOf } from '../../signing/same-text.ts'
import { heardText } from '../replies.ts'
import { messageRef } from './chat-id.ts'

/**
 * What Telegram tells a bot, one update to a call. Telegram signs nothing: it repeats the secret that was given to
 * `setWebhook`. Of messages it tells nothing, only of people: what they write, and when they shut the bot out.
 * https://core.telegram.org/bots/api#update
 */
const CHANNEL = 'Telegram'

export function readUpdate(request: RawRequest, secrets: readonly string[]): CallbackResult {
  if (secrets.length === 0) return refused('this connection takes no callbacks: it has no secretToken')
  const secret = request.headers['x-telegram-bot-api-secret-token']
  if (!secret) return refused('it has no secret: was setWebhook given secret_token?')
  if (!isOneOf(secret, secrets)) return refused('its secret is not the one in secretToken')
  const update = fieldsOf(parseJson(request.body))
  if (update === undefined || typeof update.update_id !== 'number') {
    return { kind: 'unreadable', detail: 'the body is no update of Telegram’s' }
  }
  const heard = heardIn(update)
  if (heard.length === 0) return { kind: 'receipts', receipts: [], ignored: 1 }
  return { kind: 'receipts', receipts: [], heard, ignored: 0 }
}

/** Nothing for an update of another kind, and for one that makes no sense. */
function heardIn(update: Fields): Heard[] {
  const message = fieldsOf(update.message)
  if (message !== undefined) return heardMessage(message)
  const membership = fieldsOf(update.my_chat_member)
  return membership === undefined ? [] : heardMembership(membership)
}

/** `left` is a group that the bot is no longer in; a person who has blocked it has `kicked` it. */
const MEMBERSHIPS: Readonly<Record<string, 'in' | 'out'>> = {
  kicked: 'out',
  left: 'out',
  member: 'in',
  administrator: 'in',
}

function heardMembership(membership: Fields): Heard[] {
  const address = chatIn(membership)
  const status = fieldsOf(membership.new_chat_member)?.status
  const standing = lookUp(MEMBERSHIPS, status)
  if (address === undefined || standing === undefined) return []
  if (standing === 'in') return [{ kind: 'lift', channel: CHANNEL, address: String(address) }]
  return [{ kind: 'suppress', channel: CHANNEL, address: String(address), reason: 'blocked' }]
}

/** What people send; other messages are Telegram's own word that something was pinned, renamed and the like. */
const WRITTEN = [
  'text',
  'caption',
  'photo',
  'video',
  'video_note',
  'animation',
  'voice',
  'audio',
  'document',
  'sticker',
  'location',
  'contact',
]

/** Only where one person talks with the bot: in a group, one must not speak for all. */
function heardMessage(message: Fields): Heard[] {
  const chatId = chatIn(message)
  const { message_id: messageId } = message
  const isPrivate = fieldsOf(message.chat)?.type === 'private'
  if (!isPrivate || chatId === undefined || typeof messageId !== 'number' || !Number.isSafeInteger(messageId)) return []
  if (!WRITTEN.some((kind) => message[kind] !== undefined)) return []
  const text = textIn(message.text) ?? textIn(message.caption)
  const at = timeIn(message.date)
  const address = String(chatId)
  const reply = { channel: CHANNEL, address, id: messageRef(chatId, messageId), ...(at !== undefined && { at }) }
  // The button Start sends `/start`, with what stood in the link; it stays in the reply, for it may tell who this is.
  const command = /^\/(start|stop)(?:@\w+)?(?:\s|$)/i.exec(text ?? '')?.[1]
  const meant = command ?? text
  const heard = heardText({ ...reply, ...(meant !== undefined && { text: meant }) })
  return heard.map((each) => (each.kind === 'reply' && text !== undefined ? { ...each, text } : each))
}

function chatIn({ chat }: Fields): number | undefined {
  const id = fieldsOf(chat)?.id
  return typeof id === 'number' && Number.isSafeInteger(id) && id !== 0 ? id : undefined
}

function refused(detail: string): CallbackResult {
  return { kind: 'refused', detail }
}
