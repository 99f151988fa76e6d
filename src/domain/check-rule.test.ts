import { describe, expect, test } from 'vitest'
import { checkRule, type RuleWorld } from './check-rule.ts'
import { RULE_DEFAULTS } from './reminder-rule.ts'

const world: RuleWorld = {
  nearest: (wrong, names) => names.find((name) => name !== wrong && name === wrong.replace(/s$/, '')),
  ability: (name) =>
    ['SMS', 'Email'].includes(name)
      ? { name, reports: ['accepted', 'sent', 'delivered'], connected: name === 'SMS' }
      : undefined,
  checkTemplate: (template) => (template.includes('{%') ? 'line 1: a tag is not closed' : undefined),
  sources: [
    { name: 'Layer', reportsDelivered: true },
    { name: 'liveperson', reportsDelivered: false },
    { name: 'events', reportsDelivered: true },
  ],
}
const LEAST = { id: 'a', steps: [{ channel: 'SMS' }] }

function read(more: object, from = world) {
  const checked = checkRule({ ...LEAST, ...more }, from)
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  return checked.rule
}
function problems(more: object, from = world): string[] {
  const checked = checkRule({ ...LEAST, ...more }, from)
  return checked.ok ? [] : checked.problems.map(({ path, message }) => `${path}: ${message}`)
}

