import { describe, expect, it } from 'vitest'
import {
  neverStopped,
  sentOf,
  textsOf,
  troubleOf,
  typesOf,
  useLivePerson,
} from '../../../test/support/liveperson-source.ts'
import type { Config } from './settings.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const BILLING = { id: 3375375430, name: 'Billing' }
const { clock, startFake, watch } = useLivePerson()

describe('polling', () => {
  it('tells of an open conversation once, and then of what is new in it', async () => {
    const fake = await startFake()
    const { poll } = watch(fake)
    const id = fake.open({ consumer: 'con-1' })
    fake.write(id, { by: 'consumer', text: 'Where is my order?' })
    await clock.advance(60_000)
    const { seq } = fake.write(id, { text: 'It ships today.' })
    const first = await poll()
    expect(typesOf(first)).toEqual(['described', 'sent', 'sent'])
    expect(first[0]).toMatchObject({
      conversation: id,
      about: { skill: 'Sales', channel: 'SHARK', participants: ['con-1'] },
    })
    expect(sentOf(first)[1]).toMatchObject({
      item: { id: `${id}:${seq}`, position: seq },
      recipients: ['con-1'],
      at: clock.now(),
    })
    expect(await poll()).toEqual([])

    await clock.advance(60_000)
    fake.write(id, { text: 'Shall I send the link?' })
    expect(textsOf(await poll())).toEqual(['Shall I send the link?'])
    fake.report(id, [seq])
    expect(await poll()).toMatchObject([{ type: 'read', person: 'con-1', span: { upTo: seq } }])
    fake.write(id, { by: 'consumer', text: 'Yes!' })
    expect(sentOf(await poll())).toMatchObject([{ author: { id: 'con-1' }, recipients: [] }])
    fake.end(id)
    const endedAt = clock.now()
    await clock.advance(60_000)
    expect(await poll()).toMatchObject([{ type: 'ended', conversation: id, at: endedAt }])
    expect(await poll()).toEqual([])
  })

  it('sees things when LivePerson does, up to a minute late, with the time at which they were', async () => {
    const fake = await startFake({ lagMs: 60_000 })
    const { poll } = watch(fake)
    const id = fake.open()
    const at = clock.now()
    fake.write(id, { text: 'Hello' })
    expect(await poll()).toEqual([])
    await clock.advance(60_000)
    expect(sentOf(await poll())).toMatchObject([{ at }])
  })

  it('follows all pages, and counts on no page size', async () => {
    const fake = await startFake({ largestPage: 3 })
    for (let i = 0; i < 10; i++) {
      fake.write(fake.open(), { text: `to ${i}` })
      await clock.advance(1000)
    }
    expect(textsOf(await watch(fake).poll())).toHaveLength(10)
    expect(fake.requests.filter(({ place }) => place === 'search')).toHaveLength(4)
  })

  it('takes a conversation that the paging skipped for open, and one that it showed twice for one', async () => {
    const fake = await startFake({ largestPage: 2 })
    const ids = [0, 1, 2].map(() => fake.open())
    const { poll, cursor } = watch(fake)
    await poll()
    fake.lose([ids[1] ?? '']) // as if another one had closed between two pages
    expect(typesOf(await poll())).toEqual([])
    expect(cursor()).toMatchObject({
      open: { 'conv-1': expect.any(String), 'conv-2': expect.any(String), 'conv-3': expect.any(String) },
    })
  })

  it('looks back over more than three months in several requests, and no further than it is told', async () => {
    const fake = await startFake()
    fake.write(fake.open(), { text: 'too old' })
    await clock.advance(20 * DAY_MS)
    fake.write(fake.open(), { text: 'old' })
    await clock.advance(199 * DAY_MS)
    fake.write(fake.open(), { text: 'new' })
    await clock.advance(DAY_MS)
    expect(textsOf(await watch(fake, { lookBackDays: 201 }).poll())).toEqual(['old', 'new'])
    expect(fake.requests.filter(({ place }) => place === 'search')).toHaveLength(3)
    expect(textsOf(await watch(fake).poll())).toEqual(['new'])
  })

  it('follows a conversation to its end, however long ago it began', async () => {
    const fake = await startFake()
    const { poll } = watch(fake, { lookBackDays: 1 })
    const id = fake.open()
    await poll()
    await clock.advance(3 * DAY_MS)
    fake.write(id, { text: 'Still there?' })
    expect(textsOf(await poll())).toEqual(['Still there?'])
    fake.end(id)
    expect(typesOf(await poll())).toEqual(['ended'])
  })

  it('repeats itself harmlessly after a poll that died on the way', async () => {
    const fake = await startFake({ largestPage: 1 })
    for (const text of ['one', 'two']) fake.write(fake.open(), { text })
    const { poll } = watch(fake)
    fake.fail('search', { do: 'cut' }, { skip: 1 })
    expect(await troubleOf(poll())).toMatchObject({ kind: 'away' })
    expect(textsOf(await poll())).toEqual(['one', 'two'])
  })

  it('starts anew with a cursor that it does not know, under the same keys', async () => {
    const fake = await startFake()
    fake.write(fake.open(), { text: 'Hello' })
    const { source, poll } = watch(fake)
    const keys = sentOf(await poll()).map(({ key }) => key)
    for (const cursor of [7, 'x', { open: 'y' }, { open: { 'conv-1': 5 } }, null]) {
      const polled = await source.poll?.(cursor, neverStopped())
      expect(sentOf(polled?.events ?? []).map(({ key }) => key)).toEqual(keys)
    }
  })

  it('does not take a conversation for ended when LivePerson answers in part', async () => {
    const fake = await startFake()
    const id = fake.open()
    const { poll } = watch(fake)
    await poll()
    fake.lose([id])
    expect(await poll()).toEqual([])
    await clock.advance(2 * HOUR_MS)
    expect(await poll()).toEqual([])
    fake.lose([])
    fake.write(id, { text: 'Hello' })
    expect(textsOf(await poll())).toEqual(['Hello'])
  })

  it('takes a conversation for ended when LivePerson has not known it for an hour, and not before', async () => {
    const fake = await startFake()
    const { poll } = watch(fake)
    const id = fake.open()
    await poll()
    fake.lag(60_000) // a copy that has not heard of it yet
    expect(await poll()).toEqual([])
    fake.lag(0)
    fake.write(id, { text: 'Hello' })
    expect(textsOf(await poll())).toEqual(['Hello'])
    fake.forget(id)
    expect(await poll()).toEqual([])
    await clock.advance(HOUR_MS - 1)
    expect(await poll()).toEqual([])
    await clock.advance(1)
    expect(await poll()).toMatchObject([{ type: 'ended', conversation: id, at: clock.now() }])
    expect(await poll()).toEqual([])
  })

  it('asks by id for what the search has cut short', async () => {
    const fake = await startFake({ mostLines: 1 })
    const customer = { customerInfo: { customerInfo: { customerId: 'known-already' } } }
    const id = fake.open({ sdes: [{ sdeType: 'CUSTOMER_INFO', ...customer }] })
    for (const text of ['one', 'two', 'three']) fake.write(id, { text })
    expect(textsOf(await watch(fake).poll())).toEqual(['one', 'two', 'three'])
  })

  it('reads an empty list like no content', async () => {
    const fake = await startFake()
    fake.fail('search', {
      do: 'answer',
      status: 200,
      body: '{"_metadata":{"count":0},"conversationHistoryRecords":[]}',
    })
    expect(await watch(fake).poll()).toEqual([])
    fake.fail('search', { do: 'answer', status: 200 })
    expect(await watch(fake).poll()).toEqual([])
  })

  it('says when the next poll is due', async () => {
    const fake = await startFake()
    const next = async (over: Partial<Config>) =>
      (await watch(fake, over).source.poll?.(undefined, neverStopped()))?.nextInMs
    expect(await next({})).toBe(60_000)
    expect(await next({ pollSeconds: 20 })).toBe(20_000)
  })

  it('asks in the documented way, under its name', async () => {
    const fake = await startFake()
    fake.write(fake.open(), { text: 'Hello' })
    await watch(fake, { sourceName: 'Acme_Reminders', trustUnauthenticated: false }).poll()
    const [search, byId] = fake.requests.filter(({ place }) => place === 'search' || place === 'byId')
    expect(Object.fromEntries(search?.query ?? [])).toEqual({
      offset: '0',
      limit: '100',
      sort: 'start:asc',
      v: '2',
      source: 'Acme_Reminders',
    })
    expect(search?.json).toMatchObject({
      status: ['OPEN'],
      start: { to: clock.now(), from: clock.now() - 30 * DAY_MS },
    })
    expect(search?.json).not.toHaveProperty('latestUpdateTime')
    expect(search?.json.contentToRetrieve).not.toContain('unAuthSdes')
    expect(byId?.json).toMatchObject({ conversationIds: ['conv-1'] })
  })
})

