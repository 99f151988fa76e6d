import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { EVENT_TYPES } from '../../src/api/event-shape.ts'
import { readSourceEvent } from '../../src/api/read-source-event.ts'
import { smsParts } from '../../src/domain/sms-text.ts'
import { formatMoment } from '../../src/templates/moment.ts'
import { checkTemplate, renderNotice } from '../../src/templates/templates.ts'
import { blocksIn, readGuide } from '../support/guide-blocks.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

/** The first cells of all tables of a page. */
const firstCells = (page: string) => [...page.matchAll(/^\| `([^|]*?)` ?\|/gm)].map(([, cell = '']) => cell)

test('each event in the guide to own chats is one that is taken, the curls’ too', () => {
  const page = readGuide('own-chat')
  const json = [
    ...blocksIn(page, 'json'),
    ...blocksIn(page, 'sh').flatMap((text) => [...text.matchAll(/-d '(.*?)'/gs)].map(([, body = '']) => body)),
  ]
  const events = json.flatMap((text) => JSON.parse(text) as object | object[])
  expect(events).toHaveLength(14)
  const told = events.map((event) => readSourceEvent(event, NOW + 600_000))
  expect(new Set(told.map(({ type }) => type)).size).toBe(EVENT_TYPES.length)
})

test('the guide to own chats names every type of event', () => {
  for (const type of EVENT_TYPES) expect(readGuide('own-chat')).toContain(`\`${type}\``)
})

test('each template in the guide to templates is a right one', () => {
  const page = readGuide('templates')
  const filters = [...page.matchAll(/\| `(\{\{.*?\}\})` \|/g)].map(([, text = '']) => text.replaceAll('\\|', '|'))
  const texts = blocksIn(page, 'yaml').flatMap((text) => {
    const { texts, translations } = parseYaml(text) as {
      texts: { text: string }
      translations: { de: { text: string } }
    }
    return [texts.text, translations.de.text]
  })
  const templates = [...blocksIn(page, 'liquid'), ...filters, ...texts]
  expect(templates.length).toBeGreaterThanOrEqual(12)
  // `item` is what a loop calls it.
  const inLoop = (text: string) => (/for item/.test(text) ? text : `{% for item in items %}${text}{% endfor %}`)
  for (const template of templates) expect([template, checkTemplate(inLoop(template))]).toEqual([template, undefined])
})

test('each variable in the guide to templates is there, with nothing missing from the guide', () => {
  const cells = firstCells(readGuide('templates')).filter((cell) => /^[a-z.…A-Z]+$/.test(cell))
  const documented = new Set(cells.map((cell) => cell.split('.')[0]))
  for (const name of ['person', 'conversation', 'source', 'items', 'count', 'more', 'now', 'brand', 'link', 'item']) {
    expect([...documented]).toContain(name)
  }
  for (const cell of cells.filter((each) => /^(person|conversation|item)\./.test(each))) {
    const variable = cell.replace('…', 'plan')
    expect([cell, checkTemplate(`{% for item in items %}{{ ${variable} }}{% endfor %}`)]).toEqual([cell, undefined])
  }
})

test('the times in the guide to templates are what the filter gives', () => {
  const at = Date.parse('2026-03-01T11:58:00Z')
  const rows = [
    ...readGuide('templates').matchAll(/^\| `\{\{ item\.at \\\| date(?:: "(.*?)"(?:, "(.*?)")?)? \}\}` \| (.*) \|$/gm),
  ]
  expect(rows).toHaveLength(5)
  for (const [, format = 'full', timeZone = 'UTC', words] of rows) {
    expect(formatMoment(at, format, { language: 'en', timeZone })).toBe(words)
  }
})

test('the first template in the guide reads well', () => {
  const [body = ''] = blocksIn(readGuide('templates'), 'liquid')
  const told = {
    person: { id: 'ann' },
    conversation: { id: 'c-1', metadata: {} },
    source: 'chat',
    items: [{ text: 'Your table is ready.', author: 'Ben', at: NOW }],
    count: 3,
    more: 2,
    now: NOW,
    link: 'https://chat.example.com/',
  }
  expect(renderNotice({ body }, told).body).toBe(
    'Hello there,\n\n3 messages are waiting for you:\n\nBen, Mar 1, 2026, 12:00 PM:\nYour table is ready.\n\n' +
      '… and 2 more.\n\nAnswer at https://chat.example.com/',
  )
})

test('the SMS in the guide to channels take what it says', () => {
  const times = { eight: 8, eighty: 80, 'eighty-one': 81, 'thirty-five': 35, 'thirty-six': 36 }
  const rows = [...readGuide('channels').matchAll(/^\| `([^`]+)`(?: (\S+) times)? \| (GSM7|UCS2) \| (\d+) \|$/gm)]
  expect(rows).toHaveLength(10)
  for (const [row, text = '', count, encoding, parts] of rows) {
    const whole = text.repeat(count === undefined ? 1 : times[count as keyof typeof times])
    expect([row, smsParts(whole, 'AUTO')]).toEqual([row, expect.objectContaining({ encoding, parts: Number(parts) })])
  }
})

test('what the guide to channels says of the GSM alphabet is so', () => {
  const [, has = '', lacks = ''] =
    /The GSM alphabet has(.*?)It lacks(.*?)every emoji/s.exec(readGuide('channels')) ?? []
  const characters = (text: string) => [...text.matchAll(/`([^`]+)`/g)].flatMap(([, list = '']) => list.split(' '))
  expect(characters(has).length).toBeGreaterThan(30)
  for (const each of characters(has)) expect([each, smsParts(each, 'AUTO').encoding]).toEqual([each, 'GSM7'])
  expect(characters(lacks).length).toBeGreaterThan(8)
  for (const each of characters(lacks)) expect([each, smsParts(each, 'AUTO').encoding]).toEqual([each, 'UCS2'])
})
