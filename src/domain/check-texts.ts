import type { ReminderRule, Texts } from './reminder-rule.ts'
import { asGroup, checkFields, got, isAbsent, type Say } from './rule-problems.ts'

/** What is wrong with a Liquid template, in a sentence; undefined when nothing is. */
export type CheckTemplate = (template: string) => string | undefined

const TEXT_FIELDS = ['text', 'subject', 'body', 'html'] as const
/** In characters: far more than anybody reads. */
const LONGEST_TEMPLATE = { text: 10_000, subject: 1_000, body: 100_000, html: 100_000 } as const

/** Templates by their field; what is absent is worded by us. `path` is where they stand in the rule. */
export function checkTexts(value: unknown, path: string, checkTemplate: CheckTemplate, say: Say): Texts {
  if (isAbsent(value)) return {}
  const raw = asGroup(value)
  if (raw === undefined) {
    say.wrong(path, `${got(value)}; use texts such as {"text":"You have {{ count }} unread messages"}`)
    return {}
  }
  checkFields(raw, `${path}.`, path === 'texts' ? 'texts' : 'a translation', TEXT_FIELDS, say)
  const given = TEXT_FIELDS.filter((field) => !isAbsent(raw[field]))
  return Object.fromEntries(
    given.map((field) => {
      const template = raw[field]
      const problem = templateProblem(template, field, checkTemplate)
      if (problem !== undefined) say.wrong(`${path}.${field}`, problem)
      return [field, template]
    }),
  )
}

function templateProblem(
  template: unknown,
  field: (typeof TEXT_FIELDS)[number],
  checkTemplate: CheckTemplate,
): string | undefined {
  if (typeof template !== 'string') return `${got(template)}; use a text`
  if (template.trim() === '') return 'must not be empty; leave it out for our own words'
  const most = LONGEST_TEMPLATE[field]
  if (template.length > most) return `has ${template.length} characters; at most ${most} are allowed`
  if (field === 'subject' && /[\r\n]/.test(template.trimEnd())) return 'must be one line'
  return checkTemplate(template)
}

/** Templates by language, in the canonical spelling of its tag. */
export function checkTranslations(
  value: unknown,
  checkTemplate: CheckTemplate,
  say: Say,
): Pick<ReminderRule, 'translations'> {
  if (isAbsent(value)) return {}
  const raw = asGroup(value)
  if (raw === undefined) {
    say.wrong('translations', `${got(value)}; use texts by language such as {"de":{"text":"…"}}`)
    return {}
  }
  const translations: Record<string, Texts> = {}
  for (const [key, each] of Object.entries(raw)) {
    const path = `translations.${key}`
    const texts = checkTexts(each, path, checkTemplate, say)
    const language = canonicalLanguage(key)
    if (language === undefined) say.unknown(path, 'is not a language; use one such as de or pt-BR')
    else if (Object.hasOwn(translations, language)) say.unknown(path, `${language} stands here twice`)
    else translations[language] = texts
  }
  return { translations }
}

function canonicalLanguage(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}
