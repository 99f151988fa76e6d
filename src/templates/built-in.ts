import type { Matter, Notice } from './matter.ts'
import { formatMoment, isSameDay, type Manner } from './moment.ts'
import { composeSms, cut } from './shorten.ts'
import { counted, type Words, wordsFor } from './words.ts'

/** Our own texts, in the person's language: they cannot fail, and list what was missed. Expects what `prepare` made. */
export function builtIn(
  matter: Matter,
  manner: Manner,
): { [Text in 'text' | 'subject' | 'body' | 'html']: () => string } {
  const { language, words } = wordsFor(matter.person.language)
  const spoken = {
    matter,
    words,
    language,
    manner: { ...manner, language: localeFor(matter.person.language, language) },
  }
  return {
    text: () => shortText(spoken),
    subject: () => headline(spoken),
    body: () => plainBody(spoken),
    html: () => frame(language, headline(spoken), htmlBody(spoken)),
  }
}

type Spoken = { matter: Matter; words: Words; language: string; manner: Manner }

/** The person's own tag where it is one of a language that we speak: `en-US` writes days otherwise than `en-GB`. */
function localeFor(tag: string | undefined, language: string): string {
  const own = tag?.replaceAll('_', '-')
  try {
    return own !== undefined && Intl.getCanonicalLocales(own)[0]?.split('-')[0] === language ? own : language
  } catch {
    return language
  }
}

function shortText(spoken: Spoken): Notice['text'] {
  const { brand, items, link } = spoken.matter
  const last = items.findLast(({ text }) => text !== undefined) ?? items.at(-1)
  const head = brand === undefined ? headline(spoken) : `${brand}: ${headline(spoken)}`
  const quote = last === undefined ? '' : (last.text ?? spoken.words.attachment).replace(/\s+/g, ' ')
  return composeSms(head, quote, link === undefined ? '' : ` ${link}`)
}

function headline({ matter, words, language }: Spoken): string {
  const authors = new Set(matter.items.map(({ author }) => author))
  const names = [...authors].filter((name) => name !== undefined)
  // Of what is not listed nobody knows the author, and more than two names are a list and no headline.
  const sayable = matter.more === 0 && names.length === authors.size && names.length >= 1 && names.length <= 2
  if (!sayable) return counted(words.unread, matter.count)
  const who = new Intl.ListFormat(language, { type: 'conjunction' }).format(names.map((name) => cut(name, 40)))
  return counted(words.unreadFrom, matter.count, who)
}

function hello({ matter, words }: Spoken): string {
  const { name } = matter.person
  return name === undefined ? words.hello : words.helloName.replace('{who}', () => name)
}

/** Who wrote it and when, as far as it is known. */
function byline({ author, at }: Matter['items'][number], { manner, matter }: Spoken): string {
  const zone = matter.person.timeZone === undefined ? ' UTC' : ''
  const when = formatMoment(at, isSameDay(at, matter.now, manner.timeZone) ? 'time' : 'full', manner) + zone
  return author === undefined ? when : `${author}, ${when}`
}

function plainBody(spoken: Spoken): string {
  const { matter, words } = spoken
  const { items, more, link, brand } = matter
  return [
    hello(spoken),
    counted(words.haveUnread, matter.count),
    ...items.map((item) => `${byline(item, spoken)}\n${item.text ?? words.attachment}`),
    ...(more > 0 && items.length > 0 ? [counted(words.more, more)] : []),
    ...(link === undefined ? [] : [`${words.open}: ${link}`]),
    ...(brand === undefined ? [] : [`-- \n${brand}`]),
  ].join('\n\n')
}

function htmlBody(spoken: Spoken): string {
  const { matter, words } = spoken
  const { items, more, link, brand } = matter
  const isWeb = link !== undefined && /^https?:\/\//i.test(link)
  return [
    `<p>${escapeHtml(hello(spoken))}</p>`,
    `<p>${escapeHtml(counted(words.haveUnread, matter.count))}</p>`,
    ...items.map(
      (item) =>
        `<div class="item" style="margin:0 0 12px;padding:10px 14px;border-left:3px solid #2f6fed;background:#f3f5f9">` +
        `<div class="by" style="font-size:13px;color:#5a6372">${escapeHtml(byline(item, spoken))}</div>` +
        `<div dir="auto">${paragraph(item.text ?? words.attachment)}</div></div>`,
    ),
    ...(more > 0 && items.length > 0 ? [`<p>${escapeHtml(counted(words.more, more))}</p>`] : []),
    ...(isWeb
      ? [
          `<p style="margin:24px 0"><a href="${escapeHtml(link)}" style="display:inline-block;padding:10px 20px;` +
            `border-radius:6px;background:#2f6fed;color:#ffffff;text-decoration:none">${escapeHtml(words.open)}</a></p>`,
        ]
      : []),
    ...(brand === undefined ? [] : [`<p class="by" style="font-size:13px;color:#5a6372">${escapeHtml(brand)}</p>`]),
  ].join('\n')
}

/** A mail's page around its contents; dark where the reader's mail program is. */
export function frame(language: string, title: string, inner: string): string {
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(title)}</title>
<style>
@media (prefers-color-scheme: dark) {
  body { background: #16181d !important; color: #e6e8ec !important }
  .item { background: #22262e !important }
  .by { color: #a2abba !important }
}
</style>
</head>
<body style="margin:0;background:#ffffff;color:#1b1f27">
<div style="max-width:600px;margin:0 auto;padding:24px 16px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Arial,sans-serif">
${inner}
</div>
</body>
</html>
`
}

/** Text as HTML, with its line breaks. */
export function paragraph(text: string): string {
  return escapeHtml(text).replace(/\n/g, '<br>\n')
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (each) => ENTITIES[each] ?? each)
}
