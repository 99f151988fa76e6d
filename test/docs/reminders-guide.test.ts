import { readFileSync } from 'node:fs'
import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { loadConfig } from '../../src/config/load-config.ts'
import { defineSource } from '../../src/sources/define-source.ts'
import { SOURCES } from '../../src/sources/registry.ts'
import { type ApiHouse, list, openApiHouse } from '../support/api-house.ts'

const guide = readFileSync(new URL('../../docs/guides/reminders.md', import.meta.url), 'utf8')

/** The blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...guide.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  )
}

const SOURCE = { 'shop-chat': { platform: 'chat' } }
const chat = defineSource({
  id: 'chat',
  summary: 'A chat platform.',
  config: Type.Object({}),
  waitSeconds: 60,
  reportsDelivered: true,
  create: () => {
    throw new Error('reading a configuration makes no source')
  },
})

function rulesOf(yaml: string) {
  const { config } = loadConfig({ environment: {}, readFile: () => yaml }, { sources: [...SOURCES, chat] })
  return config.subaccounts.default?.reminders ?? []
}

describe('the files of the guide on reminder rules', () => {
  test('the first one is a whole configuration', () => {
    const [rule, ...others] = rulesOf(blocks('yaml')[0] ?? '')
    expect(others).toEqual([])
    expect(rule).toMatchObject({ id: 'sales', waitMs: 3_600_000, steps: [{ fallbackAfterMs: 7_200_000 }, {}] })
  })

  test.each(blocks('yaml').slice(1))('%s', (block) => {
    const part = parse(block) as { reminders?: unknown[] }
    const reminders = part.reminders ?? [{ id: 'a', steps: [{ channel: 'SMS' }], ...part }]
    const rules = rulesOf(stringify({ sources: SOURCE, subaccounts: { default: { reminders } } }))
    expect(rules).toHaveLength(reminders.length)
  })
})

describe('the commands of the guide on reminder rules', () => {
  let house: ApiHouse
  const dryRuns: unknown[] = []
  beforeAll(async () => {
    house = await openApiHouse({
      watch: {
        dryRun: async (...given) => {
          dryRuns.push(given)
          const hour = Date.parse('2026-03-01T13:00:00Z')
          const known = { address: 'known' } as const
          const steps = [
            { ...known, channel: 'SMS', at: hour, waitsFor: 'read' as const },
            { ...known, channel: 'Email', at: hour + 7_200_000, waitsFor: 'delivered' as const },
          ]
          const rules = [{ id: 'vip', mismatch: 'metadata' as const }, { id: 'sales' }]
          return { people: [{ person: 'ann', rules, would: { result: 'remind', rule: 'sales', steps } }] }
        },
      },
    })
  })
  afterAll(() => house.close())

  const commands = blocks('sh').map((text) => ({
    method: /-X (\w+)/.exec(text)?.[1] ?? (text.includes(" -d '") ? 'POST' : 'GET'),
    path: /localhost:3000(\S+)/.exec(text)?.[1] ?? '',
    body: /-d '(.*)'/s.exec(text)?.[1] ?? '',
  }))
  const run = ({ method, path, body }: (typeof commands)[number]) =>
    house.call(method as 'PUT', path, body === '' ? undefined : body)

  test('create a rule, put rules into order, and try an event, with the answer that the guide shows', async () => {
    const [create, order, dryRun, person, ...more] = commands
    if (!create || !order || !dryRun || !person || more.length > 0) throw new Error('the guide has other commands')
    // Without an e-mail connection the house refuses the e-mail; the rule is right otherwise.
    const refused = await run(create)
    expect(refused.json.message).toBe('steps[1].channel: Email has no connection in this subaccount')
    const created = await run({ ...create, body: create.body.replace('Email', 'Viber') })
    expect([created.status, created.json.after]).toEqual([201, 3600])
    await house.call('PUT', create.path.replace('sales', 'vip'), { match: { skill: 'x' }, steps: [{ channel: 'SMS' }] })
    const ordered = await run(order)
    expect(list(ordered.json.reminders).map(({ id }) => id)).toEqual(['vip', 'sales'])

    const shown = blocks('json').map((text) => JSON.parse(text))
    const tried = await run(dryRun)
    expect(tried.json).toEqual(shown[1])
    expect(dryRuns).toEqual([['default', 'events', expect.objectContaining({ type: 'sent' })]])

    expect(await run(person)).toMatchObject({ status: 200, json: { person: 'ann', conversations: [] } })

    const wrong = await run({ ...create, body: create.body.replace('1h', '1 hour').replace('Email', 'SMS') })
    expect(wrong.json).toMatchObject(shown[0])
  })
})
