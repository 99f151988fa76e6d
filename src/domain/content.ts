/** What a message says. A channel gets the content as it came if it can carry that type, else plain text, else nothing. */
export const CONTENT_TYPES = [
  'text',
  'audio',
  'video',
  'image',
  'location',
  'file',
  'interactive',
  'template',
  'carousel',
  'richCard',
  'buttons',
] as const
export type ContentType = (typeof CONTENT_TYPES)[number]

export type Content = {
  text?: string
  /** Plain text for channels that cannot carry the rest; on SMS it goes before `text`. */
  fallbackText?: string
  url?: string
  sms?: { encoding?: string; source?: string }
  email?: { subject?: string; html?: string; from?: string }
  [field: string]: unknown
}

/** What one step hands to its channel. */
export type StepContent = { type: ContentType; text?: string; content: Content }

/** Fits the content to a channel that carries `carries`; undefined when it can carry neither the content nor a text. */
export function contentForChannel(
  type: ContentType,
  content: Content,
  channel: { name: string; carries: readonly ContentType[] },
): StepContent | undefined {
  const plain = channel.name === 'SMS' ? (content.fallbackText ?? content.text) : content.text
  if (type === 'text') return { type, content, ...textField(plain ?? content.fallbackText) }
  if (channel.carries.includes(type)) return { type, content, ...textField(plain) }
  const text = content.fallbackText ?? content.text
  return text === undefined ? undefined : { type: 'text', text, content }
}

function textField(text: string | undefined): { text?: string } {
  return text === undefined ? {} : { text }
}
