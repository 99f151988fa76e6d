import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { type ReminderRule, RULE_DEFAULTS } from '../../src/domain/reminder-rule.ts'
import type { RuleStore } from '../../src/engine/ports/rule-store.ts'
import { PLACES, type Place } from '../support/stores.ts'

const ruleOf = (id: string, more: Partial<ReminderRule> = {}): ReminderRule => ({
  id,
  ...RULE_DEFAULTS,
  match: { skill: ['Größe "L" 你好 🙂'] },
  waitMs: 3_600_000,
  steps: [{ channel: 'SMS', successStatus: 'read', fallbackAfterMs: 60_000, onUncertain: 'wait' }],
  texts: { text: "{{ count }} '; drop table reminder_rules; --" },
  ...more,
})

describe.each(Object.entries(PLACES))('rules on %s', (_name, makePlace) => {
  let place: Place
  let rules: RuleStore
  beforeEach(async () => {
    place = await makePlace(inject('postgresUrl'))
    rules = (await place.open()).rules
  })
  afterEach(() => place.cleanUp())

  const ids = async (subAccountId = 'default') => (await rules.list(subAccountId)).map(({ id }) => id)

  test('a rule comes back as it was put, also from another connection', async () => {
    const rule = ruleOf('a', { translations: { de: { text: 'Grüße' } }, gap: 'once' })
    expect(await rules.put('default', rule)).toBe('created')
    expect(await (await place.open()).rules.list('default')).toEqual([rule])
  })

  test('rules stand in the order in which they were made, and one that is replaced keeps its place', async () => {
    for (const id of ['c', 'a', 'b']) await rules.put('default', ruleOf(id))
    expect(await rules.put('default', ruleOf('c', { fold: 'none' }))).toBe('replaced')
    expect(await ids()).toEqual(['c', 'a', 'b'])
    expect((await rules.list('default'))[0]?.fold).toBe('none')
  })

  test('subaccounts have rules of their own, with ids of their own', async () => {
    await rules.put('default', ruleOf('a'))
    await rules.put('other', ruleOf('a', { largestGroup: 7 }))
    expect(await rules.delete('default', 'a')).toBe(true)
    expect(await ids()).toEqual([])
    expect((await rules.list('other'))[0]?.largestGroup).toBe(7)
    expect(await rules.reorder('other', ['a'])).toBe(true)
  })

  test('a rule is deleted once, and a new one of its name goes to the end', async () => {
    for (const id of ['a', 'b']) await rules.put('default', ruleOf(id))
    expect([await rules.delete('default', 'a'), await rules.delete('default', 'a')]).toEqual([true, false])
    expect(await rules.put('default', ruleOf('a'))).toBe('created')
    expect(await ids()).toEqual(['b', 'a'])
  })

  test('an order is taken when it names each rule once; else nothing changes', async () => {
    for (const id of ['a', 'b', 'c']) await rules.put('default', ruleOf(id))
    for (const wrong of [[], ['b', 'a'], ['c', 'b', 'a', 'd'], ['c', 'b', 'b'], ['c', 'b', 'd']]) {
      expect(await rules.reorder('default', wrong)).toBe(false)
      expect(await ids()).toEqual(['a', 'b', 'c'])
    }
    expect(await rules.reorder('default', ['c', 'a', 'b'])).toBe(true)
    expect(await ids()).toEqual(['c', 'a', 'b'])
    await rules.put('default', ruleOf('d'))
    expect(await ids()).toEqual(['c', 'a', 'b', 'd'])
    expect([await rules.reorder('nobody', []), await rules.reorder('nobody', ['a'])]).toEqual([true, false])
  })

  test('of rules that are made at the same time none is lost, and each has a place of its own', async () => {
    const wanted = Array.from({ length: 12 }, (_, index) => `r${index}`)
    const results = await Promise.all(wanted.map((id) => rules.put('default', ruleOf(id))))
    expect(new Set(results)).toEqual(new Set(['created']))
    expect((await ids()).toSorted()).toEqual(wanted.toSorted())
    await place.execute('create unique index each_place on reminder_rules (subaccount_id, place)')
  })

  test('of several who make the same rule at the same time one has created it', async () => {
    const results = await Promise.all([1, 2, 3, 4].map((n) => rules.put('default', ruleOf('a', { largestGroup: n }))))
    expect(results.toSorted()).toEqual(['created', 'replaced', 'replaced', 'replaced'])
    expect(await ids()).toEqual(['a'])
  })

  test('an order and a rule that come at the same time leave no rule out', async () => {
    for (const id of ['a', 'b']) await rules.put('default', ruleOf(id))
    const [ordered] = await Promise.all([rules.reorder('default', ['b', 'a']), rules.put('default', ruleOf('c'))])
    expect(await ids()).toEqual(ordered ? ['b', 'a', 'c'] : ['a', 'b', 'c'])
  })
})