describe('skills', () => {
  const skills = [{ id: 3072159530, name: 'Sales' }, BILLING, { id: 5, name: 'Salesmen', deleted: true }]

  it('are found by name, whatever the case, or given by id', async () => {
    const fake = await startFake({ skills })
    fake.write(fake.open(), { text: 'sales' })
    fake.write(fake.open({ skill: BILLING }), { text: 'billing' })
    expect(textsOf(await watch(fake, { skills: ['sales'] }).poll())).toEqual(['sales'])
    expect(textsOf(await watch(fake, { skills: ['Billing', 3072159530] }).poll())).toEqual(['sales', 'billing'])
    fake.requests.length = 0
    expect(textsOf(await watch(fake, { skills: ['3375375430'] }).poll())).toEqual(['billing'])
    expect(fake.requests.map(({ place }) => place)).not.toContain('skills')
  })

  it('that do not exist are named, with what was meant', async () => {
    const fake = await startFake({ skills })
    const { poll } = watch(fake, { skills: ['Sale'] })
    expect(await troubleOf(poll())).toEqual({
      kind: 'configuration',
      message: 'skills: there is no skill Sale; did you mean Sales?',
    })
    expect(await troubleOf(watch(fake, { skills: ['Returns'] }).poll())).toMatchObject({
      message: 'skills: there is no skill Returns; there are Sales, Billing',
    })
    fake.setSkills([...skills, { id: 6, name: 'Sale' }])
    expect(await poll()).toEqual([])
  })

  it('are asked for again after ten minutes, and not sent again when they are the same', async () => {
    const fake = await startFake({ skills })
    const { poll } = watch(fake, { skills: ['Sales'] })
    for (let i = 0; i < 3; i++) {
      await poll()
      await clock.advance(6 * 60_000)
    }
    const asked = fake.requests.filter(({ place }) => place === 'skills')
    expect(asked.map(({ headers }) => headers['if-match'])).toEqual([undefined, '1'])
  })

  it('that a conversation is transferred to are told, and one that goes to a skill that is not watched is left alone', async () => {
    const fake = await startFake({ skills })
    const { poll, cursor } = watch(fake, { skills: ['Sales'] })
    const id = fake.open()
    fake.write(id, { text: 'one' })
    await poll()
    fake.transfer(id, BILLING)
    const moved = await poll()
    expect(typesOf(moved)).toEqual(['described'])
    expect(moved[0]?.about).toMatchObject({ skill: 'Billing', metadata: { skillId: '3375375430' } })
    expect(cursor()).toEqual({ open: {}, missing: {} })
    fake.write(id, { text: 'two' })
    expect(await poll()).toEqual([])
  })
})
