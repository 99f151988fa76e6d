import { describe, expect, test } from 'vitest'
import { type Matter, renderNotice, textsFor } from './templates.ts'

const HOUR_MS = 3_600_000
const NOW = Date.parse('2026-05-05T12:00:00Z')

function matter(over: Partial<Matter> = {}): Matter {
  return {
    person: { id: 'ann' },
    conversation: { id: 'c-1', metadata: {} },
    source: 'chat',
    items: [{ text: 'Is the table ready?', author: 'Ben', at: NOW - HOUR_MS }],
    count: over.items?.length ?? 1,
    more: 0,
    now: NOW,
    ...over,
  }
}

describe('our own texts', () => {
  test('list who wrote what and when, in the time zone of the person', () => {
    const notice = renderNotice(
      {},
      matter({
        person: { id: 'ann', name: 'Ann', timeZone: 'Asia/Tokyo', language: 'en-GB' },
        items: [
          { text: 'Is the table ready?', author: 'Ben', at: NOW - 24 * HOUR_MS },
          { author: 'Ben', at: NOW - HOUR_MS },
        ],
        link: 'https://chat.example/c-1',
        brand: 'Acme',
      }),
    )
    expect(notice.subject).toBe('2 unread messages from Ben')
    expect(notice.body).toBe(
      'Hello Ann,\n\nYou have 2 unread messages.\n\nBen, 4 May 2026, 21:00\nIs the table ready?\n\n' +
        'Ben, 20:00\n[attachment]\n\nRead and reply: https://chat.example/c-1\n\n-- \nAcme',
    )
    expect(notice.text).toBe('Acme: 2 unread messages from Ben: Is the table ready? https://chat.example/c-1')
    expect(notice.fault).toBeUndefined()
  })

  test('say that times are UTC where the zone is not known, or none', () => {
    expect(renderNotice({}, matter()).body).toContain('Ben, 11:00 AM UTC')
    const person = { id: 'ann', timeZone: 'Mars/Phobos', language: 'no_such-language-tag' }
    expect(renderNotice({}, matter({ person })).body).toContain('Ben, 11:00 AM UTC')
  })

  test.each([
    ['en', 1, '1 unread message from Ben', 'You have 1 unread message.'],
    ['en', 2, '2 unread messages from Ben', 'You have 2 unread messages.'],
    ['de', 1, '1 ungelesene Nachricht von Ben', 'Sie haben 1 ungelesene Nachricht.'],
    ['de-AT', 2, '2 ungelesene Nachrichten von Ben', 'Sie haben 2 ungelesene Nachrichten.'],
    ['es_MX', 2, '2 mensajes sin leer de Ben', 'Tiene 2 mensajes sin leer.'],
    ['fr', 2, '2 messages non lus de la part de Ben', 'Vous avez 2 messages non lus.'],
    ['it', 1, '1 messaggio non letto da Ben', 'Hai 1 messaggio non letto.'],
    ['nl', 2, '2 ongelezen berichten van Ben', 'U hebt 2 ongelezen berichten.'],
    ['pt-BR', 2, '2 mensagens não lidas de Ben', 'Tem 2 mensagens não lidas.'],
    ['xx', 1, '1 unread message from Ben', 'You have 1 unread message.'],
    ['__proto__', 1, '1 unread message from Ben', 'You have 1 unread message.'],
  ])('in %s for %i', (language, count, subject, sentence) => {
    const items = Array.from({ length: count }, (_, at) => ({ text: 'Hello', author: 'Ben', at }))
    const notice = renderNotice({}, matter({ person: { id: 'ann', language }, items, count }))
    expect(notice.subject).toBe(subject)
    expect(notice.body).toContain(sentence)
  })

  test('name two authors, and none where there are more or not all are known', () => {
    const by = (...authors: (string | undefined)[]) =>
      authors.map((author, at) => ({ text: 'Hi', at, ...(author !== undefined && { author }) }))
    expect(renderNotice({}, matter({ items: by('Ben', 'Cy', 'Ben') })).subject).toBe(
      '3 unread messages from Ben and Cy',
    )
    expect(renderNotice({}, matter({ items: by('Ben', 'Cy', 'Di') })).subject).toBe('3 unread messages')
    expect(renderNotice({}, matter({ items: by('Ben', undefined) })).subject).toBe('2 unread messages')
    expect(renderNotice({}, matter({ items: by('Ben'), count: 3, more: 2 })).subject).toBe('3 unread messages')
  })

  test('list fifty and count the others, and cut a long text', () => {
    const items = Array.from({ length: 60 }, (_, at) => ({ text: `${at} ${'x'.repeat(600)}`, at }))
    const { body, html } = renderNotice({}, matter({ items, count: 65, more: 5 }))
    expect(body).toContain('You have 65 unread messages.')
    expect(body).toContain('and 15 more')
    expect(body).toContain(`49 ${'x'.repeat(496)}…`)
    expect(body).not.toContain('50 xxx')
    expect(html.match(/class="item"/g)).toHaveLength(50)
  })

  test('are never empty, even where nothing is listed', () => {
    const notice = renderNotice({}, matter({ items: [], count: 3, more: 3 }))
    expect(notice.text).toBe('3 unread messages')
    expect(notice.body).toContain('You have 3 unread messages.')
  })

  test('show what people wrote as text: no markup, no Liquid, no line of a name, no control character', () => {
    const text = '<b>{{ person.id }}</b> {% assign x = 1 %}\u0007\u202e & "so"'
    const notice = renderNotice({}, matter({ items: [{ text, author: 'Ben\r\nBcc: x@example.com', at: NOW }] }))
    expect(notice.body).toContain('<b>{{ person.id }}</b> {% assign x = 1 %} & "so"')
    expect(notice.html).toContain('&lt;b&gt;{{ person.id }}&lt;/b&gt; {% assign x = 1 %} &amp; &quot;so&quot;')
    expect(notice.subject).toBe('1 unread message from Ben Bcc: x@example.com')
  })

  test('link to the web and to nothing else', () => {
    expect(renderNotice({}, matter({ link: 'https://a.example/?a=1&b="' })).html).toContain(
      '<a href="https://a.example/?a=1&amp;b=&quot;"',
    )
    expect(renderNotice({}, matter({ link: 'javascript:alert(1)' })).html).not.toContain('href')
  })

  test('fit one SMS where its alphabet can spell them, with the link whole', () => {
    const link = 'https://chat.example/c-1'
    const items = [{ text: `“Où est-ce…” 🎉 ${'mot '.repeat(100)}`, author: 'Zoë', at: NOW }]
    const { text } = renderNotice({}, matter({ items, link, brand: 'Acme' }))
    expect(text.length).toBeGreaterThan(155)
    expect(text.length).toBeLessThanOrEqual(160)
    expect(text).toMatch(
      /^Acme: 1 unread message from Zoe: "Où est-ce\.\.\." mot .*\.\.\. https:\/\/chat\.example\/c-1$/,
    )
    const wide = renderNotice({}, matter({ items: [{ text: 'Добрый день! '.repeat(30), at: NOW }], link })).text
    expect(wide.length).toBeLessThanOrEqual(134)
    expect(wide).toMatch(/^1 unread message: Добрый день!.*\.\.\. https:\/\/chat\.example\/c-1$/)
  })
})

