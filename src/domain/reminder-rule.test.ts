import { describe, expect, test } from 'vitest'
import { covers, gapAfter, mismatch, type ReminderRule, RULE_DEFAULTS, type RuleMatch } from './reminder-rule.ts'

const ruleOf = (match: RuleMatch, more: Partial<ReminderRule> = {}): ReminderRule => ({
  ...RULE_DEFAULTS,
  id: 'a',
  match,
  steps: [{ channel: 'SMS', successStatus: 'delivered', onUncertain: 'wait' }],
  texts: {},
  ...more,
})

describe('a rule is held against an unread message', () => {
  const about = { skill: 'Sales', channel: 'web', metadata: { priority: 'High' } }
  const unread = { source: 'layer', about, author: 'person' } as const

  test.each<[match: RuleMatch, expected: string | undefined]>([
    [{}, undefined],
    [{ source: ['LAYER'], skill: ['x', 'sales'], channel: ['Web'], metadata: { priority: ['high'] } }, undefined],
    [{ source: ['events'] }, 'source'],
    [{ skill: ['support'] }, 'skill'],
    [{ channel: ['app'] }, 'channel'],
    [{ metadata: { priority: ['low'] } }, 'metadata'],
    [{ metadata: { region: ['eu'] } }, 'metadata'],
  ])('%j: %s', (match, expected) => {
    expect(mismatch(ruleOf(match), unread)).toBe(expected)
  })

  test('what the platform does not say matches no condition', () => {
    expect(mismatch(ruleOf({ skill: ['sales'] }), { ...unread, about: {} })).toBe('skill')
    expect(mismatch(ruleOf({}), { ...unread, author: 'system' })).toBe('author')
  })
})

describe('a rule covers another that stands behind it', () => {
  test.each<[earlier: RuleMatch, later: RuleMatch, expected: boolean]>([
    [{}, {}, true],
    [{}, { skill: ['sales'] }, true],
    [{ skill: ['sales'] }, {}, false],
    [{ skill: ['Sales', 'support'] }, { skill: ['sales'], channel: ['web'] }, true],
    [{ skill: ['sales'] }, { skill: ['sales', 'support'] }, false],
    [{ metadata: { a: ['1', '2'] } }, { metadata: { a: ['2'], b: ['3'] } }, true],
    [{ metadata: { a: ['1'] } }, { metadata: { b: ['1'] } }, false],
    [{ source: ['x'], skill: ['s'] }, { skill: ['s'] }, false],
  ])('%j before %j: %s', (earlier, later, expected) => {
    expect(covers(ruleOf(earlier), ruleOf(later))).toBe(expected)
  })

  test('only where it is for all of its authors', () => {
    expect(covers(ruleOf({}), ruleOf({}, { authors: ['system'] }))).toBe(false)
    expect(covers(ruleOf({}), ruleOf({}, { authors: ['bot'] }))).toBe(true)
  })

  test('then nothing is left to it: whatever it applies to, the earlier one takes', () => {
    const values = [undefined, ['a'], ['b'], ['a', 'b']] as const
    const matches = values.flatMap((skill) =>
      values.map((value) => ({ ...(skill && { skill }), ...(value && { metadata: { k: value } }) })),
    )
    const messages = ['a', 'b', undefined].flatMap((skill) =>
      ['a', 'b', undefined].map((k) => ({ ...(skill && { skill }), ...(k && { metadata: { k } }) })),
    )
    for (const earlier of matches.map((match) => ruleOf(match))) {
      for (const later of matches.map((match) => ruleOf(match))) {
        const taken = (rule: ReminderRule) =>
          messages.filter((about) => !mismatch(rule, { source: 's', about, author: 'bot' }))
        const left = taken(later).filter((about) => !taken(earlier).includes(about))
        expect([earlier.match, later.match, covers(earlier, later)]).toEqual([
          earlier.match,
          later.match,
          left.length === 0,
        ])
      }
    }
  })
})

describe('the gap after a notice', () => {
  const gap = { firstMs: 1_000, growth: 3, longestMs: 20_000 }

  test('grows with each notice in a row, up to the longest', () => {
    expect([0, 1, 2, 3, 4, 9_999].map((n) => gapAfter({ gap }, n))).toEqual([0, 1_000, 3_000, 9_000, 20_000, 20_000])
  })

  test('of nothing stays nothing, however many notices came', () => {
    expect([1, 2, 9_999].map((n) => gapAfter({ gap: { ...gap, firstMs: 0 } }, n))).toEqual([0, 0, 0])
  })

  test('never ends where there is one notice only', () => {
    expect([0, 1].map((n) => gapAfter({ gap: 'once' }, n))).toEqual([0, Number.POSITIVE_INFINITY])
  })
})