describe('a rule that is right', () => {
  test('needs no more than a name and a step', () => {
    expect(read({})).toEqual({
      id: 'a',
      ...RULE_DEFAULTS,
      match: {},
      steps: [{ channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' }],
      texts: {},
    })
  })

  test('says nothing by a field that is null, as YAML has it', () => {
    const nothing = { match: null, after: null, until: null, texts: null, translations: null, gap: null, fold: null }
    expect(read({ ...nothing, authors: null, largestGroup: null })).toEqual(read({}))
    expect(read({ match: { skill: null, metadata: null }, texts: { text: null }, gap: { growth: null } })).toEqual(
      read({}),
    )
  })

  test('has one text or a list of them to match, and its sources in the spelling of the operator', () => {
    const match = {
      source: 'layer',
      skill: ['Sales', 'support'],
      channel: 'web',
      metadata: { a: 'x', 'b.c': ['y', 'z'] },
    }
    expect(read({ match }).match).toEqual({
      source: ['Layer'],
      skill: ['Sales', 'support'],
      channel: ['web'],
      metadata: { a: ['x'], 'b.c': ['y', 'z'] },
    })
  })

  test.each([
    ['10s', 10_000],
    ['1.5h', 5_400_000],
    ['31d', 2_678_400_000],
    [3600, 3_600_000],
    ['90000ms', 90_000],
  ])('waits for %j', (after, ms) => {
    expect(read({ after }).waitMs).toBe(ms)
  })

  test('has words in any case of letters', () => {
    expect(read({ until: 'Delivered', match: { source: 'Layer' } }).until).toBe('delivered')
    expect(read({ fold: 'NONE', authors: ['System', 'bot', 'system'], gap: 'Once' })).toMatchObject({
      fold: 'none',
      authors: ['system', 'bot'],
      gap: 'once',
    })
  })

  test('has a gap of which any part may be left out', () => {
    const gap = { firstMs: 3_600_000, growth: 2, longestMs: 604_800_000 }
    expect(read({ gap: {} }).gap).toEqual(gap)
    expect(read({ gap: { first: '0s', growth: 1.5 } }).gap).toEqual({ ...gap, firstMs: 0, growth: 1.5 })
    // A first gap beyond the usual longest does not contradict what nobody wrote.
    expect(read({ gap: { first: '30d' } }).gap).toEqual({ ...gap, firstMs: 2_592_000_000, longestMs: 2_592_000_000 })
  })

  test('has translations by language, in the spelling of the standard', () => {
    const translations = { DE: { text: 'a' }, 'PT-br': { subject: 'b' } }
    expect(read({ translations }).translations).toEqual({ de: { text: 'a' }, 'pt-BR': { subject: 'b' } })
  })

  test('has steps that wait for the chat to be read, for longer than other sequences can', () => {
    const steps = [
      { channel: 'SMS', fallbackAfter: '31d' },
      { channel: 'SMS', fallbackAfter: 20, successStatus: 'sent' },
    ]
    expect(read({ steps }).steps).toEqual([
      { channel: 'SMS', successStatus: 'read', fallbackAfterMs: 2_678_400_000, onUncertain: 'wait' },
      { channel: 'SMS', successStatus: 'sent', fallbackAfterMs: 20_000, onUncertain: 'wait' },
    ])
  })
})

describe('a rule that waits for delivery', () => {
  test('is refused where a source that it is for never tells of it', () => {
    const instead = 'use "read", or only these in match.source: Layer, events'
    expect(problems({ until: 'delivered', match: { source: ['Layer', 'LivePerson'] } })).toEqual([
      `until: liveperson never tells of delivery; ${instead}`,
    ])
    expect(problems({ until: 'delivered' })).toEqual([`until: liveperson never tells of delivery; ${instead}`])
    const deaf = { ...world, sources: [{ name: 'x', reportsDelivered: false }] }
    expect(problems({ until: 'delivered' }, deaf)).toEqual(['until: x never tells of delivery; use "read"'])
  })

  test('is taken where all of them do, and where the sources are not known', () => {
    expect(read({ until: 'delivered', match: { source: ['Layer', 'events'] } }).until).toBe('delivered')
    const { sources: _, ...unknown } = world
    expect(read({ until: 'delivered', match: { source: 'whatever' } }, unknown).match).toEqual({ source: ['whatever'] })
  })
})

describe('what is wrong is told with its path and what would be right', () => {
  test.each<[more: object, problem: string]>([
    [{ id: undefined }, 'id: is missing; use a name of letters, digits, "-" and "_", at most 64'],
    [{ authorss: [] }, 'authorss: is not a field of a rule; did you mean authors?'],
    [{ match: { source: 'Layers' } }, 'match.source: "Layers" is not a source of this subaccount; did you mean Layer?'],
    [{ id: 'a b' }, 'id: got "a b"; use a name of letters, digits, "-" and "_", at most 64'],
    [{ idd: 1 }, 'idd: is not a field of a rule; there are id, match,'],
    [{ match: 'sales' }, 'match: got "sales"; use conditions such as {"skill":"sales"}'],
    [{ match: { skil: 'x' } }, 'match.skil: is not a field of match; there are source, skill, channel, metadata'],
    [{ match: { skill: [] } }, 'match.skill: has 0 values; use 1 to 200, or leave it out to match any'],
    [{ match: { skill: ['a', 4711] } }, 'match.skill[1]: got 4711; use a text in quotes'],
    [{ match: { skill: '' } }, 'match.skill: got ""; use a text'],
    [{ match: { skill: ['a', null] } }, 'match.skill[1]: is missing; use a text'],
    [
      { match: { source: 'x' } },
      'match.source: "x" is not a source of this subaccount; there are Layer, liveperson, events',
    ],
    [{ match: { metadata: ['a'] } }, 'match.metadata: got ["a"]; use names and values such as'],
    [{ match: { metadata: { a: null } } }, 'match.metadata.a: got nothing; use a text or a list of texts'],
    [{ match: { metadata: { a: { b: 1 } } } }, 'match.metadata.a: got {"b":1}; use a text'],
    [{ after: '9s' }, 'after: got "9s"; use a duration from 10s to 31d such as "1h", or whole seconds'],
    [{ after: '32d' }, 'after: got "32d"; use a duration'],
    [{ after: '10500ms' }, 'after: got "10500ms"; use a duration'],
    [{ after: 10.5 }, 'after: got 10.5; use a duration'],
    [{ after: 'soon' }, 'after: got "soon"; use a duration'],
    [{ until: 'sent' }, 'until: got "sent"; use "read" or "delivered"'],
    [{ steps: undefined }, 'steps: must be a list of 1 to 10 steps'],
    [{ steps: [{ channel: 'Email' }] }, 'steps[0].channel: Email has no connection in this subaccount'],
    [{ steps: [{ channel: 'Fax' }] }, 'steps[0].channel: "Fax" is not a channel'],
    [
      { steps: [{ channel: 'SMS', fallbackAfter: '32d' }] },
      'steps[0].fallbackAfter: got "32d"; use whole seconds from 10 to 2678400, or a duration such as "2h"',
    ],
    [{ steps: [{ channel: 'SMS', fallbackAfter: 'x' }] }, 'steps[0].fallbackAfter: got "x"; use whole seconds'],
    [{ steps: [{ channel: 'SMS', tries: 1 }] }, 'steps[0].tries: is not a field of a step'],
    [{ texts: 'hello' }, 'texts: got "hello"; use texts such as {"text":'],
    [{ texts: { txt: 'x' } }, 'texts.txt: is not a field of texts; there are text, subject, body, html'],
    [{ texts: { body: ' ' } }, 'texts.body: must not be empty; leave it out for our own words'],
    [{ texts: { body: 7 } }, 'texts.body: got 7; use a text'],
    [{ texts: { subject: 'a\nb' } }, 'texts.subject: must be one line'],
    [{ texts: { text: 'x'.repeat(10_001) } }, 'texts.text: has 10001 characters; at most 10000 are allowed'],
    [{ texts: { html: '{% if' } }, 'texts.html: line 1: a tag is not closed'],
    [{ translations: ['de'] }, 'translations: got ["de"]; use texts by language'],
    [{ translations: { de_DE: {} } }, 'translations.de_DE: is not a language; use one such as de or pt-BR'],
    [{ translations: { de: {}, DE: {} } }, 'translations.DE: de stands here twice'],
    [{ translations: { de: { text: '{%' } } }, 'translations.de.text: line 1: a tag is not closed'],
    [{ translations: { de: { test: 'x' } } }, 'translations.de.test: is not a field of a translation'],
    [{ gap: '1h' }, 'gap: got "1h"; use "once", or a gap such as'],
    [{ gap: { frist: 1 } }, 'gap.frist: is not a field of a gap; there are first, growth, longest'],
    [{ gap: { first: '2d', longest: '1d' } }, 'gap.longest: is shorter than the first gap, of 172800 seconds'],
    [{ gap: { growth: 0.5 } }, 'gap.growth: got 0.5; use a number from 1 to 100'],
    [{ gap: { longest: '366d' } }, 'gap.longest: got "366d"; use a duration from 0s to 365d'],
    [{ fold: true }, 'fold: got true; use "conversation" or "none"'],
    [{ authors: [] }, 'authors: must not be empty; use some of "person", "bot" and "system"'],
    [{ authors: ['human'] }, 'authors[0]: got "human"; use "person" or "bot" or "system"'],
    [{ largestGroup: -1 }, 'largestGroup: got -1; use a whole number from 0 to 100000'],
  ])('%j', (more, problem) => {
    const found = problems(more)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(problem)
  })

  test.each([null, [], 'rule', 7])('%j is no rule at all', (input) => {
    expect(checkRule(input, world)).toMatchObject({ ok: false, problems: [{ path: '' }] })
  })

  test('a long value is not repeated in full', () => {
    expect(problems({ until: 'x'.repeat(9_999) })[0]?.length).toBeLessThan(150)
    expect(problems({ ['f'.repeat(9_999)]: 1 })[0]?.length).toBeLessThan(250)
  })
})
