import type { StepContent } from '../../domain/content.ts'
import { type Fields, fieldsOf, objectsIn, textIn } from '../../json/loose-json.ts'

/** A message's content in the shape of Infobip's Messages API: a body, or the name of a template and what goes into it. */
export type InfobipContent = { content: Fields; template?: never } | { template: Fields; content?: Fields }
export type Written = InfobipContent | { unfit: string }

/** Undefined parts are left out when it becomes JSON. */
export function contentOf({ type, text, content }: StepContent, wire: string): Written {
  const url = textIn(content.url)
  const file = url === undefined ? undefined : { url, text: textIn(text) }
  switch (type) {
    case 'text':
      return text ? body({ type: 'TEXT', text }) : { unfit: 'there is no text to send' }
    case 'image':
      return file ? body({ type: 'IMAGE', ...file }) : { unfit: 'there is no url of an image' }
    case 'video': {
      const thumbnailUrl = textIn(fieldsOf(content.video)?.thumbnail)
      if (wire === 'VIBER_BM' && thumbnailUrl === undefined) return { unfit: 'Viber wants a thumbnail with a video' }
      return file ? body({ type: 'VIDEO', ...file, thumbnailUrl }) : { unfit: 'there is no url of a video' }
    }
    case 'file':
      return file ? body({ type: 'DOCUMENT', ...file }) : { unfit: 'there is no url of a file' }
    case 'location': {
      const place = placeIn(content.location)
      const { name, address } = fieldsOf(content.location) ?? {}
      if (place === undefined) return { unfit: 'there is no place to send' }
      return body({ type: 'LOCATION', ...place, name: textIn(name), address: textIn(address) })
    }
    case 'template':
      return templateOf(fieldsOf(content.template) ?? {})
    default:
      return { unfit: `Infobip takes no ${type} on this channel` }
  }
}

function body(fields: Fields): Written {
  return { content: { body: fields } }
}

/**
 * Of a template: our components, in the order in which they stand, become a header, a body of numbered (or named) values
 * and the buttons that have a value. A button without one is left out, as Infobip asks.
 */
function templateOf(template: Fields): Written {
  const templateName = textIn(template.name)
  if (templateName === undefined) return { unfit: 'the template has no name' }
  const parts = objectsIn(template.components)
  const kind = (part: Fields) => textIn(part.type)?.toLowerCase()
  const strange = parts.find((part) => !['header', 'body', 'button', 'footer'].includes(kind(part) ?? ''))
  if (strange !== undefined) return { unfit: 'a component of the template is of a kind that Infobip does not take' }
  const [headerPart] = parts.filter((part) => kind(part) === 'header' && objectsIn(part.parameters).length > 0)
  const bodyValues = parts.filter((part) => kind(part) === 'body').flatMap((part) => objectsIn(part.parameters))
  const header = headerPart === undefined ? undefined : headerOf(objectsIn(headerPart.parameters))
  const buttons = parts
    .filter((part) => kind(part) === 'button' && objectsIn(part.parameters).length > 0)
    .sort((a, b) => Number(a.index ?? 0) - Number(b.index ?? 0))
    .map(buttonOf)
  if (header === 'unfit' || buttons.includes('unfit')) {
    return { unfit: 'a value of the template is of a kind that Infobip does not take there' }
  }
  const filled = {
    header,
    body: bodyValues.length === 0 ? undefined : { type: 'TEXT', ...numbered(bodyValues) },
    buttons: buttons.length === 0 ? undefined : buttons,
  }
  const isFilled = Object.values(filled).some((each) => each !== undefined)
  return { template: { templateName, language: textIn(template.language) }, ...(isFilled && { content: filled }) }
}

/** `{"1":…,"2":…}`, or under the names that the values have. */
function numbered(parameters: readonly Fields[]): Record<string, string> {
  return Object.fromEntries(
    parameters.map((parameter, index) => [textIn(parameter.name) ?? String(index + 1), valueIn(parameter)]),
  )
}

function valueIn({ text, payload, couponCode }: Fields): string {
  return [text, payload, couponCode].find((value) => typeof value === 'string') ?? ''
}

function headerOf(parameters: readonly Fields[]): Fields | 'unfit' {
  const [first = {}] = parameters
  const url = textIn(first.url)
  switch (textIn(first.type)?.toLowerCase()) {
    case 'text':
      return { type: 'TEXT', ...numbered(parameters) }
    case 'image':
      return url === undefined ? 'unfit' : { type: 'IMAGE', url }
    case 'video':
      return url === undefined ? 'unfit' : { type: 'VIDEO', url }
    case 'document':
      return url === undefined ? 'unfit' : { type: 'DOCUMENT', url, filename: textIn(first.name) ?? nameIn(url) }
    case 'location': {
      const place = placeIn(first.location)
      return place === undefined ? 'unfit' : { type: 'LOCATION', ...place }
    }
    default:
      return 'unfit'
  }
}

/** Templates of ours may have the numbers in quotes. */
function placeIn(value: unknown): { latitude: number; longitude: number } | undefined {
  const { latitude, longitude } = fieldsOf(value) ?? {}
  const place = { latitude: Number(latitude ?? Number.NaN), longitude: Number(longitude ?? Number.NaN) }
  return Number.isFinite(place.latitude) && Number.isFinite(place.longitude) ? place : undefined
}

/** Infobip wants a document to have a name. */
function nameIn(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : ''
  return path.split('/').at(-1) || 'document'
}

function buttonOf(part: Fields): Fields | 'unfit' {
  const [parameter = {}] = objectsIn(part.parameters)
  const value = valueIn(parameter)
  switch (textIn(part.subType)?.toLowerCase()) {
    case 'url':
      return { type: 'OPEN_URL', suffix: value }
    case 'quickreply':
      return { type: 'QUICK_REPLY', postbackData: value }
    case 'copycode':
      return { type: 'COPY_CODE', code: value }
    case 'flow':
      return { type: 'FLOW', token: value === '' ? undefined : value }
    default:
      return 'unfit'
  }
}
