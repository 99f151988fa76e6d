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
    case 'file': {
      const url = textIn(content.url)
      const { method, field } = FILES[type]
      // Telegram fetches the file by itself.
      return url === undefined
        ? textCall(text)
        : { method, parameters: { [field]: url, ...(text && { caption: text }) } }
    }
    case 'location':
      return placeCall(fieldsOf(content.location)) ?? textCall(text)
    default:
      return textCall(text)
  }
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
