import type { StepContent } from '../../domain/content.ts'
import { type Fields, fieldsOf, textIn } from '../../json/loose-json.ts'
import type { Method } from './bot-api.ts'

/** Which method sends a content, with all its parameters but the chat; undefined where there is nothing to send. */
export type MessageCall = { method: Method; parameters: Fields }

const FILES = {
  image: { method: 'sendPhoto', field: 'photo' },
  video: { method: 'sendVideo', field: 'video' },
  audio: { method: 'sendAudio', field: 'audio' },
  file: { method: 'sendDocument', field: 'document' },
} as const

export function messageCallOf({ type, text, content }: StepContent): MessageCall | undefined {
  switch (type) {
    case 'image':
    case 'video':
    case 'audio':
    case 'file':
      return fileCall(type, text, textIn(content.url))
    case 'location':
      return placeCall(fieldsOf(content.location)) ?? textCall(text)
    default:
      return textCall(text)
  }
}

const LONGEST_CAPTION = 1024

/** Telegram fetches the file by itself. What it would not take so is a text with a link. */
function fileCall(
  type: keyof typeof FILES,
  text: string | undefined,
  url: string | undefined,
): MessageCall | undefined {
  if (url === undefined) return textCall(text)
  if (!text) return isFetched(type, url) ? named(type, { url }) : textCall(url)
  if (text.length > LONGEST_CAPTION || !isFetched(type, url)) return textCall(`${text}\n${url}`)
  return named(type, { url, caption: text })
}

function named(type: keyof typeof FILES, { url, ...caption }: { url: string; caption?: string }): MessageCall {
  const { method, field } = FILES[type]
  return { method, parameters: { [field]: url, ...caption } }
}

/**
 * Of documents only these kinds are fetched; of one that does not show its kind in its address, Telegram is asked.
 * https://core.telegram.org/bots/api#sending-files
 */
function isFetched(type: keyof typeof FILES, url: string): boolean {
  if (type !== 'file' || !URL.canParse(url)) return true
  const extension = /\.(\w{1,10})$/.exec(new URL(url).pathname)?.[1]
  return extension === undefined || /^(gif|pdf|zip)$/i.test(extension)
}

/** Without `parse_mode`: what looks like markup is text like any other. */
function textCall(text: string | undefined): MessageCall | undefined {
  return text ? { method: 'sendMessage', parameters: { text } } : undefined
}

/** A venue is a place with a name, and needs its address too. */
function placeCall({ latitude, longitude, name, address }: Fields = {}): MessageCall | undefined {
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined
  const [title, street] = [textIn(name), textIn(address)]
  if (title === undefined || street === undefined)
    return { method: 'sendLocation', parameters: { latitude, longitude } }
  return { method: 'sendVenue', parameters: { latitude, longitude, title, address: street } }
}
