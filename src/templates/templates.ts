import type { ReminderRule, Texts } from '../domain/reminder-rule.ts'
import { builtIn, frame, paragraph } from './built-in.ts'
import { render, TemplateTrouble } from './liquid.ts'
import type { Matter, Notice } from './matter.ts'
import { isTimeZone } from './moment.ts'
import { scopeOf } from './scope.ts'
import { cut } from './shorten.ts'

export { checkTemplate } from './check-template.ts'
export type { Matter, Notice } from './matter.ts'

const MOST_ITEMS = 50
const LONGEST_ITEM = 500
const LONGEST_SUBJECT = 250 // mail programs show far less
const LONGEST_NAME = 200

/** The wording for a language, field by field: that of its tag, else of its primary language, else the rule's own. */
export function textsFor(rule: Pick<ReminderRule, 'texts' | 'translations'>, language: string | undefined): Texts {
  const byTag = new Map(Object.entries(rule.translations ?? {}).map(([tag, texts]) => [normal(tag), texts]))
  const tag = language === undefined ? '' : normal(language)
  return { ...rule.texts, ...byTag.get(tag.split('-')[0] ?? ''), ...byTag.get(tag) }
}

function normal(tag: string): string {
  return tag.replaceAll('_', '-').toLowerCase()
}

/**
 * Words a notice: by the operator's templates, and by ours where there is none. Pure: the same in gives the same out. A
 * template that fails, or leaves nothing to read, is replaced by our own text, and `fault` says which. Where `body` is a
 * template and `html` is not, the HTML shows the body.
 */
export function renderNotice(texts: Texts, matter: Matter): Notice {
  const ready = prepare(matter)
  const manner = { language: ready.person.language ?? 'en', timeZone: ready.person.timeZone ?? 'UTC' }
  const own = builtIn(ready, manner)
  const scope = scopeOf(ready)
  const faults: string[] = []
  const word = (name: keyof Texts): string | undefined => {
    const template = texts[name]
    if (template === undefined) return undefined
    try {
      const text = render(template, name === 'html' ? 'html' : 'plain', scope, { manner, now: matter.now }).trim()
      if (isVisible(text, name)) return text
      faults.push(`${name} gave nothing to read`)
    } catch (error) {
      if (!(error instanceof TemplateTrouble)) throw error
      // Not in its own words, which may quote a person.
      faults.push(`${name} failed${error.line === undefined ? '' : ` on line ${error.line}`}`)
    }
    return undefined
  }
  const subject = word('subject')
  const body = word('body')
  const line = subject === undefined ? own.subject() : cut(subject.replace(/[\s\p{Cc}]+/gu, ' '), LONGEST_SUBJECT)
  const shown = () => (body === undefined ? own.html() : frame(manner.language, line, paragraphs(body)))
  return {
    text: word('text') ?? own.text(),
    subject: line,
    body: body ?? own.body(),
    html: word('html') ?? shown(),
    ...(faults.length > 0 && { fault: faults.join('; ') }),
  }
}

function isVisible(text: string, name: keyof Texts): boolean {
  const seen = name === 'html' ? withoutTags(text) : text
  return /[^\s\p{Cc}\p{Cf}]/u.test(seen)
}

/** What a reader sees of HTML; a picture counts. By hand, as a pattern takes quadratic time over unclosed tags. */
function withoutTags(html: string): string {
  let seen = ''
  let from = 0
  while (from < html.length) {
    const open = html.indexOf('<', from)
    if (open === -1) return seen + html.slice(from)
    seen += html.slice(from, open)
    const hidden = /^<(style|title|script)\b/i.exec(html.slice(open, open + 8))?.[1]
    if (/^<img\b/i.test(html.slice(open, open + 5))) seen += '*'
    const end = hidden === undefined ? open : html.indexOf(`</${hidden}`, open)
    const close = end === -1 ? -1 : html.indexOf('>', end)
    if (close === -1) return seen
    from = close + 1
  }
  return seen
}

/** Plain text as paragraphs, with its web addresses as links. */
function paragraphs(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((each) => `<p>${paragraph(each).replace(LINK, '<a href="$&">$&</a>')}</p>`)
    .join('\n')
}
// In text that is escaped already, which ends an address at any entity but that of `&`.
const LINK = /\bhttps?:\/\/(?:&amp;|[^\s<>&])*[^\s<>&.,;:!?)\]]/g

/** Names on one line, texts of a bearable length, as many as can be listed; a zone and a tag only where they are good. */
function prepare(matter: Matter): Matter {
  const { person, items } = matter
  const { language, timeZone, name } = person
  const listed = items.slice(0, MOST_ITEMS)
  return {
    ...matter,
    person: {
      id: person.id,
      ...defined('name', oneLine(name)),
      ...(language !== undefined && isLanguage(language) && { language: language.replaceAll('_', '-') }),
      ...(timeZone !== undefined && isTimeZone(timeZone) && { timeZone }),
    },
    items: listed.map(({ at, author, text }) => ({
      at,
      ...defined('author', oneLine(author)),
      ...defined('text', text === undefined ? undefined : clean(text)),
    })),
    more: matter.more + items.length - listed.length,
    count: Math.max(matter.count, items.length + matter.more),
  }
}

function defined<Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]: string })
}

function oneLine(text: string | undefined): string | undefined {
  const line = text?.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return line === undefined || line === '' ? undefined : cut(line, LONGEST_NAME)
}

/** Undefined for a text in which there is nothing to see. */
function clean(text: string): string | undefined {
  // Control characters do harm in mails; direction marks without an end would turn what follows.
  const lines = text.replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '')
  return isVisible(lines, 'body') ? cut(lines.trim(), LONGEST_ITEM) : undefined
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll('_', '-')).length === 1
  } catch {
    return false
  }
}
