/**
 * Where Telegram finds a chat: a number (negative for groups), or the name of a public channel. A person has a number only
 * once they have pressed Start at the bot; a phone number leads nowhere.
 */
export type ChatId = number | string

export function chatIdIn(address: string): ChatId | undefined {
  if (/^@[A-Za-z][A-Za-z0-9_]{3,31}$/.test(address)) return address
  if (!/^-?[1-9]\d{0,15}$/.test(address)) return undefined
  const id = Number(address)
  return Number.isSafeInteger(id) ? id : undefined
}

/** Message ids count from 1 in each chat, so the chat belongs to a name for one. */
export function messageRef(chatId: number, messageId: number): string {
  return `${chatId}:${messageId}`
}

export function messageIn(ref: string | undefined): { chat_id: number; message_id: number } | undefined {
  const [, chat = '', message = ''] = /^(-?\d{1,16}):(\d{1,16})$/.exec(ref ?? '') ?? []
  return chat === '' ? undefined : { chat_id: Number(chat), message_id: Number(message) }
}