describe('the operator’s texts', () => {
  test('see all that is told', () => {
    const notice = renderNotice(
      {
        text: '{{ brand }}/{{ count }}/{{ more }}/{{ source }}/{{ conversation.skill }}/{{ conversation.metadata.plan }}',
        subject: '{{ person.name }}:\n {{ items[0].author }}',
        body: '{% for item in items %}{{ item.at | date: "%-d.%-m. %H:%M" }} {{ item.text }}{% if item.attachment %}!{% endif %};{% endfor %}',
      },
      matter({
        person: { id: 'ann', name: 'Ann', timeZone: 'Europe/Berlin', language: 'de' },
        conversation: { id: 'c-1', skill: 'sales', metadata: { plan: 'gold' } },
        brand: 'Acme',
        items: [{ text: 'Hi', author: 'Ben', at: NOW }, { at: NOW }],
        count: 3,
        more: 1,
      }),
    )
    expect(notice).toMatchObject({
      text: 'Acme/3/1/chat/sales/gold',
      subject: 'Ann: Ben',
      body: '5.5. 14:00 Hi;5.5. 14:00 [Anhang]!;',
    })
  })

  test('in HTML escape what they print, however they print it, and mark nothing up twice', () => {
    const items = [{ text: '<i>\n&', at: NOW }]
    const html =
      '<p>{{ items[0].text }}|{{ items[0].text | escape }}|{{ items[0].text | newline_to_br }}|' +
      '{% echo items[0].text %}|{% cycle items[0].text, "" %}|{% assign t = items[0].text %}{{ t | upcase }}</p>'
    const once = '&lt;i&gt;\n&amp;'
    expect(renderNotice({ html }, matter({ items })).html).toBe(
      `<p>${once}|${once}|&lt;i&gt;<br>\n&amp;|${once}|${once}|&lt;I&gt;\n&amp;</p>`,
    )
  })

  test('never take a value for Liquid', () => {
    const text = '{{ "a" | append: "b" }}{% for i in (1..9) %}x{% endfor %}'
    const { body } = renderNotice({ body: '{{ items[0].text }}' }, matter({ items: [{ text, at: NOW }] }))
    expect(body).toBe(text)
  })

  test('a body without HTML of its own is shown as HTML, with its links', () => {
    const body = 'Dear {{ person.name }},\nsee <here> {{ link }}.\n\nBye'
    const { html } = renderNotice(
      { body },
      matter({ person: { id: 'a', name: 'A & B' }, link: 'https://a.example/?a=1&b=2' }),
    )
    expect(html).toContain(
      '<p>Dear A &amp; B,<br>\nsee &lt;here&gt; ' +
        '<a href="https://a.example/?a=1&amp;b=2">https://a.example/?a=1&amp;b=2</a>.</p>\n<p>Bye</p>',
    )
  })

  test.each([
    ['text', '{% for i in (1..1000000000) %}x{% endfor %}', 'text failed on line 1'],
    [
      'body',
      '\n{% for i in (1..2000) %}{% for j in (1..2000) %}{{ i | times: j }}{% endfor %}{% endfor %}',
      'body failed on line 2',
    ],
    [
      'body',
      '{% assign a = "xxxxxxxx" %}{% for i in (1..40) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
      'body failed on line 1',
    ],
    ['subject', '{{ items[0].text | date: items[0].text }}{{ now | date: items[0].text }}', 'subject failed on line 1'],
    ['subject', '{{ x | nothing }}', 'subject failed on line 1'],
    ['subject', '{% include "/etc/passwd" %}', 'subject failed on line 1'],
    ['text', ' \n{% if count > 5 %}many{% endif %}', 'text gave nothing to read'],
    ['html', '<style>b{}</style><p> </p>', 'html gave nothing to read'],
  ] as const)('a %s that fails is worded by us, and the fault quotes nobody', (name, template, fault) => {
    const items = [{ text: 'a secret', author: 'Ben', at: NOW }]
    const own = renderNotice({}, matter({ items }))
    expect(renderNotice({ [name]: template }, matter({ items }))).toEqual({ ...own, fault })
  })

  test('a picture is enough of HTML', () => {
    const html = '<img src="https://a.example/1.png">'
    expect(renderNotice({ html }, matter())).toMatchObject({ html })
  })

  test('do not change what they are told', () => {
    const given = matter()
    const before = structuredClone(given)
    expect(renderNotice({ text: '{% increment count %}{% increment count %}' }, given).text).toBe('12')
    expect(renderNotice({ text: '{{ count }}' }, given).text).toBe('1')
    expect(given).toEqual(before)
  })

  test('are chosen field by field: exact tag, then language, then the rule’s own', () => {
    const rule = {
      texts: { text: 'hello', subject: 'subject', body: 'body' },
      translations: { de: { text: 'hallo', subject: 'Betreff' }, 'DE-at': { text: 'servus' } },
    }
    expect(textsFor(rule, 'de_AT')).toEqual({ text: 'servus', subject: 'Betreff', body: 'body' })
    expect(textsFor(rule, 'de-CH')).toEqual({ text: 'hallo', subject: 'Betreff', body: 'body' })
    expect(textsFor(rule, 'fr')).toEqual(rule.texts)
    expect(textsFor(rule, undefined)).toEqual(rule.texts)
  })
})
