import { describe, expect, it } from 'vitest'
import { meaningOf as meaningAtViber } from '../../src/channels/viber/status-codes.ts'
import { wordsFor } from '../../src/channels/whatsapp-cloud/error-codes.ts'
import { contentFields } from '../../src/channels/whatsapp-cloud/message-body.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { blocksIn, readGuide } from '../support/guide-blocks.ts'

/** With a setting of the connection in place of the one that stood there, or behind the others. */
function withSetting(yaml: string, setting: string): string {
  const name = /^ {4}(\w+):/.exec(setting)?.[1]
  return yaml.replace(new RegExp(`^ {4}${name}:.*\n`, 'm'), '') + setting
}

function connectionsIn(yaml: string) {
  const names = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name)
  const environment = Object.fromEntries(names.map((name) => [name, 'a-secret']))
  const readFile = () => yaml
  return loadConfig({ environment, readFile, flags: { config: 'untilread.yaml' } }).config.connections
}

/** Our words and the codes behind them, as the rows of "When something does not work" give them. */
const troubles = (page: string) =>
  [...page.matchAll(/^\| (`[^|`]*`) \(([\d, ]+)\)(?:, (`[^|`]*`) \(([\d, ]+)\))? \|/gm)].flatMap(
    ([, words = '', codes = '', more, moreCodes = '']) => [
      { words, codes },
      ...(more === undefined ? [] : [{ words: more, codes: moreCodes }]),
    ],
  )

describe.each([
  ['whatsapp-cloud', 'WhatsApp', 3, 10, (code: number) => wordsFor(code)],
  ['viber', 'Viber', 2, 8, (code: number) => meaningAtViber(code).words],
])('the guide to %s', (name, channel, configurations, rows, wordsOf) => {
  const page = readGuide(name)

  it('shows configurations that are right', () => {
    const [first = '', ...settings] = blocksIn(page, 'yaml')
    const all = [first, ...settings.map((setting) => withSetting(first, setting))]
    expect(all).toHaveLength(configurations)
    for (const yaml of all) {
      expect(connectionsIn(yaml)).toMatchObject([{ definition: { id: name }, channels: [channel] }])
    }
  })

  it('quotes what stands on the timeline', () => {
    const found = troubles(page)
    expect(found.length).toBeGreaterThanOrEqual(rows)
    for (const { words, codes } of found) {
      const said = codes.split(',').map((code) => wordsOf(Number(code)))
      for (const [, quoted = ''] of words.matchAll(/`([^`]*?)(?: …)?`/g)) {
        expect([quoted, said.some((each) => each.includes(quoted))]).toEqual([quoted, true])
      }
    }
  })
})

it('the template in the guide to WhatsApp is one that goes', () => {
  const [message = '{}'] = blocksIn(readGuide('whatsapp-cloud'), 'json')
  const { type, content } = JSON.parse(message)
  expect(contentFields({ content: { type, content } }, undefined)).toMatchObject({
    template: { components: [{ type: 'header' }, { type: 'body' }, { sub_type: 'quick_reply' }] },
  })
})
