import { type Fields, fieldsOf, objectsIn } from '../../json/loose-json.ts'
import { wordOf } from './json.ts'

/** What a message says as plain text; undefined for a picture, a form and the like. History and webhooks spell it differently. */
export function textOfRecord(record: Fields): string | undefined {
  const data = fieldsOf(record.messageData) ?? {}
  const said = wordOf(fieldsOf(data.msg)?.text)
  if (said !== undefined) return record.type === 'TEXT_HTML' ? textOfHtml(said) : said
  const caption = wordOf(fieldsOf(data.file)?.caption) ?? wordOf(fieldsOf(data.link)?.caption)
  return caption ?? textOfRich(parsed(fieldsOf(data.richContent)?.content))
}

/** The `event` of a `ContentEvent` or `RichContentEvent`. */
export function textOfEvent(event: Fields): string | undefined {
  if (event.type === 'RichContentEvent') return textOfRich(parsed(event.content))
  const said = typeof event.message === 'string' ? wordOf(event.message) : undefined
  if (said !== undefined) return event.contentType === 'text/html' ? textOfHtml(said) : said
  return wordOf(fieldsOf(event.message)?.caption)
}

const DEEPEST = 20 // a template of LivePerson's has three or four; a body of ours must not overflow the stack

/** The texts of structured content, one a line; what its buttons say makes no sense without the buttons. */
function textOfRich(content: unknown): string | undefined {
  const lines: string[] = []
  const visit = (element: Fields, depth: number): void => {
    if (element.type === 'text') lines.push(...[wordOf(element.text)].filter((line) => line !== undefined))
    if (depth < DEEPEST) for (const inner of objectsIn(element.elements)) visit(inner, depth + 1)
  }
  const root = fieldsOf(content)
  if (root !== undefined) visit(root, 0)
  return wordOf(lines.join('\n'))
}

/** In the history structured content is JSON inside a text. */
function parsed(content: unknown): unknown {
  if (typeof content !== 'string') return content
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

function textOfHtml(html: string): string | undefined {
  const text = html
    .replace(/\s+/g, ' ')
    .replace(/<br[ /]*>|<\/(?:p|div|li|h[1-6])>/gi, '\n')
    .replace(/<[^<>]*>/g, '')
    .replace(/&(?:#(\d{1,7})|([a-z]{2,4}));/gi, (whole, number?: string, name?: string) => {
      if (number !== undefined) return Number(number) <= 0x10ffff ? String.fromCodePoint(Number(number)) : whole
      return ENTITIES[name?.toLowerCase() ?? ''] ?? whole
    })
  const lines = text.split('\n').map((line) => line.trim())
  return wordOf(lines.filter((line) => line !== '').join('\n'))
}
