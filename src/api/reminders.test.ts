import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type ApiHouse, KEY, list, OTHER_KEY, openApiHouse } from '../../test/support/api-house.ts'
import { type ReminderRule, RULE_DEFAULTS } from '../domain/reminder-rule.ts'
import type { SourceEvent } from '../domain/source-event.ts'
import type { DryRun } from '../engine/watch-api.ts'

const URL = '/api/v1/subaccounts/default/reminders'
const SALES = {
  match: { source: 'events', skill: 'Sales', metadata: { priority: ['high', 'urgent'] } },
  after: '1h',
  steps: [{ channel: 'sms', fallbackAfter: '2h' }, { channel: 'WhatsApp' }],
  texts: { text: 'You have {{ count }} unread messages' },
  translations: { 'DE-at': { text: '{{ count }} ungelesene Nachrichten' } },
}
const configured: ReminderRule = {
  ...RULE_DEFAULTS,
  id: 'from-the-file',
  match: { skill: ['vip'] },
  steps: [{ channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' }],
  texts: {},
}
const AT = Date.UTC(2026, 0, 4)
const GOOD = { key: 'k', at: AT, conversation: 'c', type: 'conversation.ended' }
const event: SourceEvent = { key: 'k', at: AT, conversation: 'c', type: 'ended' }

let answer: DryRun = { people: [] }
const asked: unknown[] = []
let house: ApiHouse
const opened = openApiHouse({
  configuredRules: (id) => (id === 'default' ? [configured] : []),
  sourcesOf: () => [
    { name: 'LivePerson', reportsDelivered: false },
    { name: 'events', reportsDelivered: true },
  ],
  watch: {
    dryRun: async (...given) => {
      asked.push(given)
      return answer
    },
  },
})
beforeEach(async () => {
  house = await opened
  for (const { id } of await house.store.rules.list('default')) await house.store.rules.delete('default', id)
})
afterAll(async () => (await opened).close())

const ids = async () => list((await house.call('GET', URL)).json.reminders).map(({ id }) => id)

describe('reminder rules', () => {
  test('are created behind those of the configuration, shown complete in seconds, and replaced in their place', async () => {
    const created = await house.call('PUT', `${URL}/sales`, SALES)
    expect([created.status, created.json]).toEqual([
      201,
      {
        id: 'sales',
        origin: 'api',
        match: { source: ['events'], skill: ['Sales'], metadata: { priority: ['high', 'urgent'] } },
        after: 3600,
        until: 'read',
        steps: [
          { channel: 'SMS', successStatus: 'Read', fallbackAfter: 7200, onUncertain: 'wait' },
          { channel: 'WhatsApp', successStatus: 'Delivered', onUncertain: 'wait' },
        ],
        texts: SALES.texts,
        translations: { 'de-AT': { text: '{{ count }} ungelesene Nachrichten' } },
        gap: { first: 3600, growth: 2, longest: 604_800 },
        fold: 'conversation',
        authors: ['person', 'bot'],
        largestGroup: 50,
      },
    ])
    await house.call('PUT', `${URL}/support`, { steps: [{ channel: 'SMS' }] })
    const replaced = await house.call('PUT', `${URL}/sales`, { ...SALES, gap: 'once' })
    expect([replaced.status, replaced.json.gap]).toEqual([200, 'once'])
    expect(await ids()).toEqual(['from-the-file', 'sales', 'support'])
    const shown = await house.call('GET', URL)
    expect(list(shown.json.reminders)[0]).toMatchObject({ origin: 'configuration', match: { skill: ['vip'] } })
  })

  test('a rule that is read and put back is the same rule', async () => {
    await house.call('PUT', `${URL}/sales`, SALES)
    const [before] = await house.store.rules.list('default')
    const { json } = await house.call('GET', `${URL}/sales`)
    expect((await house.call('PUT', `${URL}/sales`, json)).status).toBe(200)
    expect(await house.store.rules.list('default')).toEqual([before])
    const once = { ...SALES, gap: 'once', authors: 'system', until: 'delivered' }
    const { json: other } = await house.call('PUT', `${URL}/sales`, once)
    expect((await house.call('PUT', `${URL}/sales`, other)).json).toEqual(other)
    expect(other).toMatchObject({ gap: 'once', authors: ['system'], until: 'delivered' })
  })

  test('all that is wrong is told at once, with its path, and nothing is stored', async () => {
    const wrong = {
      ...SALES,
      match: { source: 'liveperson' },
      after: '5s',
      until: 'delivered',
      steps: [{ channel: 'SMS', successStatus: 'Seen' }],
      texts: { text: '{{ cuont }}' },
      afetr: 1,
    }
    const { status, json } = await house.call('PUT', `${URL}/sales`, wrong)
    expect([status, json.code]).toEqual([400, 1000])
    expect(json.message).toBe(
      [
        'afetr: is not a field of a rule; did you mean after?',
        'after: got "5s"; use a duration from 10s to 31d such as "1h", or whole seconds',
        'until: LivePerson never tells of delivery; use "read", or only these in match.source: events',
        'steps[0].successStatus: got "Seen"; use Accepted, Sent, Delivered or Read',
        'texts.text: line 1: there is no cuont; there are person, conversation, source, items, count, more, now, brand, link',
      ].join('; '),
    )
    expect(await ids()).toEqual(['from-the-file'])
  })

  test.each<[what: string, id: string, body: unknown, status: number, message: string]>([
    ['nothing', 'a', undefined, 400, 'body: must be a rule such as {'],
    ['a list', 'a', [SALES], 400, 'body: must be a rule such as {'],
    ['another id', 'a', { ...SALES, id: 'b' }, 400, 'id: must be the one of the path, "a", or left out'],
    ['an id that is none', 'a%20b', SALES, 400, 'id: got "a b"; use a name'],
    ['no steps', 'a', {}, 400, 'steps: must be a list of 1 to 10 steps'],
    [
      'a source that is none',
      'a',
      { ...SALES, match: { source: ['events', 'x'] } },
      400,
      'match.source[1]: "x" is not',
    ],
    ['the name of a configured one', 'from-the-file', SALES, 409, 'ruleId: the rule from-the-file is set in the conf'],
  ])('with %s are refused', async (_what, id, body, status, message) => {
    const refused = await house.call('PUT', `${URL}/${id}`, body)
    expect([refused.status, refused.json.message]).toEqual([status, expect.stringContaining(message)])
    expect(await house.store.rules.list('default')).toEqual([])
  })

  test('are removed once; those of the configuration are not', async () => {
    await house.call('PUT', `${URL}/sales`, SALES)
    const gone = await house.call('DELETE', `${URL}/sales`)
    expect([gone.status, gone.text]).toEqual([204, ''])
    expect((await house.call('DELETE', `${URL}/sales`)).status).toBe(404)
    expect((await house.call('GET', `${URL}/sales`)).status).toBe(404)
    expect((await house.call('DELETE', `${URL}/from-the-file`)).status).toBe(409)
    expect((await house.call('GET', `${URL}/from-the-file`)).json.origin).toBe('configuration')
  })

  test('are put into another order only when each is named once', async () => {
    for (const id of ['a', 'b', 'c']) await house.call('PUT', `${URL}/${id}`, { ...SALES, match: { skill: id } })
    const reorder = async (order: unknown) => {
      const { status, json } = await house.call('PUT', URL, { order })
      return [status, json.message ?? list(json.reminders).map(({ id }) => id)]
    }
    expect(await reorder(['c', 'b'])).toEqual([400, 'order: must name each rule; missing: a'])
    expect(await reorder(['c', 'b', 'c'])).toEqual([400, 'order[2]: names "c" a second time'])
    expect(await reorder(['x', 'c', 'b', 'a'])).toEqual([400, 'order[0]: "x" is no rule of this subaccount'])
    expect(await reorder(['from-the-file', 'c', 'b', 'a'])).toEqual([
      400,
      expect.stringMatching(/^order\[0\]: .*configuration file/),
    ])
    expect(await reorder('abc')).toEqual([400, expect.stringContaining('order: must be a list of ids')])
    expect(await ids()).toEqual(['from-the-file', 'a', 'b', 'c'])
    expect(await reorder(['c', 'a', 'b'])).toEqual([200, ['from-the-file', 'c', 'a', 'b']])
  })

  test('warn of what keeps them from doing what they say', async () => {
    const { rules } = house.store
    await rules.put('default', { ...configured, id: 'all', match: {} })
    await rules.put('default', { ...configured, id: 'never', match: { skill: ['x'] } })
    await rules.put('default', { ...configured, id: 'from-the-file', authors: ['system'] })
    const steps = [{ channel: 'Pager', successStatus: 'sent' as const, onUncertain: 'wait' as const }]
    await rules.put('default', { ...configured, id: 'old', authors: ['system'], match: { source: ['Layer'] }, steps })
    const shown = list((await house.call('GET', URL)).json.reminders)
    expect(shown.map(({ warnings }) => warnings)).toEqual([
      undefined,
      undefined,
      ['It never applies: the rule "all" before it takes all that this one is for.'],
      ['It is never asked: a rule of the configuration has the same id.'],
      ['Step 1 is skipped: Pager has no connection any more.', 'There is no source "Layer" any more.'],
    ])
    // It can be taken away, though the one of the configuration cannot.
    expect((await house.call('DELETE', `${URL}/from-the-file`)).status).toBe(204)
  })

  test('are limited in number, and one that is there can still be replaced', async () => {
    for (let n = 0; n < 200; n += 1) await house.store.rules.put('default', { ...configured, id: `r${n}` })
    const steps = [{ channel: 'SMS' }]
    expect((await house.call('PUT', `${URL}/one-more`, { steps })).json.message).toMatch(/may have 200 rules/)
    expect((await house.call('PUT', `${URL}/r7`, { steps })).status).toBe(200)
  })

  test('of another subaccount are out of reach', async () => {
    await house.call('PUT', `${URL}/sales`, SALES)
    expect((await house.call('GET', `${URL}/sales`, undefined, { key: OTHER_KEY })).status).toBe(403)
    const other = await house.call('GET', URL.replace('default', 'other'), undefined, { key: OTHER_KEY })
    expect(other.json).toEqual({ reminders: [] })
    expect(KEY).not.toBe(OTHER_KEY)
  })
})

describe('a dry run', () => {
  const dryRun = (body: unknown) => house.call('POST', `${URL}/dry-run`, body)
  const at = Date.parse('2026-03-01T12:00:00Z')
  const step = { channel: 'SMS', at, waitsFor: 'read', address: 'known' } as const

  test('tells for each person which rules were asked, what would happen, when and why, in words too', async () => {
    answer = {
      people: [
        {
          person: 'ann',
          rules: [{ id: 'vip', mismatch: 'skill' }, { id: 'sales' }],
          would: {
            result: 'remind',
            rule: 'sales',
            steps: [step, { ...step, channel: 'Email', at: at + 7_200_000, waitsFor: 'delivered', address: 'unknown' }],
          },
        },
        { person: 'bob', rules: [], would: { result: 'nothing', why: 'left' } },
      ],
    }
    const { status, json } = await dryRun({ source: 'LivePerson', event: GOOD })
    expect(status).toBe(200)
    expect(asked.at(-1)).toEqual(['default', 'LivePerson', event])
    expect(json).toEqual({
      people: [
        {
          person: 'ann',
          text: 'ann would be reminded by the rule "sales", unless it is read before: SMS at 2026-03-01T12:00:00.000Z, then Email at 2026-03-01T14:00:00.000Z.',
          result: 'remind',
          rule: 'sales',
          umids: [],
          steps: [
            {
              step: 1,
              channel: 'SMS',
              at: '2026-03-01T12:00:00.000Z',
              waitsFor: 'Read',
              address: 'known',
              text: 'SMS goes out at 2026-03-01T12:00:00.000Z. It waits to be read.',
            },
            {
              step: 2,
              channel: 'Email',
              at: '2026-03-01T14:00:00.000Z',
              waitsFor: 'Delivered',
              address: 'unknown',
              text: 'Email goes out at 2026-03-01T14:00:00.000Z if there is an address by then; nobody could say in time. It waits to be delivered.',
            },
          ],
          rules: [
            {
              id: 'vip',
              applies: false,
              mismatch: 'skill',
              text: 'The rule "vip" does not apply: the skill is another.',
            },
            { id: 'sales', applies: true, text: 'The rule "sales" applies.' },
          ],
        },
        {
          person: 'bob',
          text: 'Nothing would happen for bob: they have left the conversation.',
          result: 'nothing',
          why: 'left',
          umids: [],
          steps: [],
          rules: [],
        },
      ],
    })
  })

  test('tells of a reminder that would be joined, of those called off, and of steps without an address', async () => {
    const missing = { ...step, address: 'missing' } as const
    answer = {
      people: [
        {
          person: 'ann',
          rules: [{ id: 's' }],
          would: { result: 'join', rule: 's', umid: 'u1', steps: [missing, step] },
        },
        { person: 'bob', rules: [{ id: 's' }], would: { result: 'remind', rule: 's', steps: [missing] } },
        { person: 'cy', rules: [], would: { result: 'call-off', umids: ['u2', 'u3'] } },
        { person: 'di', rules: [], would: { result: 'call-off', umids: [] } },
      ],
    }
    const people = list((await dryRun({ event: GOOD })).json.people)
    expect(asked.at(-1)).toEqual(['default', 'events', event])
    expect(people.map(({ text, umids }) => [text, umids])).toEqual([
      [
        'ann would be told of it by the rule "s", with what is unread already: SMS at 2026-03-01T12:00:00.000Z.',
        ['u1'],
      ],
      ['bob would be reminded by the rule "s", unless it is read before: but no step has an address.', []],
      ['2 reminders of cy would be called off, entirely or in part.', ['u2', 'u3']],
      ['No reminder of di would be called off: none is open.', []],
    ])
    expect(list(people[0]?.steps).map(({ text }) => text)).toEqual([
      'SMS would be skipped at 2026-03-01T12:00:00.000Z: no address is known.',
      expect.stringMatching(/^SMS goes out/),
    ])
  })

  test('of an event that cannot be read, or from a source that is none, is refused and asks nobody', async () => {
    const before = asked.length
    expect((await dryRun({ event: { ...GOOD, type: 'bad' } })).json.message).toEqual(
      expect.stringMatching(/^event\.type: must be one of message\.sent, /),
    )
    expect((await dryRun({ source: 'x', event: GOOD })).json.message).toBe(
      'source: is not a source of this subaccount; there are LivePerson, events',
    )
    expect((await dryRun({ source: 'events' })).json.message).toMatch(/^event: is missing/)
    expect((await dryRun({ event: GOOD, sourec: 'x' })).json.message).toMatch(/did you mean source\?/)
    expect(asked.length).toBe(before)
  })
})
