import type { RejectReason } from '../../domain/message.ts'
import type { SuppressionReason } from '../../domain/suppression.ts'

/**
 * What Telegram's refusals mean. It has a number for the kind (400, 403) and tells the rest in a sentence only, so that is
 * looked at, in lower case and for a part of it; `telegram-bot-api` (tdlib/telegram-bot-api, Client.cpp) is where they are made.
 * What is not here means no more than its number.
 */
export type Meaning = { reason: RejectReason; words: string; suppress?: SuppressionReason }

const MEANINGS: readonly (Meaning & { said: string })[] = [
  { said: 'blocked by the user', reason: 'recipient', words: 'the person has blocked the bot', suppress: 'blocked' },
  { said: 'user_is_blocked', reason: 'recipient', words: 'the person has blocked the bot', suppress: 'blocked' },
  { said: 'bot was kicked', reason: 'recipient', words: 'the bot was thrown out of the chat', suppress: 'blocked' },
  { said: 'is not a member', reason: 'recipient', words: 'the bot is not in the chat', suppress: 'blocked' },
  { said: 'user is deactivated', reason: 'recipient', words: 'the account is gone', suppress: 'bad-address' },
  { said: 'chat was deactivated', reason: 'recipient', words: 'the group is gone', suppress: 'bad-address' },
  { said: 'chat was deleted', reason: 'recipient', words: 'the group is gone', suppress: 'bad-address' },
  // Not suppressed: the person may press Start at any time, and without a webhook nobody would tell us.
  { said: 'initiate conversation', reason: 'recipient', words: 'the person has not pressed Start' },
  { said: 'send messages to bots', reason: 'recipient', words: 'the address is a bot' },
  { said: 'user_is_bot', reason: 'recipient', words: 'the address is a bot' },
  { said: 'chat not found', reason: 'recipient', words: 'there is no such chat, or the person has not pressed Start' },
  { said: 'user not found', reason: 'recipient', words: 'there is no such person' },
  { said: 'peer_id_invalid', reason: 'recipient', words: 'there is no such chat, or the person has not pressed Start' },
  { said: 'chat_id is empty', reason: 'recipient', words: 'there is no address' },
  { said: 'have no rights to send', reason: 'recipient', words: 'the bot may not write in the chat' },
  { said: 'not enough rights', reason: 'recipient', words: 'the bot may not write in the chat' },
  { said: 'administrator rights', reason: 'recipient', words: 'the bot may not write in the chat' },
  { said: 'chat_write_forbidden', reason: 'recipient', words: 'the bot may not write in the chat' },
  { said: 'message is too long', reason: 'content', words: 'the text is longer than 4096 characters' },
  { said: 'caption is too long', reason: 'content', words: 'the text beside the file is longer than 1024 characters' },
  { said: 'text is empty', reason: 'content', words: 'there is no text' },
  { said: 'http url', reason: 'content', words: 'Telegram cannot fetch the file, or does not take files of its kind' },
  { said: 'webpage_', reason: 'content', words: 'Telegram cannot fetch the file, or does not take files of its kind' },
  {
    said: 'wrong type of the web page',
    reason: 'content',
    words: 'the file is of another kind than it was said to be',
  },
]

export function meaningOf(description: string): Meaning | undefined {
  const said = description.toLowerCase()
  return MEANINGS.find((meaning) => said.includes(meaning.said))
}
