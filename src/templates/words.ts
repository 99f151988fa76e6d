/** What our own texts say, by language. `{n}` is a number, `{who}` a name or two. */
export type Words = {
  hello: string
  helloName: string
  unread: Counted
  unreadFrom: Counted
  haveUnread: Counted
  more: Counted
  attachment: string
  open: string
}
/** For one, and for any other number; a form of its own for millions is not needed. */
type Counted = { one: string; other: string }

export const WORDS: Record<string, Words | undefined> & { en: Words } = {
  en: {
    hello: 'Hello,',
    helloName: 'Hello {who},',
    unread: { one: '{n} unread message', other: '{n} unread messages' },
    unreadFrom: { one: '{n} unread message from {who}', other: '{n} unread messages from {who}' },
    haveUnread: { one: 'You have {n} unread message.', other: 'You have {n} unread messages.' },
    more: { one: 'and {n} more', other: 'and {n} more' },
    attachment: '[attachment]',
    open: 'Read and reply',
  },
  de: {
    hello: 'Guten Tag,',
    helloName: 'Guten Tag {who},',
    unread: { one: '{n} ungelesene Nachricht', other: '{n} ungelesene Nachrichten' },
    unreadFrom: { one: '{n} ungelesene Nachricht von {who}', other: '{n} ungelesene Nachrichten von {who}' },
    haveUnread: { one: 'Sie haben {n} ungelesene Nachricht.', other: 'Sie haben {n} ungelesene Nachrichten.' },
    more: { one: 'und {n} weitere', other: 'und {n} weitere' },
    attachment: '[Anhang]',
    open: 'Lesen und antworten',
  },
  es: {
    hello: 'Hola:',
    helloName: 'Hola, {who}:',
    unread: { one: '{n} mensaje sin leer', other: '{n} mensajes sin leer' },
    unreadFrom: { one: '{n} mensaje sin leer de {who}', other: '{n} mensajes sin leer de {who}' },
    haveUnread: { one: 'Tiene {n} mensaje sin leer.', other: 'Tiene {n} mensajes sin leer.' },
    more: { one: 'y {n} más', other: 'y {n} más' },
    attachment: '[archivo adjunto]',
    open: 'Leer y responder',
  },
  fr: {
    hello: 'Bonjour,',
    helloName: 'Bonjour {who},',
    unread: { one: '{n} message non lu', other: '{n} messages non lus' },
    unreadFrom: { one: '{n} message non lu de la part de {who}', other: '{n} messages non lus de la part de {who}' },
    haveUnread: { one: 'Vous avez {n} message non lu.', other: 'Vous avez {n} messages non lus.' },
    more: { one: 'et {n} autre', other: 'et {n} autres' },
    attachment: '[pièce jointe]',
    open: 'Lire et répondre',
  },
  it: {
    hello: 'Buongiorno,',
    helloName: 'Buongiorno {who},',
    unread: { one: '{n} messaggio non letto', other: '{n} messaggi non letti' },
    unreadFrom: { one: '{n} messaggio non letto da {who}', other: '{n} messaggi non letti da {who}' },
    haveUnread: { one: 'Hai {n} messaggio non letto.', other: 'Hai {n} messaggi non letti.' },
    more: { one: 'e un altro', other: 'e altri {n}' },
    attachment: '[allegato]',
    open: 'Leggi e rispondi',
  },
  nl: {
    hello: 'Hallo,',
    helloName: 'Hallo {who},',
    unread: { one: '{n} ongelezen bericht', other: '{n} ongelezen berichten' },
    unreadFrom: { one: '{n} ongelezen bericht van {who}', other: '{n} ongelezen berichten van {who}' },
    haveUnread: { one: 'U hebt {n} ongelezen bericht.', other: 'U hebt {n} ongelezen berichten.' },
    more: { one: 'en nog {n}', other: 'en nog {n}' },
    attachment: '[bijlage]',
    open: 'Lezen en antwoorden',
  },
  pt: {
    hello: 'Olá,',
    helloName: 'Olá, {who},',
    unread: { one: '{n} mensagem não lida', other: '{n} mensagens não lidas' },
    unreadFrom: { one: '{n} mensagem não lida de {who}', other: '{n} mensagens não lidas de {who}' },
    haveUnread: { one: 'Tem {n} mensagem não lida.', other: 'Tem {n} mensagens não lidas.' },
    more: { one: 'e mais {n}', other: 'e mais {n}' },
    attachment: '[anexo]',
    open: 'Ler e responder',
  },
}

/** The language among ours that comes closest to a tag, else English. */
export function wordsFor(language: string | undefined): { language: string; words: Words } {
  const primary = language?.split(/[-_]/)[0]?.toLowerCase() ?? 'en'
  const words = Object.hasOwn(WORDS, primary) ? WORDS[primary] : undefined
  return words === undefined ? { language: 'en', words: WORDS.en } : { language: primary, words }
}

/** Fills in a number, in the form that goes with it, and names. */
export function counted(forms: Counted, n: number, who = ''): string {
  const form = n === 1 ? forms.one : forms.other
  // Given as functions: in a replacement text `$&` and the like would mean something.
  return form.replace('{n}', () => String(n)).replace('{who}', () => who)
}
