import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import type { Contact, ContactStore } from '../../src/engine/ports/directory.ts'
import { PLACES, type Place } from '../support/stores.ts'

const ann: Contact = {
  id: 'ann',
  subAccountId: 'default',
  createdAt: 1_000,
  updatedAt: 1_000,
  name: 'Ann "Öz" \\ 🙂',
  email: 'ann@example.org',
  msisdn: '+6590000001',
  lineUserId: 'U1',
  channelUserId: 'c-1',
  language: 'pt-BR',
  timeZone: 'Europe/Berlin',
}
const like = (id: string, more: Partial<Contact> = {}): Contact => ({
  id,
  subAccountId: 'default',
  createdAt: 2_000,
  updatedAt: 2_000,
  ...more,
})

describe.each(Object.entries(PLACES))('contacts on %s', (name, makePlace) => {
  let place: Place
  let contacts: ContactStore
  beforeEach(async () => {
    place = await makePlace(inject('postgresUrl'))
    contacts = (await place.open()).contacts
  })
  afterEach(() => place.cleanUp())

  test('come back as they were put, to another connection too, and to their own subaccount only', async () => {
    expect(await contacts.put([ann])).toEqual({ created: 1, replaced: 0 })
    const other = (await place.open()).contacts
    expect(await other.find('default', 'ann')).toEqual(ann)
    expect(await other.find('other', 'ann')).toBeUndefined()
    expect(await other.find('default', 'Ann')).toBeUndefined()
  })

  test('are replaced whole, and stay as old as they were', async () => {
    await contacts.put([ann])
    const next = like('ann', { msisdn: '+4917012345678' })
    expect(await contacts.put([next, like('bob')])).toEqual({ created: 1, replaced: 1 })
    expect(await contacts.find('default', 'ann')).toEqual({ ...next, createdAt: 1_000 })
  })

  test('of one id that is put several times at once, the last counts', async () => {
    const answer = await contacts.put([like('ann', { name: 'first' }), like('ann', { name: 'last' })])
    expect(answer).toEqual({ created: 1, replaced: 0 })
    expect((await contacts.find('default', 'ann'))?.name).toBe('last')
    expect(await contacts.put([])).toEqual({ created: 0, replaced: 0 })
  })

  test('are put all or none', async () => {
    const impossible = like('bob', { createdAt: Number.NaN })
    await expect(contacts.put([ann, impossible])).rejects.toThrow()
    expect(await contacts.list('default', { limit: 10 })).toEqual([])
  })

  test('change from what they are, and two changes at once are both kept', async () => {
    await contacts.put([ann])
    const changes = [{ email: 'new@example.org' }, { msisdn: '+4917012345678' }, { name: 'Ann' }]
    await Promise.all(
      changes.map((change) => contacts.change('default', 'ann', (held) => ({ ...held, ...change, updatedAt: 5_000 }))),
    )
    const all = Object.assign({}, ann, ...changes, { updatedAt: 5_000 })
    expect(await contacts.find('default', 'ann')).toEqual(all)
    const { email: _, ...without } = all
    expect(await contacts.change('default', 'ann', ({ email: _, ...held }) => held)).toEqual(without)
    expect(await contacts.find('default', 'ann')).toEqual(without)
    // A change counts as a write: what is put afterwards is no new contact.
    expect(await contacts.put([ann])).toEqual({ created: 0, replaced: 1 })
  })

  test('change many times at once, where there are two nodes from both, and no change is lost', async () => {
    await contacts.put([like('ann', { name: '' })])
    const other = name === 'postgres' ? (await place.open()).contacts : contacts // SQLite serves one node
    const add = (store: ContactStore) => store.change('default', 'ann', (held) => ({ ...held, name: `${held.name}x` }))
    await Promise.all(Array.from({ length: 30 }, (_, n) => add(n % 2 === 0 ? contacts : other)))
    expect((await contacts.find('default', 'ann'))?.name).toBe('x'.repeat(30))
  })

  test('of somebody unknown cannot be changed or deleted', async () => {
    const decide = () => {
      throw new Error('nobody is there to decide on')
    }
    expect(await contacts.change('default', 'nobody', decide)).toBeUndefined()
    expect(await contacts.delete('default', 'nobody')).toBe(false)
  })

  test('once deleted are gone, and new when they come again', async () => {
    await contacts.put([ann, { ...ann, subAccountId: 'other' }])
    expect(await contacts.delete('default', 'ann')).toBe(true)
    expect(await contacts.find('default', 'ann')).toBeUndefined()
    expect(await contacts.find('other', 'ann')).toBeDefined()
    expect(await contacts.put([like('ann')])).toEqual({ created: 1, replaced: 0 })
  })

  test('are listed character by character, page by page, each once', async () => {
    const ids = ['10', '9', 'B', 'Z', '_', 'a', 'a b', 'a/b', 'ab', 'z', 'ä', '你', '🙂']
    await contacts.put([...ids.toReversed().map((id) => like(id)), { ...ann, subAccountId: 'other' }])
    const seen: string[] = []
    for (let after: string | undefined; ; after = seen.at(-1)) {
      const page = await contacts.list('default', { limit: 4, ...(after !== undefined && { after }) })
      if (page.length === 0) break
      expect(page.length).toBeLessThanOrEqual(4)
      seen.push(...page.map(({ id }) => id))
    }
    expect(seen).toEqual(ids)
  })

  test('that two put at the same time, in any order, are each created by one of them', async () => {
    const other = (await place.open()).contacts
    const many = Array.from({ length: 300 }, (_, n) => like(`p${n}`))
    const answers = await Promise.all([contacts.put(many), other.put(many.toReversed()), contacts.put(many)])
    expect(answers.reduce((sum, { created }) => sum + created, 0)).toBe(300)
    expect(answers.reduce((sum, { replaced }) => sum + replaced, 0)).toBe(600)
  })
})

test('ids on PostgreSQL are compared by their characters, whatever language the database has', async () => {
  const place = await PLACES.postgres(inject('postgresUrl'))
  onTestFinished(() => place.cleanUp())
  await place.open()
  // The server of the tests compares so by itself; others do not.
  await place.execute(`do $$ begin
    assert (select collation_name from information_schema.columns where table_name = 'contacts' and column_name = 'id') = 'C';
  end $$`)
})
