import type { StepContent } from '../../domain/content.ts'
import { type Fields, fieldsOf, objectsIn, textIn } from '../../json/loose-json.ts'

/**
 * What Google calls an AgentMessage: one text, file or card, with suggestions below it.
 * https://developers.google.com/business-communications/rcs-business-messaging/reference/rest/v1/phones.agentMessages
 */
export type AgentMessage = { contentMessage: Fields; ttl?: string; messageTrafficType?: string }

const LONGEST_DESCRIPTION = 2000 // of a card, in characters

/** Of a message that may live at most 15 days; Google advises against less than ten seconds. */
export const TTL_SECONDS = { min: 10, max: 15 * 86_400 }
/**
 * Taking a message back says for certain whether it had arrived. Were it to die at that very moment, Google could no longer
 * tell one that is gone from one that was delivered (404 both). So one that is to be taken back dies a little later.
 */
const TAKE_BACK_FIRST_SECONDS = 30

export function ttlSecondsOf(validForMs: number, { willBeRevoked }: { willBeRevoked: boolean }): number {
  const seconds = Math.floor(validForMs / 1000) + (willBeRevoked ? TAKE_BACK_FIRST_SECONDS : 0)
  return Math.min(Math.max(seconds, TTL_SECONDS.min), TTL_SECONDS.max)
}

/** Undefined for content with nothing in it that could be sent. */
export function contentMessageOf(given: StepContent): Fields | undefined {
  const body = bodyOf(given)
  if (body === undefined) return undefined
  const suggestions = objectsIn(given.content.suggestions)
  return suggestions.length === 0 ? body : { ...body, suggestions }
}

function bodyOf({ type, text, content }: StepContent): Fields | undefined {
  switch (type) {
    case 'image':
    case 'video':
    case 'audio':
    case 'file':
      return fileBody(type, text, content)
    case 'richCard':
      return cardBody(fieldsOf(content.richCard))
    case 'carousel':
      return carouselBody(fieldsOf(content.carousel))
    default:
      return textBody(text)
  }
}

function textBody(text: string | undefined): Fields | undefined {
  return text ? { text } : undefined
}

/** A message is a file or a text; a card has a picture and a text. What fits neither is a text with a link. */
function fileBody(type: 'image' | 'video' | 'audio' | 'file', text: string | undefined, content: Fields) {
  const fileUrl = textIn(content.url)
  if (fileUrl === undefined) return textBody(text)
  const thumbnailUrl = type === 'image' || type === 'video' ? textIn(fieldsOf(content[type])?.thumbnail) : undefined
  const contentInfo = { fileUrl, ...(thumbnailUrl !== undefined && { thumbnailUrl }) }
  if (!text) return { contentInfo }
  const fitsCard = (type === 'image' || type === 'video') && text.length <= LONGEST_DESCRIPTION
  if (!fitsCard) return { text: `${text}\n${fileUrl}` }
  return cardBody({ description: text, media: { height: 'MEDIUM', contentInfo } })
}

/** A card as Google writes it, whole, or only what stands on it. */
function cardBody(card: Fields | undefined): Fields | undefined {
  if (card === undefined) return undefined
  if ('standaloneCard' in card || 'carouselCard' in card) return { richCard: card }
  return { richCard: { standaloneCard: { cardOrientation: 'VERTICAL', cardContent: card } } }
}

function carouselBody(carousel: Fields | undefined): Fields | undefined {
  if (carousel === undefined) return undefined
  if ('carouselCard' in carousel) return { richCard: carousel }
  return { richCard: { carouselCard: { cardWidth: 'MEDIUM', ...carousel } } }
}
